"""What can be told of texts by their words alone: content words, names, how rare a word is, what two texts share.

English, lower-cased, without stop words; no model and no tokenizer. Good enough to choose between sentences, never to
say what they mean.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from longvid.text import sentences
from longvid.text.sentences import word_set

STOP = word_set(
    "a about above across after afterwards again all along also although always am among an and another any are around "
    "as at away back be became because become been before began begin being below between both but by came can come "
    "could did do does doing done down during each either else even ever every few finally first for from further get "
    "go goes had has have having he her here hers herself him himself his how however i if in inside into is it its "
    "itself just last late later left less like long made make many may me meanwhile might more most much must my "
    "near never next no nor not now of off often on once one only onto or other others our out outside over own part "
    "past perhaps same scene second see seem seen several shall she should show shown since so some somebody someone "
    "something soon still suddenly such than that the their them themselves then there therefore these they thing "
    "this those though through throughout thus to together too toward towards two under until up upon us very video "
    "was we well were what when where whether which while who whole whom whose why will with within without would yet "
    "you your"
)
"""Words that say nothing of a film."""
WORD = re.compile(r"[^\W_]+")


def terms(text: str) -> frozenset[str]:
    """The content words of `text`, plural and possessive `s` taken off."""
    return frozenset(_stem(word) for word in WORD.findall(text.lower()) if len(word) > 1 and word not in STOP)


def find_names(texts: Iterable[str]) -> frozenset[str]:
    """The words of `texts` that are written with a capital wherever they stand: once inside a sentence, or twice at
    the head of one."""
    head: Counter[str] = Counter()
    inside: set[str] = set()
    common: set[str] = set()
    for text in texts:
        for sentence in sentences(text):
            for number, word in enumerate(WORD.findall(sentence)):
                if not word[0].isupper():
                    common.add(word)
                elif number:
                    inside.add(word)
                else:
                    head[word] += 1
    found = inside | {word for word, times in head.items() if times > 1}
    return frozenset(
        word
        for word in found
        if len(word) > 1 and word.isalpha() and word.lower() not in STOP | common and not word.endswith("ly")
    )


def names_in(text: str, known: frozenset[str]) -> frozenset[str]:
    """Those names of `known` that `text` says."""
    return known.intersection(WORD.findall(text))


class Rarity:
    """How much a word tells, from how few of the texts of a film have it."""

    def __init__(self, texts: Iterable[str]) -> None:
        sets = [terms(text) for text in texts]
        self._texts = len(sets)
        self._having = Counter(term for found in sets for term in found)

    def weight(self, term: str) -> float:
        """At least log 2, for a word of every text; more for a rarer or unknown one."""
        return math.log(1 + max(1, self._texts) / max(1, self._having[term]))

    def total(self, found: Iterable[str]) -> float:
        # fsum: the order of a set is another in every process, and the sum must not be.
        return math.fsum(self.weight(term) for term in found)

    def covered(self, part: frozenset[str], whole: frozenset[str]) -> float:
        """Share of what `part` tells that `whole` has too, 0 to 1; 1 where `part` tells nothing."""
        return self.total(part & whole) / self.total(part) if part else 1.0

    def likeness(self, one: frozenset[str], two: frozenset[str]) -> float:
        """0 where they share no word, 1 where they have the same ones."""
        shared = self.total(one & two)
        return shared / math.sqrt(self.total(one) * self.total(two)) if shared else 0.0

    def most_like(self, text: str, others: Sequence[str]) -> list[int]:
        """Indices of those of `others` that share a word with `text`, the most alike first."""
        found = terms(text)
        alike = [(-self.likeness(found, terms(other)), i) for i, other in enumerate(others)]
        return [i for likeness, i in sorted(alike) if likeness < 0]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
