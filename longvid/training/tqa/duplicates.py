"""Near-duplicates: pairs that ask nearly the same of clips in which nearly the same is seen; the first of them stays.

Exact: no two pairs that are kept are as alike as the bound. Which pairs are held against each other goes by their
rarest words, of which two questions that are so alike must share one (prefix filtering), so that a set of thirty
thousand takes seconds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from longvid.text.lexical import WORD, terms
from longvid.training.tqa.clip import Clip
from longvid.training.tqa.validating import unlike

ALIKE = 0.8
"""Jaccard index of words, of the questions and of all that is seen, from which two pairs are near-duplicates."""


def without_duplicates(clips: Sequence[Clip]) -> list[Clip]:
    """`clips`, with those that are kept so far and repeat an earlier one marked as near-duplicates."""
    asked = {at: words_of(clip) for at, clip in enumerate(clips) if clip.outcome == "kept"}
    often = Counter(word for words in asked.values() for word in words)
    seen: dict[int, frozenset[str]] = {}
    holders: dict[str, list[int]] = {}
    found = list(clips)
    for at, words in asked.items():
        first = sorted(words, key=lambda word: (often[word], word))[: len(words) - math.ceil(ALIKE * len(words)) + 1]
        shown = terms(" ".join(clips[at].captions.values()))
        rivals = {other for word in first for other in holders.get(word, ())}
        if any(1 - unlike(words, asked[i]) >= ALIKE and 1 - unlike(shown, seen[i]) >= ALIKE for i in sorted(rivals)):
            found[at] = replace(clips[at], outcome="near-duplicate")
            continue
        seen[at] = shown
        for word in first:
            holders.setdefault(word, []).append(at)
    return found


def words_of(clip: Clip) -> frozenset[str]:
    """All words of its question."""
    assert clip.pair is not None
    return frozenset(WORD.findall(clip.pair.question.lower()))
