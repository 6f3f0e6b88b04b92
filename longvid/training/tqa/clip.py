"""A clip on its way through the making of a data set: what was seen in it, what was asked about it, and where it ended.
Plain data; knows no model and no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

Outcome = Literal[
    "uncaptioned", "filter unreadable", "no change", "writer unreadable", "no pair", "malformed", "names no second",
    "second outside", "second unseen", "unchanged", "not about the change", "passing",
    "told in one frame", "leak",
    "near-duplicate", "kept",
]  # fmt: skip
"""Where a clip ended, in the order of the steps."""
RULES: Final[Mapping[Outcome, str]] = {
    "malformed": "the question is none, or question or answer are too long",
    "names no second": "the answer does not name one second, or the question names any",
    "second outside": "the second is the first or the last of the clip, or not in it",
    "second unseen": "that second, or the one before, has no caption",
    "unchanged": "the captions of that second and of the one before differ no more than others do",
    "not about the change": "what the question is about is told the same in both",
    "passing": "it is told so in one caption alone: of that second, or of the one before",
    "told in one frame": "a caption says the second itself",
    "leak": "it speaks of captions",
}
"""What each rule of the validator finds wrong."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question about a clip and its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Clip:
    """Film time [start, end), s, of one film. `second` is what the answer names, from the clip's start."""

    film: str
    """Hash of the film's content, hex."""
    index: int
    start: float
    end: float
    captions: Mapping[int, str] = field(default_factory=dict)
    """Second -> what its frame shows; seconds whose caption failed are not there."""
    frames: int = 0
    pair: Pair | None = None
    second: int | None = None
    outcome: Outcome = "kept"

    @property
    def name(self) -> str:
        """What its files are called: where it lies in its film, in milliseconds."""
        return f"{self.film[:12]}-{round(self.start * 1000):08}-{round(self.end * 1000):08}"

    def as_json(self) -> dict[str, Any]:
        """The row of `clips.jsonl`."""
        return {
            "film": self.film,
            "clip": self.name,
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "frames": self.frames,
            "outcome": self.outcome,
            "question": self.pair.question if self.pair else None,
            "answer": self.pair.answer if self.pair else None,
            "second": self.second,
            "captions": {str(second): text for second, text in self.captions.items()},
        }


@dataclass(frozen=True, slots=True)
class FilmClips:
    """What came of one film. `clips` are in its order; there is at least one."""

    path: Path
    clips: tuple[Clip, ...]
    problems: tuple[str, ...] = ()
    """A line for each thing of the film that is not as it should be."""

    @property
    def film(self) -> str:
        """Hash of its content, hex."""
        return self.clips[0].film
