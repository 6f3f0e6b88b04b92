"""What the film gives: each chunk's sentences and cues, numbered, as everything else is to cite them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from longvid.strategy import Chunk, ChunkTexts, Context, description, sentences

LONGEST = 400
"""Characters of a sentence; one that is longer was not written for reading."""
MOST = 40
"""Sentences and cues of a chunk."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence of a description, or a cue.

    text : a cue in quotation marks with its speaker, a sound in square brackets
    time : seconds from the film's first frame; that of the chunk where nothing says more
    """

    chunk: int
    number: int
    """In its chunk, from 1."""
    text: str
    time: float
    said: bool

    @property
    def part(self) -> int:
        """What prompts call its chunk: they count from 1."""
        return self.chunk + 1


def sources_of(chunk: Chunk, text: str, texts: ChunkTexts) -> list[Source]:
    """The sources of `chunk`, whose text is `text`."""
    seen = [(" ".join(sentence.split())[:LONGEST], chunk.start, False) for sentence in sentences(description(text))]
    said = [(words, cue.start, True) for cue, words in texts.quoted(chunk)]
    rows = [*seen[: max(MOST - len(said), MOST // 2)], *said][:MOST]
    return [Source(chunk.index, number, *row) for number, row in enumerate(rows, 1)]


def numbered(sources: Sequence[Source]) -> str:
    """The sources of one chunk as lines: `3. text`."""
    return "\n".join(f"{source.number}. {source.text}" for source in sources)


def room(context: Context, prompt: str, wanted: int) -> int:
    """Tokens for an answer to `prompt`: as many as are `wanted`, or what is left; below 1 where nothing is."""
    return min(wanted, context.limits.context - context.count(prompt))
