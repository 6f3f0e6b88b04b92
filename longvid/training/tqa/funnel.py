"""The funnel: how many clips each step of the making let through, and why the others were dropped. Knows no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from longvid.training.tqa.clip import RULES, Clip, Outcome

STEPS: Final[tuple[tuple[str, tuple[Outcome, ...]], ...]] = (
    ("captioned", ("uncaptioned",)),
    ("change", ("no change", "filter unreadable")),
    ("pair written", ("no pair", "writer unreadable")),
    ("valid", tuple(RULES)),
    ("distinct", ("near-duplicate",)),
)
"""Each step, with the outcomes of clips that it dropped."""


@dataclass(frozen=True, slots=True)
class Step:
    """How many clips were left after it, and how many it dropped for which reason."""

    name: str
    left: int
    dropped: dict[str, int]


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of all clips. `frames` were to be captioned, of which `failed` were not."""

    films: int
    unread: int
    """Films that failed."""
    frames: int
    failed: int
    clips: int
    steps: tuple[Step, ...]
    train: int
    held_out: int

    @property
    def kept(self) -> int:
        return self.train + self.held_out

    def as_json(self) -> dict[str, Any]:
        """JSON-plain."""
        return {
            "films": self.films,
            "films_failed": self.unread,
            "clips": self.clips,
            "frames": self.frames,
            "captions_failed": self.failed,
            "steps": [{"step": step.name, "left": step.left, "dropped": step.dropped} for step in self.steps],
            "train": self.train,
            "held_out": self.held_out,
        }

    def table(self) -> list[str]:
        """Lines to read: a step each, what it left and what it dropped."""
        rows = [("step", "left", "dropped", "why")]
        rows.append(("films", str(self.films - self.unread), str(self.unread), "failed" if self.unread else ""))
        rows.append(("frames", str(self.frames - self.failed), str(self.failed), "no caption" if self.failed else ""))
        rows.append(("clips", str(self.clips), "0", ""))
        for step in self.steps:
            why = ", ".join(f"{reason} {count}" for reason, count in step.dropped.items())
            rows.append((step.name, str(step.left), str(sum(step.dropped.values())), why))
        rows += [("train", str(self.train), "", ""), ("held out", str(self.held_out), "", "")]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return [
            f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}".rstrip() for a, b, c, d in rows
        ]  # fmt: skip


def funnel_of(films: int, unread: int, clips: Sequence[Clip], held_out: int) -> Funnel:
    """The funnel of `clips`, each of which has come to its end; `held_out` of those that are kept are held out."""
    ended = Counter(clip.outcome for clip in clips)
    left, steps = len(clips), []
    for name, outcomes in STEPS:
        dropped = {outcome: ended[outcome] for outcome in outcomes if ended[outcome]}
        left -= sum(dropped.values())
        steps.append(Step(name, left, {str(outcome): count for outcome, count in dropped.items()}))
    frames = sum(clip.frames for clip in clips)
    told = sum(len(clip.captions) for clip in clips)
    return Funnel(films, unread, frames, frames - told, len(clips), tuple(steps), left - held_out, held_out)
