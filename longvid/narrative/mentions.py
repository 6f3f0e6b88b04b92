"""Entities while a film is read: which of them are one, which can never be, and which may be.

`coreference` finds them in the events; here is what is known of each, and that two seen together, or of different
names, are two. Knows no sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from longvid.narrative.entities import Doubt, Entity
from longvid.narrative.phrases import Phrase

MOST_DOUBTS = 400


@dataclass(slots=True, eq=False)
class Cluster:
    """An entity as far as it has been read of."""

    id: str
    names: list[str] = field(default_factory=list)
    descriptions: list[tuple[str, int]] = field(default_factory=list)
    """(description, first chunk)."""
    events: list[tuple[int, str]] = field(default_factory=list)
    """(position of the event, its id)."""
    chunks: set[int] = field(default_factory=set)
    masked: bool = False
    last: int = -1
    """Chunk it was last seen in."""


class Clusters:
    """All clusters of a film in the order they were met."""

    def __init__(self) -> None:
        self.all: list[Cluster] = []
        self._parent: dict[str, str] = {}
        self._members: dict[str, list[Cluster]] = {}
        """Id of an entity -> the clusters that are one."""
        self._met: dict[str, set[str]] = {}
        """Id of an entity -> ids of the clusters that were seen together with one of its own."""
        self._unsure: list[tuple[str, str]] = []

    def add(self, chunk: int, *, name: str | None = None, description: str | None = None) -> Cluster:
        """A new one, met in `chunk`."""
        cluster = Cluster(f"f{len(self.all)}")
        self.all.append(cluster)
        self._parent[cluster.id] = cluster.id
        self._members[cluster.id], self._met[cluster.id] = [cluster], set()
        if name:
            cluster.names.append(name)
        if description:
            cluster.descriptions.append((description, chunk))
        return cluster

    def root(self, id: str) -> str:
        """The id under which the cluster `id` and all that are one with it are known."""
        while self._parent[id] != id:
            id = self._parent[id]
        return id

    def unite(self, one: str, other: str) -> None:
        """The clusters with these ids are one entity."""
        a, b = sorted((self.root(one), self.root(other)), key=lambda id: int(id[1:]))
        if a != b:
            self._parent[b] = a
            self._members[a] += self._members.pop(b)
            self._met[a] |= self._met.pop(b)

    def meet(self, seen: Sequence[Cluster]) -> None:
        """All of `seen` are in one event, so they are different entities, but for those whom this event says to be
        one."""
        for a, b in combinations(seen, 2):
            one, other = self.root(a.id), self.root(b.id)
            if one != other:
                self._met[one].add(b.id)
                self._met[other].add(a.id)

    def doubt(self, one: Cluster, other: Cluster) -> None:
        """Something was read that makes them one, and not believed."""
        self._unsure.append((one.id, other.id))

    def apart(self, one: str, other: str) -> bool:
        """Whether the entities with these ids, each with all who are one with it, were seen together or have different
        names, and so are two."""
        a, b = sorted((self.root(one), self.root(other)), key=lambda id: len(self._members[id]))
        names, others = self.names(a), self.names(b)
        named = bool(names and others and not names & others)
        return named or any(cluster.id in self._met[b] for cluster in self._members[a])

    def names(self, id: str) -> set[str]:
        """Of all who are one with the cluster `id`."""
        return {name for cluster in self._members[self.root(id)] for name in cluster.names}

    def join(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Unite the pairs of ids that may be one; ids that are not known are passed over."""
        for one, other in pairs:
            if one in self._parent and other in self._parent and not self.apart(one, other):
                self.unite(one, other)

    def groups(self) -> dict[str, list[Cluster]]:
        """Id of an entity -> the clusters that are one."""
        found: dict[str, list[Cluster]] = {}
        for cluster in self.all:
            found.setdefault(self.root(cluster.id), []).append(cluster)
        return found

    def entities(self) -> tuple[Entity, ...]:
        """What is known of every entity."""
        return tuple(_entity(id, clusters) for id, clusters in self.groups().items())

    def doubts(self) -> tuple[Doubt, ...]:
        """Pairs that a model may be asked about: never together, and of the same noun with one description within the
        other, or called by one name."""
        said: dict[str, dict[str, set[frozenset[str]]]] = {}
        """Noun -> entity -> what is said of it beside this noun."""
        for id, clusters in self.groups().items():
            for phrase in (
                Phrase(None, description) for cluster in clusters for description, _ in cluster.descriptions
            ):
                said.setdefault(phrase.head, {}).setdefault(id, set()).add(phrase.modifiers)
        found: dict[tuple[str, str], Doubt] = {}
        for pair in self._unsure:
            one, other = sorted((self.root(id) for id in pair), key=lambda id: int(id[1:]))
            if one != other and not self.apart(one, other):
                found[one, other] = Doubt(one, other)
        for entities in said.values():
            for (one, first), (other, second) in combinations(entities.items(), 2):
                if any(a <= b or b <= a for a in first for b in second) and not self.apart(one, other):
                    found[one, other] = Doubt(one, other)
                if len(found) >= MOST_DOUBTS:
                    return tuple(found.values())
        return tuple(found.values())


def _entity(id: str, clusters: Sequence[Cluster]) -> Entity:
    descriptions: dict[str, int] = {}
    # A disguise is the last description to call somebody by.
    for cluster in sorted(clusters, key=lambda cluster: cluster.masked):
        for description, chunk in cluster.descriptions:
            descriptions.setdefault(description, chunk)
    names = dict.fromkeys(name for cluster in clusters for name in cluster.names)
    events = dict.fromkeys(id for _, id in sorted(event for cluster in clusters for event in cluster.events))
    chunks = sorted({chunk for cluster in clusters for chunk in cluster.chunks})
    return Entity(id, tuple(names), tuple(descriptions.items()), tuple(events), tuple(chunks))
