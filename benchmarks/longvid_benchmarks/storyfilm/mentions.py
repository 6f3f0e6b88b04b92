"""Text -> sentences of items: who and what of one story is mentioned, and the words of grammar between.

Resolves names, looks, objects, devices and places to the identities of a story. A look or a bare noun is an identity
only if it fits one figure (object, device) alone in the whole film. Knows nothing of clauses and pronouns' referents.

Every step is linear in the text: a sentence of more than `LONGEST` words is cut there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from longvid_benchmarks.storyfilm import lexicon
from longvid_benchmarks.storyfilm.story import Look, Story
from longvid_benchmarks.storyfilm.vocabulary import NAMES

LONGEST = 60
"""Words of a sentence; what is longer is read as several, so that a relation cannot span a whole text."""

MASKED = "the masked figure"
"""Stands for an identity: whoever was masked when it happened."""

_TOKEN = re.compile(r"[^\W_]+|'s\b|\n\s*\n|\n\s*[-*•#]|[.!?;,:()\"\u201c\u201d\u00ab\u00bb\[\]\u2013\u2014]")
_CLOSING = {".", "!", "?", ";"}
_QUOTES = '\u201c\u00ab\u201d\u00bb"'
"""The first two open."""


@dataclass(slots=True)
class Item:
    """One mention or word. `value` is an identity, None for somebody unnamed, "?..." for what the film doesn't have."""

    kind: str
    """figure, thing, device, place, coins, colour, chest, mask, verb, aux, neg, prep, rel, conj, comma, pronoun, owner,
    cue, adverb, word."""
    value: str | None
    at: int
    """Number of its first word in the text."""
    forms: frozenset[str] = frozenset()
    word: str = ""
    quoted: bool = False


@dataclass(slots=True)
class Line:
    """A sentence as items."""

    items: list[Item]
    start: int
    end: int
    """Word numbers: first, and one past the last."""
    question: bool
    text: str
    cues: set[str] = field(default_factory=set)
    hedged: bool = False


@dataclass(slots=True)
class _Word:
    lower: str
    raw: str
    at: int
    quoted: bool


def plain(text: str) -> str:
    """The text without invisible characters, look-alike forms and contractions."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Mn")).replace("\r", "")
    text = re.sub("[\u2018\u2019`]", "'", text)
    text = re.sub(r"n't\b", " not", text)
    text = re.sub(r"\b(can|could|would|should|might|must|do|does|did|is|was|are|were|has|had) ?not\b", r"\1 not", text)
    return re.sub(r"\b([Ii]t|[Hh]e|[Ss]he)'s\b", r"\1 is", text)


def words(text: str) -> int:
    """How many words a text has, counted as they are read: runs of letters and digits."""
    return sum(1 for m in _TOKEN.finditer(plain(text)) if m[0][0].isalnum())


class Scanner:
    """Reads texts about one story."""

    def __init__(self, story: Story) -> None:
        self.names = {name.lower(): f"?{name}" for name in NAMES}
        self.names |= {figure.name.lower(): figure.id for figure in story.figures}
        looks: set[tuple[str, Look]] = {(figure.id, figure.look) for figure in story.figures}
        for event in story.events():
            looks |= set(event.looks.items())
            if event.predicate == "change":
                agent = event.roles["agent"]
                old = event.looks[agent]
                looks.add((agent, Look(event.roles["colour"], old.mark, old.shape)))
        self.looks = [(id, (look.colour, look.mark, look.shape)) for id, look in looks if not look.masked]
        self.fits: dict[tuple[str | None, str | None, str | None], str | None] = {}
        self.things = {(thing.colour, thing.kind): thing.id for thing in story.things}
        self.devices = {(device.kind, device.place): device.id for device in story.devices}
        self.only_thing = _alone([(thing.kind, thing.id) for thing in story.things])
        self.only_device = _alone([(device.kind, device.id) for device in story.devices])

    def who(self, colour: str | None, mark: str | None, shape: str | None) -> str | None:
        """The one figure that this look fits at any time; None if it fits several; "?" if it fits nobody."""
        key = (colour, mark, shape)
        if key not in self.fits:
            ids = {id for id, look in self.looks if all(k in (None, v) for k, v in zip(key, look, strict=True))}
            self.fits[key] = ids.pop() if len(ids) == 1 else None if ids else "?look"
        return self.fits[key]

    def lines(self, text: str) -> Iterator[Line]:
        """The sentences of a text."""
        tokens: list[_Word] = []
        at, start, quoted, begin = 0, 0, False, 0
        text = plain(text)
        for match in _TOKEN.finditer(text):
            token = match[0]
            if token[0].isalnum() or token == "'s":
                if at - start >= LONGEST and token != "'s":
                    yield self._line(tokens, start, at, "", text[begin : match.start()])
                    tokens, start, begin = [], at, match.start()
                tokens.append(_Word(token.lower(), token, at, quoted))
                at += token != "'s"
            elif token in _CLOSING or token[0] == "\n":
                yield self._line(tokens, start, at, token, text[begin : match.end()])
                tokens, start, begin = [], at, match.end()
                quoted = quoted and token[0] != "\n"
            elif token in _QUOTES:
                quoted = token in _QUOTES[:2] or (token == '"' and not quoted)
            elif tokens and tokens[-1].lower != ",":  # of many in a row one will do
                tokens.append(_Word(",", ",", at, quoted))
        yield self._line(tokens, start, at, "", text[begin:])

    def _line(self, tokens: list[_Word], start: int, end: int, closing: str, text: str) -> Line:
        line = Line([], start, end, closing == "?", " ".join(text.split()))
        i = 0
        while i < len(tokens):
            i += self._phrase(tokens, i, line) or self._noun(tokens, i, line) or self._word(tokens, i, line)
        line.items = _appositions(line.items)
        return line

    def _phrase(self, tokens: list[_Word], i: int, line: Line) -> int:
        for length in range(min(lexicon.LONGEST_PHRASE, len(tokens) - i), 0, -1):
            found = lexicon.PHRASES.get(tuple(token.lower for token in tokens[i : i + length]))
            if found is None:
                continue
            kind, value = found
            if kind == "cue":
                line.cues.add(value)
                line.items.append(Item("cue", value, tokens[i].at, word=value))
            else:
                forms = frozenset({"s", "past"}) if kind == "verb" else frozenset()
                line.items.append(Item(kind, value, tokens[i].at, forms, value, tokens[i].quoted))
            return length
        return 0

    def _noun(self, tokens: list[_Word], i: int, line: Line) -> int:
        """A figure, thing, device, place or number of coins that begins here; how many tokens it takes."""
        first, at = i, tokens[i].at
        if (name := self.names.get(tokens[i].lower)) is not None:
            owner = i + 1 < len(tokens) and tokens[i + 1].lower == "'s"
            line.items.append(Item("owner" if owner else "figure", name, at, word="name"))
            return 2 if owner else 1
        if tokens[i].lower in lexicon.ARTICLES | lexicon.POSSESSIVES:
            i += 1
        if i < len(tokens) and (tokens[i].lower in lexicon.COUNTS or tokens[i].lower.isdecimal() or i > first):
            j = i + (tokens[i].lower in lexicon.COUNTS or tokens[i].lower.isdecimal())
            number = tokens[i].lower if j > i else tokens[first].lower
            j += j < len(tokens) and tokens[j].lower in ("gold", "golden", "shiny", "more")
            if j < len(tokens) and tokens[j].lower in ("coin", "coins"):
                count = lexicon.COUNTS.get(number) or (int(number) if number.isdecimal() and len(number) < 5 else 0)
                line.items.append(Item("coins", str(count), at))
                return j + 1 - first
        seen: dict[str, str] = {}
        masked = False
        while i < len(tokens):
            word = tokens[i].lower
            kind, value = lexicon.NOUNS.get(word, ("", ""))
            if word == "masked":
                masked = True
            elif kind in ("colour", "mark") and kind not in seen:
                seen[kind] = value
            elif word in ("plain", "same") and "mark" not in seen:
                pass
            else:
                break
            i += 1
        word = tokens[i].lower if i < len(tokens) else ""
        kind, value = lexicon.NOUNS.get(word, ("", ""))
        if kind == "place" and not seen and not masked:
            j = i + 1 + (i + 1 < len(tokens) and tokens[i + 1].lower == "'s")
            after = lexicon.NOUNS.get(tokens[j].lower, ("", "")) if j < len(tokens) else ("", "")
            if after[0] == "device":
                line.items.append(Item("device", self.devices.get((after[1], value), "?device"), at))
                return j + 1 - first
            line.items.append(Item("place", value, at))
        elif kind == "shape":
            who = MASKED if masked else self.who(seen.get("colour"), seen.get("mark"), value)
            line.items.append(Item("figure", who, at))
        elif kind == "object" and not masked:
            colour = seen.get("colour")
            known = self.things.get((colour, value), "?thing") if colour else self.only_thing.get(value, f"~{value}")
            line.items.append(Item("thing", known, at))
        elif kind == "device" and not masked:
            device, taken = self._device(tokens, i, value)
            line.items.append(Item("device", device, at))
            return taken - first
        elif word in lexicon.ANONYMOUS and (masked or seen or i > first or word not in ("one", "other", "each")):
            fit = self.who(seen["colour"], seen.get("mark"), None) if "colour" in seen else None
            line.items.append(Item("figure", MASKED if masked else fit, at))
            if word in ("nobody", "everybody", "everyone", "anybody", "anyone"):
                line.hedged = True
        elif word in ("chest", "box", "trunk") and not seen:
            line.items.append(Item("chest", "chest", at))
        elif word in ("mask", "cloak") and not seen:
            line.items.append(Item("mask", "mask", at))
        elif "colour" in seen and not masked:
            line.items.append(Item("colour", seen["colour"], at))
            return i - first
        elif masked:
            line.items.append(Item("figure", MASKED, at))
            return i - first
        else:
            return 0
        return i + 1 - first

    def _device(self, tokens: list[_Word], i: int, kind: str) -> tuple[str, int]:
        """The device at `i`, and the token after it, with "in the castle" if that follows."""
        j = i + 1
        if j < len(tokens) and tokens[j].lower in ("in", "at", "of", "inside"):
            j += 1
            j += j < len(tokens) and tokens[j].lower == "the"
            place = lexicon.NOUNS.get(tokens[j].lower, ("", "")) if j < len(tokens) else ("", "")
            if place[0] == "place":
                return self.devices.get((kind, place[1]), "?device"), j + 1
        return self.only_device.get(kind, f"~{kind}"), i + 1

    def _word(self, tokens: list[_Word], i: int, line: Line) -> int:
        token = tokens[i]
        word = token.lower
        before = tokens[i - 1].lower if i else ""
        forms: frozenset[str] = frozenset()
        value: str | None = word
        for cue, these in (
            ("because", lexicon.BECAUSE),
            ("falsely", lexicon.FALSELY),
            ("flashback", lexicon.FLASHBACK),
        ):
            if word in these:
                line.cues.add(cue)
        line.hedged = line.hedged or word in lexicon.HEDGES
        if word == ",":
            kind = "comma"
        elif word in lexicon.VERBS and before not in lexicon.ARTICLES | lexicon.POSSESSIVES | {"'s"}:
            kind = "verb"
            value, forms = lexicon.VERBS[word]
        elif word in lexicon.BE | lexicon.HAVE | lexicon.DO | lexicon.MODALS:
            kind = "aux"
        elif word in lexicon.NEGATIONS:
            kind = "neg"
        elif word in lexicon.RELATIVES:
            kind = "rel"
        elif word in lexicon.SUBJECT_PRONOUNS | lexicon.OBJECT_PRONOUNS | {"it"}:
            kind = "pronoun"
        elif word in lexicon.PREPOSITIONS:
            kind = "prep"
        elif word in lexicon.CONJUNCTIONS:
            kind = "conj"
        elif word in lexicon.ARTICLES | lexicon.POSSESSIVES | {"'s"}:
            return 1
        elif i and token.raw[0].isupper() and not token.raw.isupper():
            kind, value = "figure", None  # a name that this film's list does not have
        elif word in lexicon.ADVERBS or word.endswith("ly"):
            kind = "adverb"
        else:
            kind = "word"
        line.items.append(Item(kind, value, token.at, forms, word, token.quoted))
        return 1


def _alone(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The kinds that occur once, with the identity that has it."""
    kinds = [kind for kind, _ in pairs]
    return {kind: id for kind, id in pairs if kinds.count(kind) == 1}


def _appositions(items: list[Item]) -> list[Item]:
    """ "Mira, the red circle, gives" and "the red circle, tagged Mira, gives" are one figure: Mira."""
    out: list[Item] = []
    i = 0
    while i < len(items):
        item = items[i]
        out.append(item)
        i += 1
        if item.kind != "figure":
            continue
        j = i
        comma = j < len(items) and items[j].kind == "comma"
        j += comma
        tagged = j < len(items) and items[j].word in ("tagged", "named", "called", "alias")
        j += tagged
        if not (comma or tagged) or j >= len(items) or items[j].kind != "figure":
            continue
        other = items[j]
        closed = j + 1 == len(items) or items[j + 1].kind == "comma"
        if not tagged and not (closed and _is_name(item) != _is_name(other)):
            continue
        if _is_name(other):
            item.value, item.word = other.value, other.word
        i = j + 1 + (comma and j + 1 < len(items) and items[j + 1].kind == "comma")
    return out


def _is_name(item: Item) -> bool:
    return item.word == "name"
