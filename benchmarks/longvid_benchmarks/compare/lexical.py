"""ROUGE-1, ROUGE-2, ROUGE-L and chrF against a synopsis: shared words and letters, nothing of who did what.

Reported because others report them. ROUGE is F1 over lower-case words without stemming (Lin 2004), ROUGE-L over the
longest common subsequence of the whole texts; chrF is F2 over the letters' 1- to 6-grams without blanks (Popovic 2015).
On English both agree with rouge-score 0.1.2 and sacrebleu 2.6.0; the tests hold figures that those gave.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

LETTERS, BETA = 6, 2
"""Longest n-gram of letters, and how many times recall counts as much as precision."""


def compare(text: str, synopsis: str) -> dict[str, float]:
    """`rouge1`, `rouge2`, `rougeL` and `chrf` of `text`, each 0 to 1."""
    ours, theirs = _words(text), _words(synopsis)
    return {
        "rouge1": _rouge(ours, theirs, 1),
        "rouge2": _rouge(ours, theirs, 2),
        "rougeL": _f1(_common(ours, theirs), len(ours), len(theirs)),
        "chrf": _chrf("".join(text.split()), "".join(synopsis.split())),
    }


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _grams(items: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(items[i : i + n]) for i in range(len(items) - n + 1))


def _rouge(ours: Sequence[str], theirs: Sequence[str], n: int) -> float:
    one, two = _grams(ours, n), _grams(theirs, n)
    return _f1((one & two).total(), one.total(), two.total())


def _f1(shared: int, ours: int, theirs: int) -> float:
    return 2 * shared / (ours + theirs) if ours + theirs else 0.0


def _common(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Length of the longest common subsequence, a column of the table at a time as the bits of one integer."""
    at: dict[str, int] = {}
    for place, word in enumerate(ours):
        at[word] = at.get(word, 0) | 1 << place
    full = (1 << len(ours)) - 1
    open_ = full
    for word in theirs:
        match = open_ & at.get(word, 0)
        open_ = ((open_ + match) | (open_ - match)) & full
    return len(ours) - open_.bit_count()


def _chrf(ours: str, theirs: str) -> float:
    shares = []
    for n in range(1, LETTERS + 1):
        one, two = _grams(ours, n), _grams(theirs, n)
        if one and two:
            shared = (one & two).total()
            shares.append((shared / one.total(), shared / two.total()))
    if not shares:
        return 0.0
    precision, recall = (sum(column) / len(shares) for column in zip(*shares, strict=True))
    below = BETA**2 * precision + recall
    return (1 + BETA**2) * precision * recall / below if below else 0.0
