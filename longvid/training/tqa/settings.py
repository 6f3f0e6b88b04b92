"""What decides a data set of clips, beside the films and the models. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SHORTEST, LONGEST = 4.0, 120.0
"""Seconds that clips may be asked to last at most."""
FRAME_TOKENS = 160
"""The longest caption of a frame: twenty-four of them fit into a context of 8,192 tokens."""


@dataclass(frozen=True, slots=True)
class TQASettings:
    """Times in seconds. Raises ValueError for what makes no data set."""

    clip_length: float = 24.0
    """The most that a clip lasts; the published model is shown 24 frames, one a second."""
    held_out: float = 0.1
    """Share of the films, by the hash of their content, whose pairs are held out."""
    fit: Literal["crop", "pad"] = "crop"
    """How a captioner's square is filled."""
    seed: int = 0
    """Of the second try where an answer is bad."""

    def __post_init__(self) -> None:
        if not SHORTEST <= self.clip_length <= LONGEST:
            raise ValueError(f"clips last from {SHORTEST:g} to {LONGEST:g} s, not {self.clip_length:g}")
        if not 0 <= self.held_out < 1:
            raise ValueError(f"the share held out is from 0 to less than 1, not {self.held_out:g}")

    def holds_out(self, film: str) -> bool:
        """Whether the film whose content has the hash `film` (hex) is held out: the same for good."""
        return int(film[:8], 16) < self.held_out * 16**8
