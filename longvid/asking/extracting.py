"""An answer without an LLM: the passages that have, in one sentence, everything that is asked for.

A question in its own words is a search, so what counts is that a single sentence has all of its words, in any form. It
answers where something was written down just so, such as a fact or a link in a summary; else it says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from longvid.asking.passages import Passage
from longvid.asking.result import Said
from longvid.asking.words import doer, forms, searchable
from longvid.text import sentences

MOST = 3
"""Sentences of an answer."""
NEAR = 4
"""Words from who does something to what is done, at most: "Mira, who had never", "gives"."""
FIRST = {"summary": 0, "fact": 1, "looked": 2, "seen": 3, "said": 4}
"""Kinds of passage: what names everybody and tells links before what was only seen or said."""


def extract(question: str, looked_for: Sequence[str], passages: Sequence[Passage]) -> tuple[Said, ...]:
    """The sentences of `passages` that have all terms `looked_for`, with the numbers of their passages; at most three:
    of the best kind those that have most of the other words of `question`, and of these the plainest."""
    if not looked_for:
        return ()
    groups = [forms(term) for term in looked_for]
    order = doer(question)
    others = set(searchable(question).split())
    found: list[tuple[tuple[int, int, int], int, str]] = []
    for number, passage in enumerate(passages, 1):
        for sentence in sentences(passage.text) if passage.kind != "said" else [passage.text]:
            words = searchable(sentence).split()
            known = set(words)
            if all(not known.isdisjoint(group) for group in groups) and (order is None or _does(words, *order)):
                extra = len(known.difference(*groups, others))
                found.append(((FIRST[passage.kind], -len(known & others), extra), number, sentence))
    best = min((rank for rank, _, _ in found), default=None)
    texts: dict[str, list[int]] = {}
    for rank, number, sentence in found:
        if rank == best:
            texts.setdefault(sentence, []).append(number)
    return tuple(Said(sentence, tuple(numbers)) for sentence, numbers in list(texts.items())[:MOST])


def _does(words: Sequence[str], who: str, what: str) -> bool:
    """Whether `what` stands behind `who` and near it somewhere in `words`."""
    doers, deeds = forms(who), forms(what)
    return any(
        word in doers and not deeds.isdisjoint(words[place + 1 : place + 1 + NEAR]) for place, word in enumerate(words)
    )
