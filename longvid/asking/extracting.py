"""An answer without an LLM: the passages that have, in one sentence, everything that is asked for.

A question in its own words is a search, so what counts is that a single sentence has all of its words, in any form. It
answers where something was written down just so, such as a fact or a link in a summary; else it says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from longvid.asking.passages import Passage
from longvid.asking.result import Said
from longvid.asking.words import forms, searchable
from longvid.text import sentences

MOST = 3
"""Sentences of an answer."""
FIRST = {"summary": 0, "fact": 1, "looked": 2, "seen": 3, "said": 4}
"""Kinds of passage: what names everybody and tells links before what was only seen or said."""


def extract(looked_for: Sequence[str], passages: Sequence[Passage]) -> tuple[Said, ...]:
    """The sentences of `passages` that have all terms `looked_for`, with the numbers of their passages; at most three,
    those of the best kind alone."""
    if not looked_for:
        return ()
    groups = [forms(term) for term in looked_for]
    found: list[tuple[int, int, str]] = []
    for number, passage in enumerate(passages, 1):
        for sentence in sentences(passage.text) if passage.kind != "said" else [passage.text]:
            words = set(searchable(sentence).split())
            if all(not words.isdisjoint(group) for group in groups):
                found.append((FIRST[passage.kind], number, sentence))
    if not found:
        return ()
    best = min(rank for rank, _, _ in found)
    texts: dict[str, list[int]] = {}
    for rank, number, sentence in found:
        if rank == best:
            texts.setdefault(sentence, []).append(number)
    return tuple(Said(sentence, tuple(numbers)) for sentence, numbers in list(texts.items())[:MOST])
