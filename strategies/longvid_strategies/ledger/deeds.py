"""Deeds: the rows of evidence with figures and things resolved, ready to be joined.

A deed is one verb of one row. Things are known by what they are called; a fixture, which is called by its noun alone
("the door"), is known by its place too, since every house has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from longvid.narrative import BODY, Cast, Clause, Phrase, Sense
from longvid.strategy import Row


@dataclass(frozen=True, slots=True)
class Deed:
    """Somebody does something, at a place in the film."""

    at: int
    """Position in the film: deeds are numbered in order."""
    row: Row
    agent: str | None
    """Id of the figure; None where nobody can be made out."""
    clause: Clause
    """What is done. For what is only promised or said, see `Deed.meant`."""
    thing: str | None
    """What it is done to or with, where that is no figure."""
    to: str | None = None
    """Figure that gets it, or is met."""
    source: str | None = None
    """Figure that loses it."""
    tool: str | None = None
    """Thing after "with"."""
    inside: str | None = None
    """Thing it is taken out of, or opened: a fixture."""
    things: frozenset[str] = frozenset()
    """All things in the row that are known by more than a noun."""
    masked: bool = False
    """The agent cannot be recognised."""
    meant: Deed | None = None
    """What is promised, planned or said to have been done."""

    @property
    def verb(self) -> str:
        return self.clause.verb

    def does(self, *classes: str) -> bool:
        """Whether it is of one of the verb classes `classes`, and was done."""
        return self.clause.done and any(name in self.clause.classes for name in classes)


def find_deeds(cast: Cast) -> list[Deed]:
    """All deeds of the film in order."""
    found: list[Deed] = []
    for sense in cast.senses:
        for clause in sense.clauses:
            found.append(_deed(cast, sense, clause, len(found)))
    return found


def thing_key(phrase: Phrase | None, clause: Clause, row: Row, owner: str | None = None) -> str | None:
    """What a thing is known by: its owner or its place included where the noun alone says too little.

    None for what is no thing of its own: a pronoun, a part of a body, "another one", a noun at no place.
    """
    if phrase is None or phrase.is_pronoun or phrase.other or phrase.head in BODY:
        return None
    if phrase.owned:
        return f"{phrase.thing} of {owner}" if owner is not None and phrase.article != "'s" else None
    if phrase.modifiers or phrase.name or phrase.number is not None:
        return phrase.thing
    # A fixture is where the sentence says; anything else where the row plays, as it may be carried off.
    place = clause.of("in", "at", "on", "inside", "by", "near") if clause.state is not None else None
    where = place.thing if place is not None and place is not phrase else _bare(row.place)
    return f"{phrase.thing} @ {where}" if where else None


def _deed(cast: Cast, sense: Sense, clause: Clause, at: int) -> Deed:
    row = sense.row
    # Of what several do together, none of them alone is the agent.
    subject = clause.subject or (sense.agents[0] if len(sense.agents) == 1 else None)
    made = _parts(cast, row, clause, subject, at)
    if clause.complement is None:
        return made
    inner = clause.complement
    meant = _parts(cast, row, inner, inner.subject or subject, at)
    return Deed(
        at, row, made.agent, clause, made.thing or meant.thing, made.to, made.source, made.tool, made.inside,
        made.things | meant.things, made.masked, meant,
    )  # fmt: skip


def _parts(cast: Cast, row: Row, clause: Clause, subject: Phrase | None, at: int) -> Deed:
    def figure(phrase: Phrase | None) -> str | None:
        return cast.of(row.id, phrase)

    target, agent = clause.object, figure(subject)
    thing = None if figure(target) else thing_key(target, clause, row, agent)
    out_of = clause.of("out of", "from", "inside", "into")
    opened = target if clause.state is not None else None
    inside = opened or (out_of if figure(out_of) is None else None)
    tool = clause.of("with")
    return Deed(
        at=at,
        row=row,
        agent=agent,
        clause=clause,
        thing=thing,
        to=figure(clause.of("to")) or figure(target),
        source=figure(clause.of("from")),
        tool=None if figure(tool) else thing_key(tool, clause, row, agent),
        inside=thing_key(inside, clause, row),
        things=frozenset(_own_things(cast, row, clause, agent)),
        masked=subject is not None and (row.id, subject) in cast.concealed,
    )


def _own_things(cast: Cast, row: Row, clause: Clause, agent: str | None) -> Iterator[str]:
    for phrase in (clause.object, *(phrase for _, phrase in clause.others)):
        if phrase is not None and cast.of(row.id, phrase) is None:
            key = thing_key(phrase, clause, row, agent)
            if key is not None and "@" not in key and phrase.number is None:
                yield key


def _bare(place: str) -> str:
    return place.lower().split(",")[0].strip()
