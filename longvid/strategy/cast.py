"""Rows with their words taken apart, and the cast of a film: figures, their looks in time, and who is meant where.

Plain data, and the reading of single rows; `identities` says who is who.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from longvid.strategy.clauses import read_clauses, read_phrases
from longvid.strategy.events import Row
from longvid.strategy.phrases import Clause, Phrase


@dataclass(frozen=True, slots=True)
class Sense:
    """A row with its words taken apart."""

    row: Row
    agents: tuple[Phrase, ...]
    clauses: tuple[Clause, ...]

    def phrases(self) -> list[Phrase]:
        """All phrases of the row, agents first."""
        found = list(self.agents)
        for clause in self.clauses:
            for part in (clause, clause.complement):
                if part is not None:
                    found += [p for p in (part.subject, part.object) if p is not None]
                    found += [phrase for _, phrase in part.others]
        return found


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody (or something that acts), with all that is known by the end of the film."""

    id: str
    names: tuple[str, ...]
    looks: tuple[tuple[str, int], ...]
    """(look, first chunk it was seen in), oldest first."""
    rows: tuple[str, ...]
    """Ids of the rows it has a part in, in order."""
    chunks: tuple[int, ...]
    """Where it is seen, ascending."""

    @property
    def title(self) -> str:
        """What to call it in a sentence: its name, else its first look."""
        if self.names:
            return self.names[0]
        return f"the {self.looks[0][0]}" if self.looks else "somebody"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two figures that may be one: nothing forbids it and nothing shows it."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The figures of a film and which phrase of which row means which of them."""

    figures: tuple[Figure, ...]
    senses: tuple[Sense, ...]
    bound: Mapping[tuple[str, Phrase], str]
    """(row id, phrase) -> figure id; phrases of things are not there."""
    doubts: tuple[Doubt, ...] = ()
    concealed: frozenset[tuple[str, Phrase]] = frozenset()
    """Bound phrases that hide who it is: a text may only say so where it tells of the unmasking."""
    unbound: tuple[tuple[str, Phrase], ...] = ()
    """Phrases that mean somebody, and nobody knows whom: "they", "one of them"."""

    def of(self, row: str, phrase: Phrase | None) -> str | None:
        """Id of the figure that `phrase` means in the row with id `row`, None for a thing."""
        return None if phrase is None else self.bound.get((row, phrase))

    def figure(self, id: str) -> Figure:
        """The figure called `id`. Raises KeyError."""
        for figure in self.figures:
            if figure.id == id:
                return figure
        raise KeyError(id)

    def in_chunk(self, chunk: int) -> tuple[Figure, ...]:
        """Figures seen in the chunk, most rows in the film first."""
        return tuple(sorted((f for f in self.figures if chunk in f.chunks), key=lambda f: (-len(f.rows), f.id)))


def understand(rows: Iterable[Row]) -> tuple[Sense, ...]:
    """`rows` with their words taken apart, passives turned round."""
    return tuple(_sense(row) for row in rows)


def _sense(row: Row) -> Sense:
    agents, clauses = read_phrases(row.who), read_clauses(row.what)
    first = clauses[0] if clauses else None
    if first is not None and first.passive and agents:
        # "Ada | is given the letter by Ben": Ben gives the letter to Ada. "The door | is opened": somebody opens it.
        doer = (first.subject,) if first.subject is not None else ()
        if first.object is not None and "transfer" in first.classes:
            turned = Clause(first.verb, first.classes, first.object, (("to", agents[0]), *first.others))
        else:
            turned = Clause(first.verb, first.classes, agents[0], first.others, first.complement)
        if doer:
            return Sense(row, doer, (turned, *clauses[1:]))
    return Sense(row, agents, clauses)
