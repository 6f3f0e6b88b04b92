"""Events and links as plain sentences, without a language model.

One sentence an event, in the words of the event with entities called by their names; where an event pays off a link,
the sentence looks back at what set it up. Dull and exact: it says nothing that no event says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from longvid.narrative import Cast, Phrase, Sense, past_participle, plural, simple_past, singular, third_person
from longvid.strategy import Event, words_in
from longvid_strategies.ledger.rules.actions import Action
from longvid_strategies.ledger.rules.relations import Link

NUMBERS = (
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)


ARTICLES = "(?:the|a|an|some|another|his|her|their|its)"
STRENGTH = (
    "unmasked", "shown-late", "said-against-seen", "made-possible", "hidden-found", "handed-used", "undone", "changed",
    "promise-kept", "promise-broken",
)  # fmt: skip
"""Of links that end in one event, the first of these is told."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence and the events that it rests on, in the order of the film."""

    text: str
    events: tuple[str, ...]
    at: float
    """Where it belongs in the film: the position of the event that it tells."""


class Realizer:
    """Says events and links of one film."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.senses = {sense.event.id: sense for sense in cast.senses}
        self.place = {sense.event.id: index for index, sense in enumerate(cast.senses)}

    def event(self, event: Event) -> Line:
        """The event itself."""
        sense = self.senses[event.id]
        who = self._agents(sense)
        what = event.what
        for phrase in sense.phrases():
            if phrase not in sense.agents:
                what = self._named(what, phrase, event)
        return Line(_sentence(f"{who} {what}"), (event.id,), self.place[event.id])

    def link(self, link: Link) -> Line | None:
        """The last event of `link` with what it has to do with those before; None where it cannot be said plainly."""
        say = getattr(self, "_" + link.kind.replace("-", "_"), None)
        text = say(link) if say is not None else ""
        return Line(_sentence(text), link.events, self.place[link.last.event.id]) if text else None

    # -- links ---------------------------------------------------------------------------------------------------------

    def _handed_used(self, link: Link) -> str:
        given, used = link.actions
        whom = self.entity(given.to)
        return f"{self._act(used)} that {self._had(given)} {self._to(given)}{whom}"

    def _hidden_found(self, link: Link) -> str:
        hidden, found = link.actions
        return f"{self._act(found)} that {self._had(hidden)}"

    def _shown_late(self, link: Link) -> str:
        found, hidden = link.actions
        return (
            f"a flashback shows that {self._had(hidden)} {self._thing(hidden)} that "
            f"{self.entity(found.agent)} {simple_past(found.verb)}"
        )

    def _promise_kept(self, link: Link) -> str:
        promise, kept = link.actions
        how = "as promised" if promise.does("promise") else "as planned"
        return f"{self._whole(kept)} {how}"

    def _promise_broken(self, link: Link) -> str:
        promise = link.last
        meant = promise.meant
        if meant is None or meant.clause.object is None:
            return ""
        rest = f" to {self.entity(meant.to)}" if meant.to else ""
        it = "them" if meant.clause.object.plural else "it"
        # Events show what was seen, not what never was.
        return f"{self._whole(promise)} but is never seen to {meant.verb} {it}{rest}"

    def _undone(self, link: Link) -> str:
        before, after = link.actions
        return f"{self._act(after)} that {self._had(before)}"

    def _total(self, link: Link) -> str:
        last = link.last
        target = last.clause.object
        numbers = NUMBERS.split()
        number = numbers[link.total] if link.total < len(numbers) else str(link.total)
        noun = _plural(target.thing if target is not None else "thing")
        return f"{self.entity(last.agent)} {third_person(last.verb)} {number} {noun} in all"

    def _unmasked(self, link: Link) -> str:
        act, shown = link.actions
        hidden = self._mask(act)
        return f"{hidden} who had {self._past_of(act)} turns out to be {self.entity(shown.agent)}"

    def _said_against_seen(self, link: Link) -> str:
        seen, said = link.actions
        whole = self._whole(said)
        verb = f" {third_person(said.verb)} "
        if verb not in whole:
            return ""
        doer = self._mask(seen) if seen.masked else self.entity(seen.agent)
        return f"{whole.replace(verb, f' falsely{verb}', 1)}, which {doer} had {past_participle(seen.verb)}"

    def _made_possible(self, link: Link) -> str:
        *before, last = link.actions
        who = self.entity(last.agent)
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
        change, later = link.actions
        old, new = change.clause.of("from"), change.clause.of("to", "into")
        if old is None or new is None:
            return ""
        who = self.entity(change.agent)
        whole = self._whole(later)
        if not whole.startswith(f"{who} "):
            return ""
        changed = f"{past_participle(change.verb)} from {old.description} to {new.description}"
        return f"{who}, who had {changed}, {whole[len(who) + 1 :]}"

    def _back(self, link: Link) -> str:
        came = link.last
        who, whole = self.entity(came.agent), self._whole(came)
        if not whole.startswith(f"{who} "):
            return ""
        # The length of a chunk is about a minute; saying more would claim more than events know.
        return f"{who}, not seen for long, {whole[len(who) + 1 :]}"

    # -- pieces --------------------------------------------------------------------------------------------------------

    def entity(self, id: str | None) -> str:
        """What an entity is called."""
        return self.cast.entity(id).title if id is not None else "somebody"

    def _had(self, action: Action) -> str:
        return f"{self.entity(action.agent)} had {past_participle(action.verb)}"

    def _mask(self, action: Action) -> str:
        agents = self.senses[action.event.id].agents
        return agents[0].say() if agents else "somebody"

    def _agents(self, sense: Sense) -> str:
        """Who stands before the verb, in the event's own words, with names for those who have one."""
        who = sense.event.who
        for phrase in sense.subjects or sense.agents:
            who = self._named(who, phrase, sense.event)
        return who

    def _named(self, what: str, phrase: Phrase, event: Event) -> str:
        """`what` with `phrase` called by its entity's name."""
        name = self._name(event, phrase)
        return what if name is None or phrase.is_pronoun else _pattern(phrase).sub(name, what, count=1)

    def _name(self, event: Event, phrase: Phrase) -> str | None:
        """What to call an entity in place of `phrase`; None where the event's own words are as good."""
        id = self.cast.of(event.id, phrase)
        if id is None or (event.id, phrase) in self.cast.concealed:
            return None
        if not phrase.definite and (not phrase.modifiers or phrase in self._predicates(event)):
            return None
        entity = self.cast.entity(id)
        # Somebody without a name who looks different by now is still called as at first.
        return entity.title if entity.names or (len(entity.descriptions) > 1 and phrase.modifiers) else None

    def _predicates(self, event: Event) -> list[Phrase]:
        """What somebody is said to be: "a nurse" in "is a nurse" stands for nobody."""
        clauses = self.senses[event.id].clauses
        return [clause.object for clause in clauses if "be" in clause.classes and clause.object is not None]

    def _whole(self, action: Action) -> str:
        """The event of an action without its full stop, beginning as in the middle of a sentence."""
        text = self.event(action.event).text.rstrip(".")
        agents = self.senses[action.event.id].agents
        return text if not text.startswith("The ") or (agents and agents[0].name) else "the " + text[4:]

    def _act(self, action: Action) -> str:
        """Who does it to which thing, and nothing more, so that a relative clause can follow."""
        who = self._mask(action) if action.masked else self.entity(action.agent)
        several = action.agent is not None and self.cast.entity(action.agent).plural
        return f"{who} {action.verb if several else third_person(action.verb)} {self._thing(action)}"

    def _past_of(self, action: Action) -> str:
        thing = self._thing(action)
        if thing:
            return f"{past_participle(action.verb)} {thing}"
        return " ".join(
            [past_participle(action.verb), *self._whole(action).split()[len(self._mask(action).split()) + 1 :]]
        )

    def _thing(self, action: Action) -> str:
        """The thing of an action; a fixture with its place."""
        target = action.clause.object
        if target is None:
            return ""
        place = action.clause.of("in", "at", "on", "inside") if "@" in (action.thing or "") else None
        where = f" in {place.say()}" if place is not None else ""
        return f"{target.say().rstrip(',')}{where}"

    def _to(self, action: Action) -> str:
        # "had given her", but "had sold it to her": only a few verbs take the receiver without "to".
        return "" if action.verb in ("give", "hand", "lend", "sell", "send", "bring", "pass") else "to "

    def _with(self, action: Action, before: list[Action]) -> str:
        tool = action.clause.of("with")
        if tool is None:
            return ""
        return " with it" if any(d.thing == action.tool for d in before if d is not action) else f" with {tool.say()}"


def realize(realizer: Realizer, events: Iterable[Event], links: Iterable[Link]) -> list[Line]:
    """The chosen events and links as sentences in the order of the film; a link's sentence stands for its last
    event."""
    lines: list[Line] = []
    told: set[str] = set()
    for link in links:
        line = realizer.link(link)
        if line is None:
            continue
        if link.replaces:
            told.add(link.last.event.id)
        else:
            line = Line(line.text, line.events, line.at + 0.5)
        lines.append(line)
    lines += [realizer.event(event) for event in events if event.id not in told]
    return sorted(lines, key=lambda line: (line.at, line.text))


def realizable(realizer: Realizer, links: Iterable[Link]) -> list[Link]:
    """Links that have a sentence, the strongest one where several end in one event, in the order given."""
    said = [link for link in links if link.kind != "back" and realizer.link(link) is not None]
    best: dict[str, Link] = {}
    for link in said:
        event = link.last.event.id
        if link.replaces and (event not in best or STRENGTH.index(link.kind) < STRENGTH.index(best[event].kind)):
            best[event] = link
    return [link for link in said if not link.replaces or best[link.last.event.id] is link]


def with_returns(realizer: Realizer, lines: Sequence[Line], links: Iterable[Link], words: int) -> list[Line]:
    """`lines` with the returns of `links` told where their events are told as they stand, as far as `words` allow."""
    told = list(lines)
    spare = words - sum(words_in(line.text) for line in lines)
    for link in links:
        line = realizer.link(link)
        for index, plain in enumerate(told):
            if line is None or plain.events != (link.last.event.id,):
                continue
            cost = words_in(line.text) - words_in(plain.text)
            if cost <= spare:
                told[index], spare = Line(line.text, link.events, plain.at), spare - cost
    return told


def _pattern(phrase: Phrase) -> re.Pattern[str]:
    """Where an event says `phrase`; descriptions are kept without the articles inside them."""
    words = rf"\s+(?:{ARTICLES}\s+)?".join(re.escape(word) for word in (phrase.description or "").split())
    description = rf"{ARTICLES}\s+{words}" if words else ""
    if phrase.name and description:
        name = re.escape(phrase.name)
        return re.compile(rf"(?:{name},\s+{description}|{description},?\s+{name})\b,?", re.I)
    return re.compile(rf"\b{re.escape(phrase.name)}\b" if phrase.name else rf"\b{description}\b", re.I)


def _plural(noun: str) -> str:
    noun, of, rest = noun.partition(" of ")
    before, space, last = noun.rpartition(" ")
    return f"{before}{space}{last if singular(last) != last else plural(last)}{of}{rest}"


def _sentence(text: str) -> str:
    text = re.sub(r",\s*,", ",", " ".join(text.split())).strip(" ,")
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")
