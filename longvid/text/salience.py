"""Which sentences stand for many: chosen by code, so that a text is made shorter without a model rewriting it.

A sentence counts for what it shares with the others, for the names it says and for where it stands, and counts less
for every word that a chosen one has said already (after SumBasic and maximal marginal relevance). Deterministic.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from longvid.text.lexical import Rarity, find_names, names_in, terms

NAME, MOST_NAMES = 0.3, 2
"""What a name is worth beside the centrality of a sentence, which is 1 at most; and how many are counted."""
FIRST, LAST = 0.2, 0.1
"""What the first and the last sentence of a source are worth: they say where it begins and how it ends."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    source: int
    place: int
    text: str
    terms: frozenset[str]
    worth: float


def salient(sources: Sequence[Sequence[str]], room: int, count: Callable[[str], int]) -> list[tuple[int, str]]:
    """Sentences of `sources` that together count at most `room`, each with the index of its source, in order.

    Every source gives its best sentence before any gives a second one, as far as there is room.
    """
    candidates = _candidates(sources)
    rarity = Rarity(one.text for one in candidates)
    said: frozenset[str] = frozenset()
    served: set[int] = set()
    chosen: list[_Candidate] = []

    def rank(one: _Candidate) -> tuple[bool, float]:
        return one.source in served, -one.worth * (1 - rarity.covered(one.terms, said))

    # A rank only ever gets worse, so whoever still has the rank it was queued with is the best.
    queue = [(rank(one), number) for number, one in enumerate(candidates)]
    heapq.heapify(queue)
    while queue:
        queued, number = heapq.heappop(queue)
        one = candidates[number]
        if rank(one) > queued:
            heapq.heappush(queue, (rank(one), number))
            continue
        size = count(one.text)
        if size > room or (chosen and one.terms <= said):
            continue
        room -= size
        chosen.append(one)
        served.add(one.source)
        said |= one.terms
    return [(one.source, one.text) for one in sorted(chosen, key=lambda one: (one.source, one.place))]


def _candidates(sources: Sequence[Sequence[str]]) -> list[_Candidate]:
    flat = [(s, p, text, terms(text)) for s, source in enumerate(sources) for p, text in enumerate(source)]
    names = find_names(text for _, _, text, _ in flat)
    having = Counter(term for *_, found in flat for term in found)
    central = [sum(having[term] for term in found) / (len(found) + 2) for *_, found in flat]
    most = max(central, default=0.0) or 1.0
    made = []
    for (source, place, text, found), centrality in zip(flat, central, strict=True):
        worth = centrality / most + NAME * min(MOST_NAMES, len(names_in(text, names)))
        worth += FIRST if place == 0 else LAST if place == len(sources[source]) - 1 else 0.0
        made.append(_Candidate(source, place, text, found, worth))
    return made
