"""Words with times to lines as they are read on a screen. Knows no film and no recogniser."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from longvid.film import Cue
from longvid.speech.ear import Word
from longvid.text.shown import clean

LONGEST = 7.0
"""Seconds of a line."""
WIDEST = 84
"""Columns of a line: two rows of 42, in which letters of Chinese, Japanese and Korean take two."""
BREATH = 0.8
"""Seconds between two words that part two lines."""
SHORTEST = 0.2
"""Seconds of a line, where the next one does not begin before."""
ENDS, PARTS = ".!?\u2026\u3002\uff01\uff1f", ",;:\u060c\u3001\uff0c\uff1b\uff1a"
"""Marks behind a sentence and behind a part of one, those of Arabic, Chinese and Japanese among them."""
QUOTES = "\"'\u201d\u2019\xbb)"


def lines_of(words: Sequence[Word]) -> list[Cue]:
    """The lines of a stretch of words, whose times are film time."""
    lines: list[Cue] = []
    waiting = list(words)
    while waiting:
        taken = _first(waiting)
        text = clean("".join(word.text for word in waiting[:taken]), 500)
        start, end = waiting[0].start, max(word.end for word in waiting[:taken])
        waiting = waiting[taken:]
        if text:
            latest = waiting[0].start if waiting else start + SHORTEST
            lines.append(Cue(start, max(end, min(start + SHORTEST, latest), start + 0.01), text))
    return lines


def _first(words: Sequence[Word]) -> int:
    """How many of `words` make the first line."""
    width = 0
    for i, word in enumerate(words):
        if i and word.start - words[i - 1].end >= BREATH:
            return i
        width += _columns(word.text)
        if i and (width > WIDEST + 1 or word.end - words[0].start > LONGEST):
            return _cut(words[:i])
        if _ends(word, ENDS) and width > WIDEST // 2 and i + 1 < len(words):
            return i + 1
    return len(words)


def _cut(words: Sequence[Word]) -> int:
    """Where a line that is full is best cut: behind a sentence or a part of one in its second half, else at its
    longest pause there, else at its end."""
    half = max(1, len(words) // 2)
    for marks in (ENDS, PARTS):
        for i in range(len(words), half, -1):
            if _ends(words[i - 1], marks):
                return i
    pauses = {i: words[i].start - words[i - 1].end for i in range(half, len(words))}
    longest = max(pauses, key=lambda i: pauses[i], default=len(words))
    return longest if pauses and pauses[longest] >= BREATH / 4 else len(words)


def _ends(word: Word, marks: str) -> bool:
    return word.text.rstrip(QUOTES).endswith(tuple(marks))


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
