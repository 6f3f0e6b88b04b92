"""What is to be done with each film of a command, and what its outputs are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from longvid.carry import NO_CARRY, Carry
from longvid.engine.embedding import Embedder
from longvid.film import Chunk
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.listening import LISTENING, Listening
from longvid.strategy.contract import Strategy

Hearing = Literal["seen-and-said", "said-only", "none"]
"""What strategies are given of a chunk: its description and its dialogue, the dialogue alone, or no dialogue."""
DIALOGUE_SHARE, DIALOGUE_TOKENS = 8, 1024
"""The dialogue of a chunk may take one in so many tokens of the LLM's context, and so many at most. A minute of fast
talk has about 250."""
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
    hearing: Hearing = "seen-and-said"
    listening: Listening = LISTENING
    """Where the dialogue comes from; a merge of a run folder keeps that of the run unless this says otherwise."""
    show_dialogue: bool = False
    """Whether the Markdown shows what is said."""
    embedder: Embedder | None = None
    """What compares texts by meaning, for strategies that can use it."""
    captions_only: bool = False
    """Whether nothing is merged: then no dialogue is joined to the captions, whatever `hearing` says."""

    @property
    def hears(self) -> Hearing:
        """What strategies are given."""
        return "none" if self.captions_only else self.hearing


def dialogue_tokens(chunks: Sequence[Chunk], context: int, hearing: Hearing) -> int:
    """Tokens of dialogue that the text of a chunk may have, for an LLM of `context` tokens; 0 where none is told."""
    if hearing == "none" or not any(chunk.dialogue for chunk in chunks):
        return 0
    return min(DIALOGUE_TOKENS, context // DIALOGUE_SHARE)


def auto_words(duration: float) -> int:
    """The length of the summary of `duration` seconds of film, in words, when the user names none."""
    return round(WORDS_AT_LEAST + WORDS_A_MINUTE * duration / 60)
