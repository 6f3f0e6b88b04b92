"""Which facts may belong together: what the LLM is shown, since it cannot be shown everything.

Every fact of a chunk brings candidates of its own, by rare words that it shares with others and, where there is a
model for that, by meaning; facts that are key or open keep places of their own, spread over the film, so that a thing
handed over in the first minute is still there in the last. Names of the cast count for little: they are everywhere.
Knows no chunk's text and no model but through the likeness that it is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from longvid.strategy import Rarity, terms
from longvid_strategies.ledger.reading.facts import Fact

RESERVED = 0.4
"""Share of the places that facts which are key or open keep."""
NAME_WEIGHT = 0.25
"""What a name counts for, as a share of a word as rare."""
MARKED = 0.1
"""What being key or open adds to a likeness, which is 1 for the same words."""

Meaning = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Texts to vectors of length 1."""


def spread(index: int, count: int) -> int:
    """A place for `index` such that the first few places lie all over `count`."""
    bits = max(1, count - 1).bit_length()
    return int(format(index, f"0{bits}b")[::-1], 2)


@dataclass(frozen=True, slots=True)
class _Words:
    plain: frozenset[str]
    names: frozenset[str]


class Candidates:
    """Likeness between the facts of one film."""

    def __init__(self, facts: Sequence[Fact], names: frozenset[str], meaning: Meaning | None = None) -> None:
        self.facts = tuple(facts)
        known = terms(" ".join(names))
        self._rarity = Rarity(fact.text for fact in facts)
        split = [terms(fact.text) for fact in facts]
        self._words = [_Words(found - known, found & known) for found in split]
        self._total = [math.sqrt(self._weight(words, words)) or 1.0 for words in self._words]
        self._vectors = meaning([fact.text for fact in facts]) if meaning is not None and facts else None
        self._having: dict[str, list[int]] = {}
        for i, words in enumerate(self._words):
            for word in words.plain | words.names:
                self._having.setdefault(word, []).append(i)

    def likeness(self, one: int, other: int) -> float:
        """How much two facts share, 0 to 1 by words, and as much again by meaning where that is known."""
        shared = self._weight(self._words[one], self._words[other]) / (self._total[one] * self._total[other])
        if self._vectors is None:
            return shared
        return shared + max(0.0, sum(a * b for a, b in zip(self._vectors[one], self._vectors[other], strict=True)))

    def _weight(self, one: _Words, other: _Words) -> float:
        named = self._rarity.total(one.names & other.names)
        return self._rarity.total(one.plain & other.plain) + NAME_WEIGHT * named

    def _like(self, one: int, among: Sequence[int]) -> list[int]:
        """Those of `among` that share anything with `one`, the most alike first; of equals the nearest in the film."""
        if self._vectors is None:
            near = {i for word in self._words[one].plain | self._words[one].names for i in self._having[word]}
            among = [i for i in among if i in near]
        scores = {i: self.likeness(one, i) + MARKED * (self.facts[i].key or self.facts[i].open) for i in among}
        return sorted(scores, key=lambda i: (-scores[i], abs(i - one)))

    def choose(self, near: Sequence[int], among: Sequence[int], fits: Callable[[Sequence[int]], bool]) -> list[int]:
        """As many of `among` as `fits`, in order, that may belong to the facts `near`.

        First each of `near` chooses in turn; the places that are reserved go to key and open facts, the most alike
        first and then those that stand in the widest gaps of the film.
        """
        if fits(among):
            return sorted(among)
        rankings = [iter(self._like(one, among)) for one in near]
        ranked: list[int] = []
        while rankings:
            # Of equal ranks all come before the next: no fact's candidates stand behind all of another's.
            rankings = [ranking for ranking in rankings if self._take(ranking, ranked)]
        marked = self._spread([i for i in among if self.facts[i].key or self.facts[i].open], ranked)
        chosen: list[int] = []
        size = 0
        for i in ranked:
            if i not in chosen:
                if not fits([*chosen, i]):
                    break
                chosen.append(i)
        size = len(chosen)
        places = round(RESERVED * size)
        held = [i for i in chosen if self.facts[i].key or self.facts[i].open]
        wanted = [i for i in marked if i not in chosen][: max(0, places - len(held))]
        for i in wanted:
            plain = next((c for c in reversed(chosen) if not (self.facts[c].key or self.facts[c].open)), None)
            if plain is not None:
                chosen.remove(plain)
            if fits([*chosen, i]):
                chosen.append(i)
            elif plain is not None:
                chosen.append(plain)
        for i in marked:
            if i not in chosen and fits([*chosen, i]):
                chosen.append(i)
        for i in reversed(among):
            if i not in chosen:
                if not fits([*chosen, i]):
                    break
                chosen.append(i)
        return sorted(chosen)

    @staticmethod
    def _take(ranking: object, into: list[int]) -> bool:
        found = next(ranking, None)  # type: ignore[call-overload]
        if found is None:
            return False
        into.append(found)
        return True

    @staticmethod
    def _spread(marked: Sequence[int], ranked: Sequence[int]) -> list[int]:
        """`marked`: those that are ranked, in order, and between them others, so that any first few lie all over."""
        alike = [i for i in dict.fromkeys(ranked) if i in set(marked)]
        rest = [i for i in marked if i not in set(alike)]
        apart: list[int] = []
        spans = [(0, len(rest))]
        while spans:
            wider = []
            for a, b in spans:
                if a < b:
                    middle = (a + b) // 2
                    apart.append(rest[middle])
                    wider += [(a, middle), (middle + 1, b)]
            spans = wider
        # Two that are alike, then one from elsewhere in the film.
        mixed: list[int] = []
        while alike or apart:
            mixed += alike[:2] + apart[:1]
            alike, apart = alike[2:], apart[1:]
        return mixed
