"""The guards between a recogniser and everything that reads it: what it says of itself tells loops and inventions.

Nothing here knows a phrase: a closing line that nobody said is told by a window that sounds empty to the model, by
words that it does not believe, or that stand where no voice can have said them so fast.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from longvid.film import Cue
from longvid.speech.ear import Said, Word
from longvid.text import normal

EMPTY, DOUBTED = 0.6, -0.7
"""A stretch is nobody's where the chance of silence is over the first and the confidence under the second."""
HEARD = 0.2
"""Under this chance of silence somebody speaks."""
CYCLES, COVERED = 4, 8
"""A loop says the same at least so many times, and so many words in all."""
TIMES = 3
"""So many lines in a row that say the same are a loop from window to window, or nearly."""


def believed(said: Sequence[Said]) -> list[Said]:
    """What of `said`, all of one window, is speech; loops are said once."""
    kept = []
    for one in said:
        if not _speaks(one.text) or (one.silence > EMPTY and one.confidence < DOUBTED):
            continue
        if _is_odd(one.words) and not _is_cry(one):
            continue
        kept.append(replace(one, words=_once(one.words)))
    return kept


def unrepeated(cues: Sequence[Cue], before: Sequence[Cue]) -> list[Cue]:
    """`cues` without those that say, for the third time in a row, what the lines before them say."""
    known, kept = list(before), []
    for cue in cues:
        latest = [normal(one.text) for one in known[-TIMES + 1 :]]
        if len(latest) < TIMES - 1 or any(text != normal(cue.text) for text in latest):
            kept.append(cue)
        known.append(cue)
    return kept


def _speaks(text: str) -> bool:
    """Whether there are words in it, and not alone in brackets, where sounds are described."""
    return any(letter.isalnum() for letter in re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\*[^*]*\*", "", text))


def _is_odd(words: Sequence[Word]) -> bool:
    """Whether words are such as invented ones are: unlikely, over in no time, or drawn out. By the rule of Whisper's
    authors for silence in which it hallucinates: of the first eight words, at least three, or all, are odd."""
    first = [word for word in words if any(letter.isalnum() for letter in word.text)][:8]
    score = sum(_oddity(word) for word in first)
    return score >= 3 or score + 0.01 >= len(first)


def _is_cry(said: Said) -> bool:
    """Whether it is a short word or two of which the model is sure, in a window in which it hears somebody."""
    sure = said.silence < HEARD and all(word.chance >= 0.5 for word in said.words)
    return sure and len(said.words) <= 2 and said.end - said.start < 1.0


def _oddity(word: Word) -> float:
    length = word.end - word.start
    return (word.chance < 0.15) + max(0.0, 0.133 - length) * 15 + max(0.0, length - 2.0)


def _once(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words with each loop said once."""
    said = [normal(word.text) for word in words]
    for period in range(1, len(words) // CYCLES + 1):
        for at in range(len(words) - period * CYCLES + 1):
            end = at + period
            while end < len(words) and said[end] == said[end - period]:
                end += 1
            if end - at >= max(CYCLES * period, COVERED):
                return words[: at + period] + _once(words[end:])
    return words
