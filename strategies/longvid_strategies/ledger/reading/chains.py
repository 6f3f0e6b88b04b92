"""Chains: a link whose early end is the late end of another goes back further than it says.

What passes through several hands, or is found out step by step, is found as several links. It is told once, where it
ends, with where it begins; the steps between are not told again. Knows ids of facts alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from longvid_strategies.ledger.reading.links import Link

STEPS = 3
"""Links of a chain at most."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A link and the fact with which its chain begins; None where it begins with its own early end."""

    link: Link
    begins: int | None = None
    steps: tuple[Link, ...] = ()
    """The links before it, the last of them first."""


def before(link: Link, found: Sequence[Link]) -> Link | None:
    """Of `found` the link that ends where `link` begins, the one that shares most with it; None where there is none."""
    ends = [other for other in found if other is not link and {*other.late} & {*link.early}]
    # A step that ends with what this link ends with is no step before it.
    ends = [other for other in ends if other.strong and other.at < link.at and not {*other.late} & {*link.late}]
    return max(ends, key=lambda other: (len({*other.late} & {*link.early}), -other.early[0]), default=None)


def chained(ranked: Sequence[Link], others: Sequence[Link]) -> list[Chain]:
    """`ranked`, weightiest first, each with where it begins; without those that are a step of a weightier one.

    `others` are links that may be steps and are told for nothing else. A step that is weightier itself is told by
    itself, and the chain begins behind it.
    """
    known = [*ranked, *others]
    weight = {id(link): i for i, link in enumerate(ranked)}
    taken: set[int] = set()
    made: list[Chain] = []
    for link in ranked:
        if id(link) in taken:
            continue
        steps: list[Link] = []
        at = link
        while len(steps) < STEPS:
            step = before(at, known)
            if step is None or step in steps or weight.get(id(step), len(known)) < weight[id(link)]:
                break
            steps.append(step)
            at = step
        taken |= {id(step) for step in steps}
        made.append(Chain(link, at.early[0] if steps else None, tuple(steps)))
    return made
