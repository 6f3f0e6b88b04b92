"""What a summary of a film text is held against: links between distant chunks, and traps; and the check that says which
of them it tells.

The check is a rule of cues, for any language and any reader. A claim has lists of cues for each of its ends; a summary
tells it where one sentence, or two neighbouring ones together, have at least one cue of every list. A cue stands at the
start of a word and may be the stem of one; case, hyphens, dashes and the shape of apostrophes and quotation marks count
for nothing. So it is strict (what is three sentences away, or said in other words, is not told) and now and then too
generous (whether the sentence says how the ends belong together is not asked). Knows words, never what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from longvid.text import sentences

CHECK_VERSION = 1
"""Raise it when the same summary would be told to tell other claims: its rows are then made anew."""
Needs = Literal["picture", "dialogue", "both"]
NEEDS: tuple[Needs, ...] = get_args(Needs)
ITEM = re.compile(r"\s*(?:#{1,6}|[-*+\u2022]|\d{1,3}[.)])\s+")
"""How a line begins that is a heading or an item of a list."""
EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc", "'") | dict.fromkeys("\u201c\u201d\u201e", '"'))
DASHES = re.compile(r"[-\u2010-\u2015]")


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that a summary may tell: a trap, which is false, or a link."""

    id: str
    says: str
    """One sentence that tells it."""
    cues: tuple[tuple[str, ...], ...]
    """The lists of both ends; of each at least one alternative must be there."""


@dataclass(frozen=True, slots=True)
class TrueLink(Claim):
    """What belongs together across the film."""

    kind: str
    needs: Needs
    """Where it can be found: in what is seen, in what is said, or in nothing but both."""
    weight: int
    gap: int
    """Chunks between its ends."""


@dataclass(frozen=True, slots=True)
class Claims:
    """All that the summaries of one film are held against."""

    links: tuple[TrueLink, ...]
    traps: tuple[Claim, ...] = ()


def telling(claim: Claim, summary: str) -> str | None:
    """The sentence of `summary` that tells `claim`, or the two neighbouring ones; None where it is not told.

    One sentence that tells it alone goes before two, and what stands first before what comes later.
    """
    told = _sentences(summary)
    finders = [_finder(alternatives) for alternatives in claim.cues]
    for size in (1, 2):
        for window in _windows(told, size):
            if all(finder.search(folded(window)) for finder in finders):
                return window
    return None


def folded(text: str) -> str:
    """`text` without what counts for nothing: in lower case, with plain apostrophes, and blanks for hyphens."""
    return " ".join(DASHES.sub(" ", text.translate(APOSTROPHES)).casefold().split())


def _windows(told: Sequence[str], size: int) -> Iterator[str]:
    for first in range(len(told) - size + 1):
        yield " ".join(told[first : first + size])


@lru_cache(maxsize=8)
def _sentences(summary: str) -> tuple[str, ...]:
    return tuple(sentence for block in _blocks(summary) for sentence in sentences(block))


def _blocks(summary: str) -> Iterator[str]:
    """Paragraphs, headings and items of lists, each as one line without its marks."""
    block: list[str] = []
    for line in summary.splitlines():
        item = ITEM.match(line)
        if (item or not line.strip()) and block:
            yield " ".join(block)
            block = []
        words = EMPHASIS.sub("", line[item.end() if item else 0 :]).split()
        if words:
            block.append(" ".join(words))
    if block:
        yield " ".join(block)


def _finder(alternatives: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<![^\W_])(?:" + "|".join(re.escape(folded(cue)) for cue in alternatives) + ")")
