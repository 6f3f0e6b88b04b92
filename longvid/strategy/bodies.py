"""Figures while a film is read: which of them are one, which can never be, and which may be.

`identities` finds them in the rows; here is what is known of each, and that two seen together, or of different names,
are two. Knows no sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from longvid.strategy.cast import Doubt, Figure
from longvid.strategy.looks import head_of
from longvid.strategy.phrases import Phrase

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
        self._together: set[frozenset[str]] = set()
        self._unsure: list[tuple[str, str]] = []

    def add(self, chunk: int, *, name: str | None = None, look: str | None = None) -> Body:
        """A new one, met in `chunk`."""
        body = Body(f"f{len(self.all)}")
        self.all.append(body)
        self._parent[body.id] = body.id
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
        self._parent[b] = a

    def meet(self, seen: Sequence[Body]) -> None:
        """All of `seen` are in one row, so they are different figures."""
        self._together |= {frozenset((a.id, b.id)) for a, b in combinations(seen, 2) if a is not b}

    def doubt(self, one: Body, other: Body) -> None:
        """Something was read that makes them one, and not believed."""
        self._unsure.append((one.id, other.id))

    def apart(self, one: Body, other: Body, *, by_this_row: bool = False) -> bool:
        """Two that were seen together, or have different names, are two.

        `by_this_row`: the row that says that they are one has just bound both, which is not being seen together.
        """
        named = bool(one.names and other.names and not set(one.names) & set(other.names))
        return named or (not by_this_row and frozenset((one.id, other.id)) in self._together)

    def join(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Unite the pairs of ids that may be one; ids that are not known are passed over."""
        for one, other in pairs:
            if one in self._parent and other in self._parent and not self._forbidden(one, other):
                self.unite(one, other)

    def _forbidden(self, one: str, other: str) -> bool:
        """Whether anybody united with `one` may not be anybody united with `other`."""
        a, b = ([body for body in self.all if self.root(body.id) == self.root(id)] for id in (one, other))
        return any(self.apart(x, y) for x in a for y in b)

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
        groups = self.groups()
        apart = {frozenset(self.root(id) for id in pair) for pair in self._together}
        by_head: dict[str, list[str]] = {}
        for id, bodies in groups.items():
            for head in dict.fromkeys(head_of(look) for body in bodies for look, _ in body.looks):
                by_head.setdefault(head, []).append(id)
        found: dict[tuple[str, str], Doubt] = {}

        def add(one: str, other: str) -> None:
            named = any(x.names for x in groups[one]) and any(x.names for x in groups[other])
            if one != other and not named and frozenset((one, other)) not in apart:
                found[one, other] = Doubt(one, other)

        for pair in self._unsure:
            one, other = sorted((self.root(id) for id in pair), key=lambda id: int(id[1:]))
            add(one, other)
        for ids in by_head.values():
            for one, other in combinations(ids, 2):
                if _alike(groups[one], groups[other]):
                    add(one, other)
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


def _alike(one: Sequence[Body], other: Sequence[Body]) -> bool:
    for a in (look for body in one for look, _ in body.looks):
        for b in (look for body in other for look, _ in body.looks):
            first, second = Phrase(None, a), Phrase(None, b)
            if first.head == second.head and (
                first.modifiers <= second.modifiers or second.modifiers <= first.modifiers
            ):
                return True
    return False
