"""Answers that are read, counted by task, by class and over all, with intervals.

Knows no table and no published figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longvid_benchmarks.published.questions import Unasked
from longvid_benchmarks.published.scoring import SCORERS, Marked
from longvid_benchmarks.published.tasks import CLASSES, STILLS, TASKS

Z = 1.959964
"""Standard deviations on either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of some questions. Shares are of those that were asked: an answer that chooses nothing is wrong."""

    name: str
    total: int
    """Questions in the data."""
    asked: int
    answered: int
    """That chose one option."""
    right: int
    others: Mapping[str, float | None]
    """By public scorer the share that it calls right, of what it counts; None where it counts nothing."""
    likely: int | None = None
    """How many are right by the likelihood of the letters, where that was computed."""
    tied: int = 0
    """Of how many several letters are the likeliest, which is no choice."""

    @property
    def accuracy(self) -> float | None:
        """Share right of all asked, None of none."""
        return self.right / self.asked if self.asked else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.right, self.asked) if self.asked else None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "total": self.total,
            "asked": self.asked,
            "answered": self.answered,
            "right": self.right,
            "accuracy": self.accuracy,
            "interval": None if self.interval is None else list(self.interval),
            "scorers": dict(self.others),
            **self._by_letter(),
        }

    def _by_letter(self) -> dict[str, Any]:
        if self.likely is None or not self.asked:
            return {}
        ends = wilson(self.likely, self.asked)
        share = self.likely / self.asked
        return {"letters": {"right": self.likely, "tied": self.tied, "accuracy": share, "interval": list(ends)}}


def wilson(right: int, of: int) -> tuple[float, float]:
    """The ends of the 95 % interval of a share (Wilson's, which is of use for few and for all right)."""
    share, z = right / of, Z * Z / of
    middle = (share + z / 2) / (1 + z)
    half = Z * math.sqrt(share * (1 - share) / of + z / of / 4) / (1 + z)
    return (0.0 if right == 0 else middle - half), (1.0 if right == of else middle + half)


def tally(name: str, marked: Sequence[Marked], unasked: int) -> Tally:
    """Count `marked`, and `unasked` questions beside them."""
    return Tally(
        name,
        len(marked) + unasked,
        len(marked),
        sum(one.choice is not None for one in marked),
        sum(one.right for one in marked),
        {scorer: _share(one.others[scorer] for one in marked) for scorer in SCORERS},
        None if any(one.likely is None for one in marked) else sum(one.likely is True for one in marked),
        sum(one.tied for one in marked),
    )


def _share(verdicts: Iterable[bool | None]) -> float | None:
    counted = [verdict for verdict in verdicts if verdict is not None]
    return sum(counted) / len(counted) if counted else None


def by_task(marked: Sequence[Marked], unasked: Sequence[Unasked]) -> list[Tally]:
    """A tally for each task that has a question, in MVBench's order; names are the two letters."""
    return _grouped([(task.short, {task.short}) for task in (*TASKS, *STILLS)], marked, unasked)


def by_class(marked: Sequence[Marked], unasked: Sequence[Unasked]) -> list[Tally]:
    """The same for the nine classes."""
    kinds = [(kind, {task.short for task in (*TASKS, *STILLS) if task.kind == kind}) for kind in CLASSES]
    return _grouped(kinds, marked, unasked)


def _grouped(
    groups: Sequence[tuple[str, set[str]]], marked: Sequence[Marked], unasked: Sequence[Unasked]
) -> list[Tally]:
    found = [
        tally(
            name,
            [one for one in marked if one.question.task.short in shorts],
            sum(one.task.short in shorts for one in unasked),
        )
        for name, shorts in groups
    ]
    return [one for one in found if one.total]


def over_all(marked: Sequence[Marked], unasked: Sequence[Unasked]) -> Tally:
    """The tally of all questions."""
    return tally("all", marked, len(unasked))
