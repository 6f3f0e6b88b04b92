"""Words that everybody knows, and what is read of a sentence: noun phrases and clauses.

The tables are of closed word classes (determiners, prepositions, pronouns, numbers) and of the few nouns that say that
somebody is a person, or wears something. Knows no order of words; `clauses` reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from longvid.strategy import verbs
from longvid.strategy.verbs import VerbClass, word_list, word_set

DETERMINERS = word_set(
    "the a an his her their its our my your this that these those another some any each every both several no"
)
POSSESSIVES = word_set("his her their its our my your")
PREPOSITIONS = word_set(
    "to from with in into on onto at under behind over off by near through across toward towards "
    "against around beside inside beneath below above about as between along during past without "
    "before after for up down out outside among upon"
)
NUMBERS = {
    word: number
    for number, word in enumerate(
        word_list(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen twenty"
        )
    )
}
NUMBER_WORDS = {number: word for word, number in NUMBERS.items()}
PLURALS = frozenset({"they", "them", "themselves", "both"})
PRONOUNS = word_set(
    "he she it they him her them himself herself itself themselves someone somebody something "
    "everyone everybody nobody one other others who"
)
PERSONS = word_set(
    "man woman boy girl person child kid baby lady gentleman guy figure character stranger guard soldier officer "
    "driver doctor nurse detective thief king queen mother father son daughter brother sister friend boss couple"
)
"""Nouns with which one person is called again: "the man" may be the man in the coat."""
GARMENTS = word_set(
    "coat suit dress hat shirt jacket scarf uniform cap glasses robe sweater jeans boots armor armour helmet tie gown "
    "cloak hoodie apron vest skirt trousers shoes gloves beard wig turban veil"
)
"""What somebody wears: "in a coat" belongs to the look of a person."""
DISGUISE = word_set("mask masks hood veil disguise helmet costume wig blindfold")
CONCEALED = word_set(
    "masked hooded veiled disguised cloaked shadowy mysterious unknown unseen faceless unidentified hidden"
)
"""Looks that say that somebody cannot be recognised."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: what somebody or something is called."""

    name: str | None
    """A proper name, as written."""
    look: str | None
    """What it is called besides: lower case, without article; None for a bare name."""
    number: int | None = None
    """How many, where a number says so."""
    definite: bool = True
    """Not introduced with "a", "an", "another", "some": so possibly met before."""
    owned: bool = False
    """Somebody's: "his", "her", "their"."""

    @property
    def head(self) -> str:
        """The noun itself, singular where that is easy: "man" of "tall man in a coat"."""
        words = (self.look or "").split()
        for index, word in enumerate(words):
            if index and word in PREPOSITIONS | {"of"}:
                words = words[:index]
                break
        return singular(words[-1]) if words else ""

    @property
    def modifiers(self) -> frozenset[str]:
        """All words of the look but its noun and articles."""
        return frozenset(w for w in (self.look or "").split() if w not in DETERMINERS and singular(w) != self.head)

    @property
    def thing(self) -> str:
        """Its name as a thing: equal for what is called equal, in the singular."""
        if self.name and not self.look:
            return self.name.lower()
        words = (self.look or "").split()
        return " ".join([*words[:-1], singular(words[-1])]) if words else ""

    @property
    def is_pronoun(self) -> bool:
        return not self.name and (self.look or "") in PRONOUNS

    def say(self) -> str:
        """As it stands in the middle of a sentence."""
        if self.name:
            return f"{self.name}, the {self.look}," if self.look else self.name
        if self.is_pronoun:
            return self.look or ""
        if self.number is not None:
            return f"{NUMBER_WORDS.get(self.number, str(self.number))} {self.look}"
        return f"the {self.look}"


@dataclass(frozen=True, slots=True)
class Clause:
    """One verb with what it takes."""

    verb: str
    """Base form with its particle: "pick up"."""
    classes: frozenset[VerbClass]
    object: Phrase | None = None
    others: tuple[tuple[str, Phrase], ...] = ()
    """(preposition, phrase) in order; a recipient without preposition counts as "to"."""
    complement: Clause | None = None
    """What is promised, planned or said."""
    subject: Phrase | None = None
    """Only of a complement with a subject of its own, and of a passive's "by"."""
    negative: bool = False
    passive: bool = False

    def of(self, *prepositions: str) -> Phrase | None:
        """The first phrase after any of `prepositions`."""
        return next((phrase for preposition, phrase in self.others if preposition in prepositions), None)

    @property
    def state(self) -> tuple[int, int] | None:
        """(axis, side) of the state that the verb brings its object into."""
        return verbs.STATE_OF.get(self.verb)


def singular(noun: str) -> str:
    """`noun` without a plain plural ending."""
    if re.search(r"(?:ch|sh|x|ss)es$", noun):
        return noun[:-2]
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and len(noun) > 3:
        return noun[:-1]
    return noun
