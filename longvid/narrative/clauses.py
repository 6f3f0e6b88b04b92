"""Plain English clauses taken apart: "gives the map to Ada" is a giving, of the map, to Ada.

A reader for the short sentences of event lines and captions, by word order, determiners and prepositions. It knows
ordinary verbs (`verbs`) and no story; what it does not understand stays as words and joins nothing. It does not resolve
pronouns and reads only the first level of subordinate clauses.
"""

from __future__ import annotations

import re
from dataclasses import replace

from longvid.narrative import verbs
from longvid.narrative.phrases import DETERMINERS, GARMENTS, GROUPS, PERSONS, PREPOSITIONS, PRONOUNS, Clause, Phrase
from longvid.text.morphology import past_participle, singular
from longvid.text.numerals import NUMBERS
from longvid.text.sentences import word_set

BREAKS = word_set("that who which whom whose where when while because as until so but or if")
STOPS = BREAKS | PREPOSITIONS | {"and", "of"}
AUXILIARIES = word_set("do does did can could will would shall should may might must has have had")
BEING = word_set("is are was were be been being am gets got")
ADVERBS = word_set(
    "then now also again still just finally suddenly soon once already always even away back home here there together"
)
MODALS = word_set("could will would shall should may might must can")
NEARLY = frozenset({"almost", "nearly", "hardly", "barely", "scarcely"})
MOST_TOKENS, MOST_PHRASES = 80, 8
"""What is read of one text; behind it stands no plain clause."""
FAILING = frozenset({"fail", "refuse", "forget", "decline"})
TOKEN = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*|,")


def _number(word: str) -> int | None:
    if re.fullmatch(r"[0-9]{1,5}", word):
        return int(word)
    return NUMBERS.get(word)


def read_clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of `text`, a predicate without its subject: verb first."""
    reader = _Reader(TOKEN.findall(text)[:MOST_TOKENS])
    found: list[Clause] = []
    while not reader.done and len(found) < 4:
        clause = reader.clause() if reader.low() not in BREAKS else None
        if clause is None:
            break
        found.append(clause)
        reader.skip(",", "and", "then", "but")
    return tuple(found)


def read_phrases(text: str) -> tuple[Phrase, ...]:
    """Who an event is about: "Ada, the tall woman", "the old man in a coat", "Ada and Ben".

    What follows in other ways ("who ...", "without Ben", "holding a gun") is left out; where an "or" leaves open who it
    is, nobody is named.
    """
    reader = _Reader(TOKEN.findall(text)[:MOST_TOKENS])
    found: list[Phrase] = []
    if reader.low() in ("all", "neither", "either", "none"):
        return ()
    while not reader.done and len(found) < MOST_PHRASES:
        phrase = reader.phrase(whole=True)
        if phrase is None:
            break
        found.append(phrase)
        if reader.low() in ("or", "nor"):
            return ()
        if not reader.skip(",", "and"):
            break
    return tuple(found)


def split_sentence(sentence: str) -> tuple[str, str] | None:
    """(who, does what) of a plain sentence, or None where no subject and verb are found."""
    words = sentence.strip().rstrip(".!?").split()
    for index in range(1, min(len(words), 14)):
        if _ends_subject([w.strip(",;:") for w in words], index):
            return " ".join(words[:index]).rstrip(","), " ".join(words[index:])
    return None


def _ends_subject(words: list[str], index: int) -> bool:
    """Whether the word at `index` is the finite verb of the phrase before it."""
    word, low = words[index], words[index].lower()
    after = words[index + 1] if index + 1 < len(words) else ""
    before = words[index - 1].lower()
    if before in DETERMINERS | NUMBERS.keys() or word[:1].isupper() or low in PREPOSITIONS:
        return False
    if before in GROUPS and low not in STOPS and low != "and" and not low.endswith("ing"):
        return True  # "both men draw": after a noun that can only be plural
    if low in BEING | AUXILIARIES:
        return True
    base = verbs.lemma(low)
    opens = not after or after == "," or after[:1].isupper() or after.lower() in (
        DETERMINERS | PREPOSITIONS | PRONOUNS | ADVERBS | BREAKS | {"and", "of"} | NUMBERS.keys()
    ) or after.lower().endswith("ly")  # fmt: skip
    if base is not None and low != base and not low.endswith("ing"):
        return opens or low.endswith("s")
    if base is not None and low == base:
        # "The birds begin", but not "the guard dog": a base form needs a plural or a group before it.
        said = [word.lower() for word in words[:index]]
        several = before.endswith("s") or before in PRONOUNS or "and" in said or bool(GROUPS & set(said))
        return several and opens
    return low.endswith("s") and not low.endswith("ss") and opens and len(low) > 3


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> str:
        """The token `ahead`, as written; empty at the end."""
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def low(self, ahead: int = 0) -> str:
        return self.peek(ahead).lower()

    def skip(self, *words: str) -> bool:
        begun = self.at
        while self.low() in words:
            self.at += 1
        return self.at > begun

    def clause(self, subject: Phrase | None = None) -> Clause | None:
        """The clause whose verb comes next."""
        negative = passive = unreal = False
        while not self.done:
            word = self.low()
            if word in ("not", "never") or word.endswith("n't"):
                negative = True
                unreal = unreal or word in ("won't", "wouldn't", "couldn't", "can't", "shouldn't")
            elif word in NEARLY:
                unreal = True
            elif word in AUXILIARIES and self._goes_on(self.low(1)):
                unreal = unreal or word in MODALS
            elif word in BEING and self._is_participle(self.low(1)):
                passive = not self.low(1).endswith("ing")
            elif word not in ADVERBS and not word.endswith("ly") and word != ",":
                break
            self.at += 1
        if self.done:
            return None
        base = verbs.guess(self.peek())
        self.at += 1
        if base in FAILING and self.low() == "to":
            self.at += 1
            done = self.clause(subject)
            return None if done is None else replace(done, negative=not negative)
        if base == "be" and self.low() in ("not", "never"):
            negative = True
            self.at += 1
        return replace(self._rest(base, subject, negative, passive), unreal=unreal)

    def _goes_on(self, word: str) -> bool:
        """Whether `word` may follow an auxiliary."""
        return verbs.lemma(word) is not None or word in ("not", "never") or word in NEARLY or word.endswith("ly")

    def _is_participle(self, word: str) -> bool:
        base = verbs.lemma(word)
        return base is not None and (word.endswith("ing") or word == past_participle(base)) and base != "be"

    def _rest(self, base: str, subject: Phrase | None, negative: bool, passive: bool) -> Clause:
        verb = self._with_particle(base)
        kinds = verbs.classes(verb)
        target: Phrase | None = None
        others: list[tuple[str, Phrase]] = []
        complement: Clause | None = None
        while not self.done:
            word = self.low()
            preposition = self._preposition()
            if word in ("not", "never") and self.low(1) == "to" and self._is_infinitive(2) and complement is None:
                self.at += 2
                inner = self.clause()
                complement = None if inner is None else replace(inner, negative=not inner.negative)
            elif word == "to" and self._is_infinitive(1) and complement is None:
                self.at += 1
                complement = self.clause()
            elif word == "that" and kinds & {"say", "promise", "intend"} and complement is None:
                self.at += 1
                complement = self._statement()
            elif preposition:
                particle = self._late_particle(base, verb)
                if particle:
                    verb, kinds = particle, verbs.classes(particle)
                    continue
                self.at += len(preposition.split())
                phrase = self.phrase()
                if phrase is not None:
                    others.append((preposition, phrase))
            elif word in (",", "and", "then", "but"):
                if self._begins_clause() or word == "but":
                    break
                self.at += 1
                phrase = self.phrase() if word != "," else None
                if phrase is not None:
                    others.append(("and", phrase))
            elif word in ADVERBS or word in ("not", "never"):
                self.at += 1
            elif word in BREAKS:
                # A relative or adverbial clause: what it says is not what this event is about.
                break
            else:
                phrase = self.phrase()
                if phrase is None:
                    self.at += 1
                elif target is None:
                    target = phrase
                elif "transfer" in kinds and not any(p == "to" for p, _ in others):
                    others, target = [("to", target), *others], phrase
        made = Clause(verb, kinds, target, tuple(others), complement, subject, negative, passive=passive)
        return _active(made) if passive else made

    def _statement(self) -> Clause | None:
        """The clause after "that", with its subject."""
        begun = self.at
        subject = self.phrase(subject=True)
        if subject is None or self.done:
            self.at = begun
            return None
        return self.clause(subject)

    def _with_particle(self, base: str) -> str:
        known = verbs.PARTICLES.get(base, set())
        for length in (2, 1):
            particle = " ".join(self.low(i) for i in range(length)).strip()
            if particle and particle in known and not (particle == "out" and self.low(1) == "of"):
                self.at += length
                return f"{base} {particle}"
        return base

    def _late_particle(self, base: str, verb: str) -> str:
        """The verb with a particle that stands behind its object: "puts the candle out"."""
        particle, after = self.low(), self.low(1)
        if verb == base and particle in verbs.PARTICLES.get(base, set()) and after in ("", ",", "and", "then"):
            self.at += 1
            return f"{base} {particle}"
        return ""

    def _preposition(self) -> str:
        if self.low() in ("out", "away", "off") and self.low(1) in ("of", "from"):
            return f"{self.low()} {self.low(1)}"
        return self.low() if self.low() in PREPOSITIONS else ""

    def _is_infinitive(self, ahead: int) -> bool:
        word = self.low(ahead)
        return verbs.lemma(word) == word and self.peek(ahead) == word and word not in DETERMINERS

    def _begins_clause(self) -> bool:
        """Whether a finite verb follows the "and" or comma here."""
        ahead = 0
        while self.low(ahead) in (",", "and", "then", "but") or self.low(ahead).endswith("ly"):
            ahead += 1
        word = self.low(ahead)
        base = verbs.lemma(word)
        return (base is not None and word != base) or word in BEING or (
            word.endswith("s") and not word.endswith("ss") and self.low(ahead + 1) in DETERMINERS
        )  # fmt: skip

    def phrase(self, *, whole: bool = False, subject: bool = False) -> Phrase | None:
        """The noun phrase that comes next; `whole` takes "in a coat" as part of a description."""
        if self.peek().endswith(("'s", "\u2019s")):
            # "Ada's mother" is no Ada.
            self.at += 1
            owned = self._description(whole, subject)
            return None if owned is None else replace(owned, article="'s")
        name = self._name()
        if name:
            description: Phrase | None = None
            if self.peek() == "," and self.low(1) in DETERMINERS:
                self.at += 1
                description = self._description(whole, subject)
                self._close()
            elif self.peek() == "," and self.peek(1).endswith(("'s", "\u2019s")):
                self.at += 2
                self._description(whole, subject)
                self._close()
            return Phrase(name, description.description if description and not description.owned else None)
        counted = self.low() in NUMBERS and self.peek(1).isalpha() and self.low(1) not in STOPS
        if self.low() in PRONOUNS - DETERMINERS and not counted:
            self.at += 1
            return Phrase(None, self.tokens[self.at - 1].lower())
        found = self._description(whole, subject)
        if found is None:
            return None
        words = (found.description or "").split()
        # "the old man, Proog," and "the detective Proog"
        own = [i for i, word in enumerate(words) if word[:1].isupper()]
        text = found.description or ""
        if own and own[-1] == len(words) - 1 and own[0] > 0 and own == list(range(own[0], len(words))):
            name, text = " ".join(words[own[0] :]), " ".join(words[: own[0]])
        elif self.peek() == "," and self.peek(1)[:1].isupper() and self.low(1) not in DETERMINERS | PRONOUNS:
            self.at += 1
            name = self._name()
            self._close()
        return replace(found, name=name or None, description=text.lower())

    def _close(self) -> None:
        if self.peek() == ",":
            self.at += 1

    def _name(self) -> str:
        begun = self.at
        while (
            self.peek()[:1].isupper()
            and self.low() not in DETERMINERS | PRONOUNS | NUMBERS.keys() | STOPS | ADVERBS
            and not self.peek().endswith(("'s", "\u2019s"))
        ):
            self.at += 1
        return " ".join(self.tokens[begun : self.at])

    def _description(self, whole: bool, subject: bool) -> Phrase | None:
        """What somebody or something is called, without a name; names inside keep their capitals."""
        begun = self.at
        article = self.low() if self.low() in DETERMINERS else ""
        self.at += bool(article)
        number = _number(self.low())
        self.at += number is not None
        words: list[str] = []
        while not self.done:
            word = self.low()
            if word == "," or word in BREAKS or word in DETERMINERS or word in ("or", "nor", "like", "but"):
                break
            if words and (word.endswith("ing") and self.low(1) in DETERMINERS | PRONOUNS):
                break  # "the man holding a gun"
            if word == "of" and words:
                self.at += 1
                inner = self._description(whole, subject)
                words += ["of", *(inner.description or "").split()] if inner else ["of"]
                break
            if word == "and":
                # "the younger and less experienced man" is one; "the man and the dog" are two.
                joined = whole and words and self.low(1) not in DETERMINERS and self.low(1) not in PRONOUNS
                if not joined or self.peek(1)[:1].isupper():
                    break
            elif word in PREPOSITIONS:
                if not words or not (
                    (whole and word in ("in", "with", "at", "on", "from", "behind")) or self._is_worn(words[-1])
                ):
                    break
            elif words and subject and _ends_subject(self.tokens, self.at):
                break
            words.append(self.peek())
            self.at += 1
            if words[-1].lower() in PREPOSITIONS and self.low() in DETERMINERS:
                # "in a coat" and "in the coat" are one description.
                self.at += 1
        if not words:
            self.at = begun
            return None
        text = " ".join(word if word[:1].isupper() and index else word.lower() for index, word in enumerate(words))
        return Phrase(None, text, number, article)

    def _is_worn(self, noun: str) -> bool:
        """Whether "in a grey coat" follows `noun`, a person: then it says what the person looks like."""
        if self.low() not in ("in", "with") or singular(noun.lower()) not in PERSONS:
            return False
        ahead = [self.low(i) for i in range(1, 6)]
        for word in ahead:
            if singular(word) in GARMENTS or word in GARMENTS:
                return True
            if word in PREPOSITIONS or word in BREAKS or not word:
                break
        return False


def _active(clause: Clause) -> Clause:
    """A passive turned round: what stands as subject is the object, and "by" names who does it. The caller knows the
    subject, so only the doer is filled in here."""
    others = tuple((p, phrase) for p, phrase in clause.others if p != "by")
    return replace(clause, subject=clause.of("by"), others=others)
