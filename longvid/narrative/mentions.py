"""Figures while a film is read: which of them are one, which can never be, and which may be.

`identities` finds them in the rows; here is what is known of each, and that two seen together, or of different names,
are two. Knows no sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from longvid.narrative.entities import Doubt, Figure
from longvid.narrative.phrases import Phrase

MOST_DOUBTS = 400


@dataclass(slots=True, eq=False)
class Body:
    """A figure as far as it has been read of."""

    id: str
    names: list[str] = field(default_factory=list)
    looks: list[tuple[str, int]] = field(default_factory=list)
    """(look, first chunk)."""
    rows: list[tuple[int, str]] = field(default_factory=list)
    """(position of the row, its id)."""
    chunks: set[int] = field(default_factory=set)
    masked: bool = False
    last: int = -1
    """Chunk it was last seen in."""


class Bodies:
    """All bodies of a film in the order they were met."""

    def __init__(self) -> None:
        self.all: list[Body] = []
        self._parent: dict[str, str] = {}
        self._members: dict[str, list[Body]] = {}
        """Id of a figure -> the bodies that are one."""
        self._met: dict[str, set[str]] = {}
        """Id of a figure -> ids of the bodies that were seen together with one of its own."""
        self._unsure: list[tuple[str, str]] = []

    def add(self, chunk: int, *, name: str | None = None, look: str | None = None) -> Body:
        """A new one, met in `chunk`."""
        body = Body(f"f{len(self.all)}")
        self.all.append(body)
        self._parent[body.id] = body.id
        self._members[body.id], self._met[body.id] = [body], set()
        if name:
            body.names.append(name)
        if look:
            body.looks.append((look, chunk))
        return body

    def root(self, id: str) -> str:
        """The id under which the body `id` and all that are one with it are known."""
        while self._parent[id] != id:
            id = self._parent[id]
        return id

    def unite(self, one: str, other: str) -> None:
        """The bodies with these ids are one figure."""
        a, b = sorted((self.root(one), self.root(other)), key=lambda id: int(id[1:]))
        if a != b:
            self._parent[b] = a
            self._members[a] += self._members.pop(b)
            self._met[a] |= self._met.pop(b)

    def meet(self, seen: Sequence[Body]) -> None:
        """All of `seen` are in one row, so they are different figures, but for those whom this row says to be one."""
        for a, b in combinations(seen, 2):
            one, other = self.root(a.id), self.root(b.id)
            if one != other:
                self._met[one].add(b.id)
                self._met[other].add(a.id)

    def doubt(self, one: Body, other: Body) -> None:
        """Something was read that makes them one, and not believed."""
        self._unsure.append((one.id, other.id))

    def apart(self, one: str, other: str) -> bool:
        """Whether the figures with these ids, each with all who are one with it, were seen together or have different
        names, and so are two."""
        a, b = sorted((self.root(one), self.root(other)), key=lambda id: len(self._members[id]))
        names, others = self.names(a), self.names(b)
        named = bool(names and others and not names & others)
        return named or any(body.id in self._met[b] for body in self._members[a])

    def names(self, id: str) -> set[str]:
        """Of all who are one with the body `id`."""
        return {name for body in self._members[self.root(id)] for name in body.names}

    def join(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Unite the pairs of ids that may be one; ids that are not known are passed over."""
        for one, other in pairs:
            if one in self._parent and other in self._parent and not self.apart(one, other):
                self.unite(one, other)

    def groups(self) -> dict[str, list[Body]]:
        """Id of a figure -> the bodies that are one."""
        found: dict[str, list[Body]] = {}
        for body in self.all:
            found.setdefault(self.root(body.id), []).append(body)
        return found

    def figures(self) -> tuple[Figure, ...]:
        """What is known of every figure."""
        return tuple(_figure(id, bodies) for id, bodies in self.groups().items())

    def doubts(self) -> tuple[Doubt, ...]:
        """Pairs that a model may be asked about: never together, and of the same noun with one description within the
        other, or called by one name."""
        said: dict[str, dict[str, set[frozenset[str]]]] = {}
        """Noun -> figure -> what is said of it beside this noun."""
        for id, bodies in self.groups().items():
            for phrase in (Phrase(None, look) for body in bodies for look, _ in body.looks):
                said.setdefault(phrase.head, {}).setdefault(id, set()).add(phrase.modifiers)
        found: dict[tuple[str, str], Doubt] = {}
        for pair in self._unsure:
            one, other = sorted((self.root(id) for id in pair), key=lambda id: int(id[1:]))
            if one != other and not self.apart(one, other):
                found[one, other] = Doubt(one, other)
        for figures in said.values():
            for (one, first), (other, second) in combinations(figures.items(), 2):
                if any(a <= b or b <= a for a in first for b in second) and not self.apart(one, other):
                    found[one, other] = Doubt(one, other)
                if len(found) >= MOST_DOUBTS:
                    return tuple(found.values())
        return tuple(found.values())


def _figure(id: str, bodies: Sequence[Body]) -> Figure:
    looks: dict[str, int] = {}
    # A disguise is the last look to call somebody by.
    for body in sorted(bodies, key=lambda body: body.masked):
        for look, chunk in body.looks:
            looks.setdefault(look, chunk)
    names = dict.fromkeys(name for body in bodies for name in body.names)
    rows = dict.fromkeys(id for _, id in sorted(row for body in bodies for row in body.rows))
    chunks = sorted({chunk for body in bodies for chunk in body.chunks})
    return Figure(id, tuple(names), tuple(looks.items()), tuple(rows), tuple(chunks))
