"""Descriptions and names as text: what two are compared by, and what becomes of a description that changes."""

from __future__ import annotations

from collections.abc import Sequence

from longvid.narrative.phrases import GARMENTS, PERSONS, Phrase
from longvid.text.sentences import word_set

TITLES = word_set(
    "captain mr mrs ms miss dr doctor sir lady lord king queen prince princess professor major father aunt uncle"
)


def description_key(description: str) -> str:
    """What descriptions are compared by: the noun and, in any order, all that is said of it."""
    phrase = Phrase(None, description)
    return " ".join([*sorted(phrase.modifiers), phrase.head])


def may_be_one(description: str, other: str) -> bool:
    """Whether nothing speaks against one entity at one time: one description says more than the other, or only that it
    is a person ("the bartender", "the tall man")."""
    one, two = Phrase(None, description), Phrase(None, other)
    if one.head != two.head:
        return one.head in PERSONS or two.head in PERSONS
    return one.modifiers <= two.modifiers or two.modifiers <= one.modifiers


def has_description(descriptions: Sequence[str], old: Phrase | None) -> bool:
    """Whether one of `descriptions` has all words of `old`."""
    words = set((old.description or "").split()) if old is not None else set()
    return bool(words) and any(words <= set(description.split()) for description in descriptions)


def bare_name(name: str) -> frozenset[str]:
    """The words of a name without titles."""
    return frozenset(word for word in name.lower().split() if word not in TITLES)


def head_of(description: str) -> str:
    return Phrase(None, description).head


def repainted(description: str, old: str | None, new: Phrase) -> str:
    """`description` after "changes from `old` to `new`", or "into" a garment, or when one is put on."""
    words, change = description.split(), (new.description or "").split()
    if old and all(word in words for word in old.split()):
        at = words.index(old.split()[0])
        return " ".join([*words[:at], *change, *words[at + len(old.split()) :]])
    if new.head in GARMENTS:
        body = words[: words.index("in")] if "in" in words else words
        return " ".join([*body, "in", *change])
    return description if " ".join(change) in description else " ".join([*change, *words])
