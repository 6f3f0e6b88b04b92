"""Rows and links as plain sentences, without a language model.

One sentence a row, in the words of the row with figures called by their names; where a row pays off a link, the
sentence looks back at what set it up. Dull and exact: it says nothing that no row says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from longvid.narrative import Cast, Phrase, Sense, past_participle, plural, simple_past, singular, third_person
from longvid.strategy import Row, words_in
from longvid_strategies.ledger.deeds import Deed
from longvid_strategies.ledger.joins import Link

NUMBERS = (
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)


ARTICLES = "(?:the|a|an|some|another|his|her|their|its)"
STRENGTH = (
    "unmasked", "shown-late", "said-against-seen", "made-possible", "hidden-found", "handed-used", "undone", "changed",
    "promise-kept", "promise-broken",
)  # fmt: skip
"""Of links that end in one row, the first of these is told."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence and the rows that it rests on, in the order of the film."""

    text: str
    rows: tuple[str, ...]
    at: float
    """Where it belongs in the film: the position of the row that it tells."""


class Teller:
    """Says rows and links of one film."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.senses = {sense.row.id: sense for sense in cast.senses}
        self.place = {sense.row.id: index for index, sense in enumerate(cast.senses)}

    def row(self, row: Row) -> Line:
        """The row itself."""
        sense = self.senses[row.id]
        who = self._agents(sense)
        what = row.what
        for phrase in sense.phrases():
            if phrase not in sense.agents:
                what = self._named(what, phrase, row)
        return Line(_sentence(f"{who} {what}"), (row.id,), self.place[row.id])

    def link(self, link: Link) -> Line | None:
        """The last row of `link` with what it has to do with those before; None where it cannot be said plainly."""
        say = getattr(self, "_" + link.kind.replace("-", "_"), None)
        text = say(link) if say is not None else ""
        return Line(_sentence(text), link.rows, self.place[link.last.row.id]) if text else None

    # -- links ---------------------------------------------------------------------------------------------------------

    def _handed_used(self, link: Link) -> str:
        given, used = link.deeds
        whom = self.figure(given.to)
        return f"{self._act(used)} that {self._had(given)} {self._to(given)}{whom}"

    def _hidden_found(self, link: Link) -> str:
        hidden, found = link.deeds
        return f"{self._act(found)} that {self._had(hidden)}"

    def _shown_late(self, link: Link) -> str:
        found, hidden = link.deeds
        return (
            f"a flashback shows that {self._had(hidden)} {self._thing(hidden)} that "
            f"{self.figure(found.agent)} {simple_past(found.verb)}"
        )

    def _promise_kept(self, link: Link) -> str:
        promise, kept = link.deeds
        how = "as promised" if promise.does("promise") else "as planned"
        return f"{self._whole(kept)} {how}"

    def _promise_broken(self, link: Link) -> str:
        promise = link.last
        meant = promise.meant
        if meant is None or meant.clause.object is None:
            return ""
        rest = f" to {self.figure(meant.to)}" if meant.to else ""
        it = "them" if meant.clause.object.plural else "it"
        # Rows show what was seen, not what never was.
        return f"{self._whole(promise)} but is never seen to {meant.verb} {it}{rest}"

    def _undone(self, link: Link) -> str:
        before, after = link.deeds
        return f"{self._act(after)} that {self._had(before)}"

    def _total(self, link: Link) -> str:
        last = link.last
        target = last.clause.object
        numbers = NUMBERS.split()
        number = numbers[link.total] if link.total < len(numbers) else str(link.total)
        noun = _plural(target.thing if target is not None else "thing")
        return f"{self.figure(last.agent)} {third_person(last.verb)} {number} {noun} in all"

    def _unmasked(self, link: Link) -> str:
        act, shown = link.deeds
        hidden = self._mask(act)
        return f"{hidden} who had {self._past_of(act)} turns out to be {self.figure(shown.agent)}"

    def _said_against_seen(self, link: Link) -> str:
        seen, said = link.deeds
        whole = self._whole(said)
        verb = f" {third_person(said.verb)} "
        if verb not in whole:
            return ""
        doer = self._mask(seen) if seen.masked else self.figure(seen.agent)
        return f"{whole.replace(verb, f' falsely{verb}', 1)}, which {doer} had {past_participle(seen.verb)}"

    def _made_possible(self, link: Link) -> str:
        *before, last = link.deeds
        who = self.figure(last.agent)
        before_last, reasons = before[-1], before[:-1]
        said = [f"had {past_participle(d.verb)} {self._thing(d)}{self._with(d, reasons)}" for d in reasons]
        because = f" and {who} ".join(said) if len(said) < 3 else ", ".join(said)
        if not said:
            return ""
        can = before_last.verb.split()[0]
        return (
            f"{self._whole(last)}, which {who} could {can} because {who} {because.replace(f'and {who} had', 'and had')}"
        )

    def _changed(self, link: Link) -> str:
        change, later = link.deeds
        old, new = change.clause.of("from"), change.clause.of("to", "into")
        if old is None or new is None:
            return ""
        who = self.figure(change.agent)
        whole = self._whole(later)
        if not whole.startswith(f"{who} "):
            return ""
        return f"{who}, who had {past_participle(change.verb)} from {old.look} to {new.look}, {whole[len(who) + 1 :]}"

    def _back(self, link: Link) -> str:
        came = link.last
        who, whole = self.figure(came.agent), self._whole(came)
        if not whole.startswith(f"{who} "):
            return ""
        # The length of a chunk is about a minute; saying more would claim more than rows know.
        return f"{who}, not seen for long, {whole[len(who) + 1 :]}"

    # -- pieces --------------------------------------------------------------------------------------------------------

    def figure(self, id: str | None) -> str:
        """What a figure is called."""
        return self.cast.figure(id).title if id is not None else "somebody"

    def _had(self, deed: Deed) -> str:
        return f"{self.figure(deed.agent)} had {past_participle(deed.verb)}"

    def _mask(self, deed: Deed) -> str:
        agents = self.senses[deed.row.id].agents
        return agents[0].say() if agents else "somebody"

    def _agents(self, sense: Sense) -> str:
        """Who stands before the verb, in the row's own words, with names for those who have one."""
        who = sense.row.who
        for phrase in sense.subjects or sense.agents:
            who = self._named(who, phrase, sense.row)
        return who

    def _named(self, what: str, phrase: Phrase, row: Row) -> str:
        """`what` with `phrase` called by its figure's name."""
        name = self._name(row, phrase)
        return what if name is None or phrase.is_pronoun else _pattern(phrase).sub(name, what, count=1)

    def _name(self, row: Row, phrase: Phrase) -> str | None:
        """What to call a figure in place of `phrase`; None where the row's own words are as good."""
        id = self.cast.of(row.id, phrase)
        if id is None or (row.id, phrase) in self.cast.concealed:
            return None
        if not phrase.definite and (not phrase.modifiers or phrase in self._predicates(row)):
            return None
        figure = self.cast.figure(id)
        # Somebody without a name who looks different by now is still called as at first.
        return figure.title if figure.names or (len(figure.looks) > 1 and phrase.modifiers) else None

    def _predicates(self, row: Row) -> list[Phrase]:
        """What somebody is said to be: "a nurse" in "is a nurse" stands for nobody."""
        clauses = self.senses[row.id].clauses
        return [clause.object for clause in clauses if "be" in clause.classes and clause.object is not None]

    def _whole(self, deed: Deed) -> str:
        """The row of a deed without its full stop, beginning as in the middle of a sentence."""
        text = self.row(deed.row).text.rstrip(".")
        agents = self.senses[deed.row.id].agents
        return text if not text.startswith("The ") or (agents and agents[0].name) else "the " + text[4:]

    def _act(self, deed: Deed) -> str:
        """Who does it to which thing, and nothing more, so that a relative clause can follow."""
        who = self._mask(deed) if deed.masked else self.figure(deed.agent)
        several = deed.agent is not None and self.cast.figure(deed.agent).plural
        return f"{who} {deed.verb if several else third_person(deed.verb)} {self._thing(deed)}"

    def _past_of(self, deed: Deed) -> str:
        thing = self._thing(deed)
        if thing:
            return f"{past_participle(deed.verb)} {thing}"
        return " ".join([past_participle(deed.verb), *self._whole(deed).split()[len(self._mask(deed).split()) + 1 :]])

    def _thing(self, deed: Deed) -> str:
        """The thing of a deed; a fixture with its place."""
        target = deed.clause.object
        if target is None:
            return ""
        place = deed.clause.of("in", "at", "on", "inside") if "@" in (deed.thing or "") else None
        where = f" in {place.say()}" if place is not None else ""
        return f"{target.say().rstrip(',')}{where}"

    def _to(self, deed: Deed) -> str:
        # "had given her", but "had sold it to her": only a few verbs take the receiver without "to".
        return "" if deed.verb in ("give", "hand", "lend", "sell", "send", "bring", "pass") else "to "

    def _with(self, deed: Deed, before: list[Deed]) -> str:
        tool = deed.clause.of("with")
        if tool is None:
            return ""
        return " with it" if any(d.thing == deed.tool for d in before if d is not deed) else f" with {tool.say()}"


def tell(teller: Teller, rows: Iterable[Row], links: Iterable[Link]) -> list[Line]:
    """The chosen rows and links as sentences in the order of the film; a link's sentence stands for its last row."""
    lines: list[Line] = []
    told: set[str] = set()
    for link in links:
        line = teller.link(link)
        if line is None:
            continue
        if link.replaces:
            told.add(link.last.row.id)
        else:
            line = Line(line.text, line.rows, line.at + 0.5)
        lines.append(line)
    lines += [teller.row(row) for row in rows if row.id not in told]
    return sorted(lines, key=lambda line: (line.at, line.text))


def tellable(teller: Teller, links: Iterable[Link]) -> list[Link]:
    """Links that have a sentence, the strongest one where several end in one row, in the order given."""
    said = [link for link in links if link.kind != "back" and teller.link(link) is not None]
    best: dict[str, Link] = {}
    for link in said:
        row = link.last.row.id
        if link.replaces and (row not in best or STRENGTH.index(link.kind) < STRENGTH.index(best[row].kind)):
            best[row] = link
    return [link for link in said if not link.replaces or best[link.last.row.id] is link]


def with_returns(teller: Teller, lines: Sequence[Line], links: Iterable[Link], words: int) -> list[Line]:
    """`lines` with the returns of `links` told where their rows are told as they stand, as far as `words` allow."""
    told = list(lines)
    spare = words - sum(words_in(line.text) for line in lines)
    for link in links:
        line = teller.link(link)
        for index, plain in enumerate(told):
            if line is None or plain.rows != (link.last.row.id,):
                continue
            cost = words_in(line.text) - words_in(plain.text)
            if cost <= spare:
                told[index], spare = Line(line.text, link.rows, plain.at), spare - cost
    return told


def _pattern(phrase: Phrase) -> re.Pattern[str]:
    """Where a row says `phrase`; looks are kept without the articles inside them."""
    words = rf"\s+(?:{ARTICLES}\s+)?".join(re.escape(word) for word in (phrase.look or "").split())
    look = rf"{ARTICLES}\s+{words}" if words else ""
    if phrase.name and look:
        name = re.escape(phrase.name)
        return re.compile(rf"(?:{name},\s+{look}|{look},?\s+{name})\b,?", re.I)
    return re.compile(rf"\b{re.escape(phrase.name)}\b" if phrase.name else rf"\b{look}\b", re.I)


def _plural(noun: str) -> str:
    noun, of, rest = noun.partition(" of ")
    before, space, last = noun.rpartition(" ")
    return f"{before}{space}{last if singular(last) != last else plural(last)}{of}{rest}"


def _sentence(text: str) -> str:
    text = re.sub(r",\s*,", ",", " ".join(text.split())).strip(" ,")
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")
