"""Events with their words taken apart, and the cast of a film: entities, their descriptions in time, and who is meant
where.

Plain data, and the reading of single events; `coreference` says who is who.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from longvid.captions.events import Event
from longvid.narrative.clauses import read_clauses, read_phrases
from longvid.narrative.phrases import Clause, Phrase, spoken


@dataclass(frozen=True, slots=True)
class Sense:
    """An event with its words taken apart."""

    event: Event
    agents: tuple[Phrase, ...]
    """Who does it: of a passive whoever stands after "by"."""
    clauses: tuple[Clause, ...]
    subjects: tuple[Phrase, ...] = ()
    """Who stands before the verb, where that is not who does it."""

    def phrases(self) -> list[Phrase]:
        """All phrases of the event, agents first."""
        found = [*self.agents, *self.subjects]
        for clause in self.clauses:
            for part in (clause, clause.complement):
                if part is not None:
                    found += [p for p in (part.subject, part.object) if p is not None]
                    found += [phrase for _, phrase in part.others]
        return found


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody (or something that acts), with all that is known by the end of the film."""

    id: str
    names: tuple[str, ...]
    descriptions: tuple[tuple[str, int], ...]
    """(description, first chunk it was seen in), oldest first."""
    events: tuple[str, ...]
    """Ids of the events it has a part in, in order."""
    chunks: tuple[int, ...]
    """Where it is seen, ascending."""

    @property
    def title(self) -> str:
        """What to call it in a sentence: its name, else its first description."""
        if self.names:
            return self.names[0]
        return f"the {spoken(self.descriptions[0][0])}" if self.descriptions else "somebody"

    @property
    def plural(self) -> bool:
        """Whether it is called by a noun for several."""
        return not self.names and bool(self.descriptions) and Phrase(None, self.descriptions[0][0]).plural


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two entities that may be one: nothing forbids it and nothing shows it."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The entities of a film and which phrase of which event means which of them."""

    entities: tuple[Entity, ...]
    senses: tuple[Sense, ...]
    bound: Mapping[tuple[str, Phrase], str]
    """(event id, phrase) -> entity id; phrases of things are not there."""
    doubts: tuple[Doubt, ...] = ()
    concealed: frozenset[tuple[str, Phrase]] = frozenset()
    """Bound phrases that hide who it is: a text may only say so where it tells of the unmasking."""
    unbound: tuple[tuple[str, Phrase], ...] = ()
    """Phrases that mean somebody, and nobody knows whom: "they", "she" after two women."""
    reveals: frozenset[str] = frozenset()
    """Ids of the events that show who was masked."""
    index: Mapping[str, Entity] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {entity.id: entity for entity in self.entities})

    def of(self, event: str, phrase: Phrase | None) -> str | None:
        """Id of the entity that `phrase` means in the event with id `event`, None for a thing."""
        return None if phrase is None else self.bound.get((event, phrase))

    def entity(self, id: str) -> Entity:
        """The entity called `id`. Raises KeyError."""
        return self.index[id]

    def in_chunk(self, chunk: int) -> tuple[Entity, ...]:
        """Entities seen in the chunk, most events in the film first."""
        return tuple(sorted((f for f in self.entities if chunk in f.chunks), key=lambda f: (-len(f.events), f.id)))


def understand(events: Iterable[Event]) -> tuple[Sense, ...]:
    """`events` with their words taken apart, passives turned round."""
    return tuple(_sense(event) for event in events)


def _sense(event: Event) -> Sense:
    subjects, clauses = read_phrases(event.who), read_clauses(event.what)
    first = clauses[0] if clauses else None
    if first is None or not first.passive:
        return Sense(event, subjects, clauses)
    # "Ada | is given the letter by Ben": Ben gives the letter to Ada. "The door | is opened": nobody knows by whom.
    doer = (first.subject,) if first.subject is not None else ()
    target = subjects[0] if len(subjects) == 1 else None
    if first.object is not None and "transfer" in first.classes:
        others = first.others if target is None else (("to", target), *first.others)
        turned = replace(first, others=others, subject=None)
    else:
        turned = replace(first, object=target, subject=None)
    return Sense(event, doer, (turned, *clauses[1:]), subjects)
