"""A question about a clip before it is written down, and the means to make one. Knows no file and no reader's score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from longvid_benchmarks.published.making.world import Cast, Scene, Sight

Reader = Callable[[Sight], str | None]
"""What whoever sees this would answer: the words of an option, or None where it cannot be told from it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A clip's scenes, what is asked about it, and who can read it."""

    scenes: tuple[Scene, ...]
    question: str
    right: str
    wrong: tuple[str, ...]
    read: Reader
    """Derives the answer anew from what is seen: not from `right`."""
    unseen: tuple[Scene, ...] = ()
    """What the video goes on with behind the part that the question is of."""


Maker = Callable[[Cast, int], Item]
"""Makes the item of a number: what must be even over many questions goes by the number."""


def others(cast: Cast, pool: Sequence[str], right: str, count: int, first: Sequence[str] = ()) -> tuple[str, ...]:
    """`count` options of `pool` that are not `right`: those of `first` before any other.

    Raises ValueError where there are too few.
    """
    near = [one for one in dict.fromkeys(first) if one != right][:count]
    rest = [one for one in dict.fromkeys(pool) if one != right and one not in near]
    return (*near, *cast.rng.sample(rest, count - len(near)))
