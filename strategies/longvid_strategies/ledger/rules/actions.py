"""Actions: the events with entities and things resolved, ready to be related.

An action is one verb of one event. Things are known by what they are called; a fixture, which is called by its noun
alone ("the door"), is known by its place too, since every house has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from longvid.narrative import BODY, Cast, Clause, Phrase, Sense
from longvid.strategy import Event


@dataclass(frozen=True, slots=True)
class Action:
    """Somebody does something, at a place in the film."""

    at: int
    """Position in the film: actions are numbered in order."""
    event: Event
    agent: str | None
    """Id of the entity; None where nobody can be made out."""
    clause: Clause
    """What is done. For what is only promised or said, see `Action.meant`."""
    thing: str | None
    """What it is done to or with, where that is no entity."""
    to: str | None = None
    """Entity that gets it, or is met."""
    source: str | None = None
    """Entity that loses it."""
    tool: str | None = None
    """Thing after "with"."""
    inside: str | None = None
    """Thing it is taken out of, or opened: a fixture."""
    things: frozenset[str] = frozenset()
    """All things in the event that are known by more than a noun."""
    masked: bool = False
    """The agent cannot be recognised."""
    meant: Action | None = None
    """What is promised, planned or said to have been done."""

    @property
    def verb(self) -> str:
        return self.clause.verb

    def does(self, *classes: str) -> bool:
        """Whether it is of one of the verb classes `classes`, and was done."""
        return self.clause.done and any(name in self.clause.classes for name in classes)


def find_actions(cast: Cast) -> list[Action]:
    """All actions of the film in order."""
    found: list[Action] = []
    for sense in cast.senses:
        for clause in sense.clauses:
            found.append(_action(cast, sense, clause, len(found)))
    return found


def thing_key(phrase: Phrase | None, clause: Clause, event: Event, owner: str | None = None) -> str | None:
    """What a thing is known by: its owner or its place included where the noun alone says too little.

    None for what is no thing of its own: a pronoun, a part of a body, "another one", a noun at no place.
    """
    if phrase is None or phrase.is_pronoun or phrase.other or phrase.head in BODY:
        return None
    if phrase.owned:
        return f"{phrase.thing} of {owner}" if owner is not None and phrase.article != "'s" else None
    if phrase.modifiers or phrase.name or phrase.number is not None:
        return phrase.thing
    # A fixture is where the sentence says; anything else where the event plays, as it may be carried off.
    place = clause.of("in", "at", "on", "inside", "by", "near") if clause.state is not None else None
    where = place.thing if place is not None and place is not phrase else _bare(event.place)
    return f"{phrase.thing} @ {where}" if where else None


def _action(cast: Cast, sense: Sense, clause: Clause, at: int) -> Action:
    event = sense.event
    # Of what several do together, none of them alone is the agent.
    subject = clause.subject or (sense.agents[0] if len(sense.agents) == 1 else None)
    made = _parts(cast, event, clause, subject, at)
    if clause.complement is None:
        return made
    inner = clause.complement
    meant = _parts(cast, event, inner, inner.subject or subject, at)
    return Action(
        at, event, made.agent, clause, made.thing or meant.thing, made.to, made.source, made.tool, made.inside,
        made.things | meant.things, made.masked, meant,
    )  # fmt: skip


def _parts(cast: Cast, event: Event, clause: Clause, subject: Phrase | None, at: int) -> Action:
    def entity(phrase: Phrase | None) -> str | None:
        return cast.of(event.id, phrase)

    target, agent = clause.object, entity(subject)
    thing = None if entity(target) else thing_key(target, clause, event, agent)
    out_of = clause.of("out of", "from", "inside", "into")
    opened = target if clause.state is not None else None
    inside = opened or (out_of if entity(out_of) is None else None)
    tool = clause.of("with")
    return Action(
        at=at,
        event=event,
        agent=agent,
        clause=clause,
        thing=thing,
        to=entity(clause.of("to")) or entity(target),
        source=entity(clause.of("from")),
        tool=None if entity(tool) else thing_key(tool, clause, event, agent),
        inside=thing_key(inside, clause, event),
        things=frozenset(_own_things(cast, event, clause, agent)),
        masked=subject is not None and (event.id, subject) in cast.concealed,
    )


def _own_things(cast: Cast, event: Event, clause: Clause, agent: str | None) -> Iterator[str]:
    for phrase in (clause.object, *(phrase for _, phrase in clause.others)):
        if phrase is not None and cast.of(event.id, phrase) is None:
            key = thing_key(phrase, clause, event, agent)
            if key is not None and "@" not in key and phrase.number is None:
                yield key


def _bare(place: str) -> str:
    return place.lower().split(",")[0].strip()
