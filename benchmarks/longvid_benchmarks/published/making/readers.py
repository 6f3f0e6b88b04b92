"""Who reads made questions: a perfect reader of the whole clip, of its first frame, of its frames in no order; chance.

Whoever cannot tell an answer from what it sees guesses evenly. No model and no picture takes part: what is held to the
promise here is the question.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from longvid_benchmarks.published.making.types import Made
from longvid_benchmarks.published.making.world import Sight, first_frame, shuffled, whole_sight
from longvid_benchmarks.published.tallies import wilson
from longvid_benchmarks.published.tasks import STILLS

READERS = ("perfect", "first frame", "shuffled")


@dataclass(frozen=True, slots=True)
class Read:
    """What one reader got right of the questions of a type."""

    reader: str
    short: str
    right: int
    of: int
    chance: float
    """Share that guessing gets right."""

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.right, self.of)


def read(made: Sequence[Made], seed: int) -> list[Read]:
    """What each reader gets right of `made`, which are of one task and at least one."""
    rng = random.Random(f"readers {seed} {made[0].task.short}")
    chance = sum(1 / len(one.candidates) for one in made) / len(made)
    found = []
    for reader in READERS:
        right = sum(_answer(one, _sight(one, reader, rng), rng) == one.item.right for one in made)
        found.append(Read(reader, made[0].task.short, right, len(made), chance))
    return found


def _sight(made: Made, reader: str, rng: random.Random) -> Sight:
    if reader == "first frame":
        return first_frame(made.story)
    whole = whole_sight(made.story, made.end)
    return shuffled(whole, rng) if reader == "shuffled" else whole


def _answer(made: Made, sight: Sight, rng: random.Random) -> str:
    said = made.item.read(sight)
    return said if said in made.candidates else rng.choice(made.candidates)


def faults(made: Sequence[Made]) -> list[str]:
    """What is wrong with `made`, a line each; nothing where all is as promised.

    The perfect reader finds exactly the right option, no option stands there twice, no two videos are alike, and what
    is seen of the first frame tells no answer; of the control it tells the right one.
    """
    lines = []
    for one in made:
        name = f"{one.task.name} {one.number}"
        said = one.item.read(whole_sight(one.story, one.end))
        if said != one.item.right:
            lines.append(f"{name}: a perfect reader says {said!r}, not {one.item.right!r}")
        if len(set(one.candidates)) != len(one.candidates) or one.candidates.count(one.item.right) != 1:
            lines.append(f"{name}: an option stands there twice")
        if one.item.read(first_frame(one.story)) != (one.item.right if one.task in STILLS else None):
            lines.append(f"{name}: its first frame {'does not tell' if one.task in STILLS else 'tells'} the answer")
    if len({repr((one.story.figures, one.story.chunks)) for one in made}) < len(made):
        lines.append(f"{made[0].task.name}: two videos are alike")
    return lines
