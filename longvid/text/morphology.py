"""Forms of English words, from the lexicon of lemminflect, which is read when the first word is asked for.

Knows words alone. A verb may have its particle behind it ("hand over").
"""

from __future__ import annotations

from functools import cache, lru_cache

PREFERRED = {
    ("lie", "VBD"): "lied",
    ("lie", "VBN"): "lied",
    ("light", "VBN"): "lit",
    ("wake", "VBN"): "woken",
}
"""Where the lexicon's first form is not the usual one, or is of the other verb: who lies says what is not so."""
VERB_TAGS = ("VBZ", "VBD", "VBN", "VBG")
"""Third person, past, past participle and present participle in the Penn Treebank."""


def past_participle(verb: str) -> str:
    """The past participle of `verb`, a base form: "hand over" -> "handed over"."""
    return _inflected(verb, "VBN")


def simple_past(verb: str) -> str:
    """The past tense of `verb`, a base form: "give up" -> "gave up"."""
    return _inflected(verb, "VBD")


def third_person(verb: str) -> str:
    """The third person singular of `verb`, a base form: "carry" -> "carries"."""
    return _inflected(verb, "VBZ")


def verb_forms(verb: str) -> frozenset[str]:
    """All forms of `verb`, a base form of one word, in every spelling: "light" -> "lights", "lit", "lighted", ..."""
    return frozenset((verb,)).union(*(_forms(verb, tag) for tag in VERB_TAGS))


def base_form(word: str) -> str:
    """The base form of `word`, lower case, where it is a verb: "hurries" -> "hurry"."""
    return _lemma(word, "VERB")


def plural(noun: str) -> str:
    """`noun`, a singular, in the plural: "knife" -> "knives"."""
    forms = _forms(noun, "NNS")
    return forms[0] if forms else noun


def singular(noun: str) -> str:
    """`noun`, lower case, in the singular; as it is where it is one: "women" -> "woman"."""
    return _lemma(noun, "NOUN")


def is_word(word: str) -> bool:
    """Whether `word`, in any case, is a noun, verb, adjective or adverb of the lexicon, which has no names."""
    return bool(_lemmas(word.lower()))


def is_finite(word: str) -> bool:
    """Whether `word` is a verb with the ending of a person or of the past: "walks", "walked", "ran"."""
    low = word.lower()
    return low in ("is", "was", "has", "had", "does", "did") or (
        not low.endswith("ing") and any(base != low for base in _lemmas(low).get("VERB", ()))
    )


def _inflected(verb: str, tag: str) -> str:
    base, _, particle = verb.partition(" ")
    return f"{_first(base, tag)} {particle}".strip()


def _first(base: str, tag: str) -> str:
    if (base, tag) in PREFERRED:
        return PREFERRED[base, tag]
    forms = _forms(base, tag)
    return forms[0] if forms else base


@cache
def _forms(base: str, tag: str) -> tuple[str, ...]:
    from lemminflect import getInflection

    forms: tuple[str, ...] = getInflection(base, tag)
    return forms


@lru_cache(maxsize=50_000)
def _lemma(word: str, kind: str) -> str:
    from lemminflect import getLemma

    forms: tuple[str, ...] = getLemma(word, kind)
    return forms[0] if forms else word


@lru_cache(maxsize=50_000)
def _lemmas(word: str) -> dict[str, tuple[str, ...]]:
    from lemminflect import getAllLemmas

    found: dict[str, tuple[str, ...]] = getAllLemmas(word)
    return found
