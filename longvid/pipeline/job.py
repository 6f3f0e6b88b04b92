"""What is to be done with each film of a command, and what its outputs are called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longvid.carry import NO_CARRY, Carry
from longvid.pipeline.ingest import IngestSettings
from longvid.strategy.contract import Strategy

WORDS_AT_LEAST, WORDS_A_MINUTE = 100, 8
"""`--length auto`: a ten-minute film gets 180 words, a two-hour film about a thousand."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to do with each film of a command."""

    strategy: Strategy[Any]
    read: IngestSettings
    seed: int = 0
    words: int | None = None
    """None: grows with the film."""
    formats: tuple[str, ...] = ("md", "json")
    directory: Path | None = None
    fresh: bool = False
    evidence: bool = False
    """Whether the Markdown shows what each sentence rests on."""
    carry: Carry = NO_CARRY
    """A merge of a run folder has that of the run in place of this."""


def auto_words(duration: float) -> int:
    """The length of the summary of `duration` seconds of film, in words, when the user names none."""
    return round(WORDS_AT_LEAST + WORDS_A_MINUTE * duration / 60)
