"""What hears: a recogniser of speech as the rest of this room sees it, and what it says, as plain data.

No model here; the one there is lies in `whisper`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Word:
    """A word, with the space before it where its language has one, from `start` to `end` (s); how sure, 0 to 1."""

    start: float
    end: float
    text: str
    chance: float


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of words as the recogniser gives it, with what it thinks of them itself.

    confidence : mean of the natural logarithms of its tokens' chances; 0.0 is sure
    silence    : chance that nobody speaks in the whole window, 0 to 1
    """

    words: tuple[Word, ...]
    confidence: float
    silence: float

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()

    @property
    def start(self) -> float:
        return self.words[0].start

    @property
    def end(self) -> float:
        return self.words[-1].end


class Ear(Protocol):
    """A recogniser on its device. Samples are int16, 16 kHz, mono. Called from one thread at a time.

    Each method raises SpeechError where the recogniser fails.
    """

    @property
    def name(self) -> str:
        """What it is called, for people."""

    @property
    def identity(self) -> Mapping[str, object]:
        """All of the recogniser and its settings that decides what it says, JSON-plain: part of every key."""

    @property
    def only(self) -> str | None:
        """The one language that it knows, None where it knows many."""

    def chances(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """The chance that somebody speaks, 0 to 1, of every 512 samples."""

    def languages(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        """The chance of each language that it knows, of at most half a minute."""

    def said(self, samples: NDArray[np.int16], language: str, *, translate: bool) -> list[Said]:
        """What is said in at most half a minute, in `language` or, with `translate`, in English."""
