"""Words that everybody knows, and what is read of a sentence: noun phrases and clauses.

The tables are of closed word classes (determiners, prepositions, pronouns, numbers) and of the few nouns that say that
somebody is a person, or wears something. Knows no order of words; `clauses` reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from longvid.narrative import verbs
from longvid.narrative.verbs import VerbClass
from longvid.text.morphology import singular
from longvid.text.numerals import NUMBERS
from longvid.text.sentences import word_set

DETERMINERS = word_set(
    "the a an his her their its our my your this that these those another some any each every both several no"
)
OTHERS = frozenset({"other", "second", "third", "fourth"})
GROUPS = frozenset({"people", "men", "women", "children", "police", "kids", "guys", "ladies", "crowd"})
POSSESSIVES = word_set("his her their its our my your")
PREPOSITIONS = word_set(
    "to from with in into on onto at under behind over off by near through across toward towards "
    "against around beside inside beneath below above about as between along during past without "
    "before after for up down out outside among upon"
)
NUMBER_WORDS = {number: word for word, number in NUMBERS.items()}
PLURALS = frozenset({"they", "them", "themselves", "both"})
SHE = word_set("woman girl lady mother daughter sister queen wife nurse actress widow princess bride waitress")
HE = word_set("man boy gentleman father son brother king husband guy monk actor prince groom waiter")
"""Nouns that tell whom "she" or "he" may mean."""
PRONOUNS = word_set(
    "he she it they him her them himself herself itself themselves someone somebody something "
    "everyone everybody nobody one other others who"
)
PERSONS = word_set(
    "man woman boy girl person child kid baby lady gentleman guy figure character stranger guard soldier officer "
    "driver doctor nurse detective thief king queen mother father son daughter brother sister friend boss couple"
)
"""Nouns of persons."""
CREATURES = word_set(
    "dog cat horse bird rabbit bunny squirrel bear wolf fox lion tiger mouse rat pig cow sheep goat duck chicken "
    "monkey ape elephant fish shark snake frog turtle butterfly spider dragon robot alien monster ghost wizard witch "
    "giant dwarf elf zombie vampire creature animal soldier sailor knight pirate nun priest judge teacher student"
)
"""Nouns of others who act on their own account."""
LIVING = PERSONS | CREATURES
"""Who is called so may be called so again: "the man" may be the man in the coat."""
GARMENTS = word_set(
    "coat suit dress hat shirt jacket scarf uniform cap glasses robe sweater jeans boots armor armour helmet tie gown "
    "cloak hoodie apron vest skirt trousers shoes gloves beard wig turban veil"
)
"""What somebody wears: "in a coat" belongs to the description of a person."""
BODY = word_set(
    "eye hand mouth head arm face finger foot leg hair breath speech voice heart back knee shoulder lip ear nose neck "
    "fist tongue tear mind attention"
)
"""What everybody has: "her eyes" are no thing of their own."""
DISGUISE = word_set("mask masks hood veil disguise helmet costume wig blindfold")
CONCEALED = word_set("masked hooded veiled disguised faceless unidentified")
"""Descriptions that say that somebody cannot be recognised."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: what somebody or something is called."""

    name: str | None
    """A proper name, as written."""
    description: str | None
    """What it is called besides: lower case, without articles; None for a bare name."""
    number: int | None = None
    """How many, where a number says so."""
    article: str = ""
    """What stands before it: "the", "a", "his"; "'s" for "Ada's"; empty for nothing."""

    @property
    def head(self) -> str:
        """The noun itself in the singular: "man" of "tall man in coat"."""
        return _parts(self.description or "")[0]

    @property
    def modifiers(self) -> frozenset[str]:
        """All words of the description but its noun."""
        return _parts(self.description or "")[1]

    @property
    def definite(self) -> bool:
        """Not introduced with "a", "an" or "some": so possibly met before."""
        return self.article not in ("a", "an", "some") and not self.other

    @property
    def other(self) -> bool:
        """Said to be none of those before: "another man", "the second man"."""
        return self.article == "another" or bool(OTHERS & set((self.description or "").split()[:1]))

    @property
    def owned(self) -> bool:
        """Somebody's: "his", "her", "Ada's"."""
        return self.article in POSSESSIVES or self.article == "'s"

    @property
    def thing(self) -> str:
        """Its name as a thing: equal for what is called equal, in the singular."""
        if self.name and not self.description:
            return self.name.lower()
        words = (self.description or "").split()
        return " ".join([*words[:-1], singular(words[-1])]) if words else ""

    @property
    def plural(self) -> bool:
        """Whether it stands for several."""
        last = (self.description or "").split()[-1:] if not self.name else []
        several = bool(last) and (last[0] in GROUPS or singular(last[0]) != last[0])
        return several or (self.number or 1) > 1

    @property
    def is_pronoun(self) -> bool:
        return not self.name and (self.description or "") in PRONOUNS

    def say(self) -> str:
        """As it stands in the middle of a sentence."""
        description = spoken(self.description or "")
        if self.name:
            return f"{self.name}, the {description}," if self.description else self.name
        if self.is_pronoun:
            return description
        if self.number is not None:
            number = NUMBER_WORDS.get(self.number, str(self.number))
            return f"{self.article} {number} {description}".strip()
        return f"the {description}"


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
    unreal: bool = False
    """Only possible, wished for or nearly so: "would open", "almost opens"."""
    passive: bool = False

    @property
    def done(self) -> bool:
        """Whether it happened, as far as the clause says."""
        return not self.negative and not self.unreal

    def of(self, *prepositions: str) -> Phrase | None:
        """The first phrase after any of `prepositions`."""
        return next((phrase for preposition, phrase in self.others if preposition in prepositions), None)

    @property
    def state(self) -> tuple[int, int] | None:
        """(axis, side) of the state that the verb brings its object into."""
        return verbs.STATE_OF.get(self.verb)


@lru_cache(maxsize=20_000)
def _parts(description: str) -> tuple[str, frozenset[str]]:
    """(noun, all other words) of a description."""
    words = description.split()
    core = words
    for index, word in enumerate(words):
        if index and word in PREPOSITIONS | {"of"}:
            core = words[:index]
            break
    head = singular(core[-1]) if core else ""
    return head, frozenset(word for word in words if word not in DETERMINERS and singular(word) != head)


def spoken(description: str) -> str:
    """A description with the small words that it is kept without: "man in red coat" is "man in a red coat"."""
    words = description.split()
    for index in range(len(words) - 2, 0, -1):
        if words[index] in ("in", "with") and words[-1] == singular(words[-1]):
            words.insert(index + 1, "a")
        elif words[index] in ("of", "at", "on", "from", "behind", "in", "with"):
            words.insert(index + 1, "the")
    return " ".join(words)
