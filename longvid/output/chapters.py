"""Chapters of a film: one a paragraph of its summary that goes on in time.

Code makes them, of the times that sentences rest on: a sentence is told where the last of its moments is, and a chapter
begins with the part of the film in which its first sentence is told. Where a strategy keeps no times, or tells one
paragraph, there are none. The title is the beginning of the paragraph, unless one was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from longvid.text import printable, sentences

SHORTEST = 10.0
"""s; YouTube takes none that is shorter."""
TITLE = 70
"""Characters."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of the film, seconds from its first frame, that a paragraph of the summary tells."""

    start: float
    end: float
    title: str
    paragraph: int
    """Its number, from 0; those behind it without a chapter go on with it."""
    line: str = ""
    """What happens in it, as a sentence; "" where nobody said."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title that was given to a chapter, and a sentence or "" to stand below it."""

    text: str
    line: str


def pieces_of(summary: str, told: Sequence[str]) -> list[list[tuple[int | None, str]]]:
    """The paragraphs of `summary` in pieces of text, each with the index of the sentence in `told` that it is, if
    it is one. Together they are the summary; a sentence that is not in it is passed over."""
    found: list[list[tuple[int | None, str]]] = []
    start = index = 0
    for paragraph in summary.split("\n\n"):
        pieces: list[tuple[int | None, str]] = []
        position, end = 0, start + len(paragraph)
        while index < len(told):
            words = told[index]
            at = paragraph.find(words, position) if words else -1
            if at < 0:
                # Of a later paragraph, or of none: then it would hold up all that follow.
                if words and summary.find(words, end) >= 0:
                    break
                index += 1
                continue
            if at > position:
                pieces.append((None, paragraph[position:at]))
            pieces.append((index, words))
            position, index = at + len(words), index + 1
        if position < len(paragraph):
            pieces.append((None, paragraph[position:]))
        start = end + 2
        if any(text.strip() for _, text in pieces):
            found.append(pieces)
    return found


def texts_of(summary: str, told: Sequence[str], chapters: Sequence[Chapter]) -> list[str]:
    """What each of `chapters` tells: its paragraph, and those behind it up to the next one's. `told`: the sentences of
    `summary`."""
    paragraphs = ["".join(text for _, text in pieces) for pieces in pieces_of(summary, told)]
    borders = [*(chapter.paragraph for chapter in chapters), len(paragraphs)]
    return ["\n\n".join(paragraphs[one:other]) for one, other in pairwise(borders)]


def chapters_of(
    summary: str,
    told: Sequence[tuple[str, Sequence[float]]],
    starts: Sequence[float],
    end: float,
    titles: Mapping[int, Title] = MappingProxyType({}),
) -> tuple[Chapter, ...]:
    """The chapters, from the film's beginning to its `end` (s) without a gap; two at least, or none.

    told   : the sentences of `summary` in order, each with the times that it rests on, s
    starts : where the parts of the film begin, s, ascending
    titles : by paragraph, those that were given
    """
    if not starts:
        return ()
    begun: list[tuple[float, int, Title]] = []
    for paragraph, pieces in enumerate(pieces_of(summary, [sentence for sentence, _ in told])):
        times = [max(told[index][1]) for index, _ in pieces if index is not None and told[index][1]]
        if not times:
            continue
        # The beginning of the part of the film, which is a cut wherever there is one.
        start = max((one for one in starts if one <= min(times)), default=starts[0]) if begun else starts[0]
        if begun and (start < begun[-1][0] + SHORTEST or end - start < SHORTEST):
            continue
        begun.append(
            (start, paragraph, titles.get(paragraph) or Title(_title("".join(text for _, text in pieces)), ""))
        )
    if len(begun) < 2:
        return ()
    borders = [*(start for start, _, _ in begun), end]
    return tuple(
        Chapter(start, stop, title.text, paragraph, title.line)
        for (start, stop), (_, paragraph, title) in zip(pairwise(borders), begun, strict=True)
    )


def _title(text: str) -> str:
    """The first sentence of `text`, or as many of its words as fit."""
    first = next(iter(sentences(" ".join(printable(text).split()))), "").rstrip(".")
    return first if len(first) <= TITLE else f"{first[: TITLE - 1].rsplit(' ', 1)[0]}…"
