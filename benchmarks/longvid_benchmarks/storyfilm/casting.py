"""The cast and the stage of a story before anything happens: who may appear, where chunks play, what can be used.

Keeps the books that make a story consistent: which looks are taken, who is in which chunk, where an
object is. Knows no kind of link.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from longvid_benchmarks.storyfilm.story import Device, Figure, Level, Look, Thing
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, DEVICES, MARKS, NAMES, OBJECTS, PLACES, SHAPES


@dataclass(slots=True)
class Holding:
    """An object: since which chunk it is free for another link, and who has it then (None: nobody ever had it)."""

    thing: Thing
    free: int = 0
    holder: str | None = None


@dataclass(slots=True)
class Stage:
    """Places, plots, cast, objects and devices of a story of `n` chunks, with what is already taken."""

    n: int
    level: Level
    rng: random.Random
    places: list[str] = field(default_factory=list)
    plots: list[int] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)
    holdings: list[Holding] = field(default_factory=list)
    devices: list[tuple[Device, str]] = field(default_factory=list)
    """Each with its state when the film begins."""
    present: list[set[str]] = field(default_factory=list)
    """Who is seen in each chunk, also as a look in a bubble."""
    banned: list[set[str]] = field(default_factory=list)
    """Who must not be seen in each chunk: those who are there masked."""
    earliest: dict[str, int] = field(default_factory=dict)
    """First chunk a figure may be in: look-alikes come after the change of the one they look like."""
    constant: set[str] = field(default_factory=set)
    """Figures that must never change: those in a flashback."""
    changed: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Figures that change: in which chunk, and into which colour."""
    looks: list[Look] = field(default_factory=list)
    """All that anybody has or will have. A list: a set of words has another order in every process."""

    @classmethod
    def set_up(cls, n: int, level: Level, rng: random.Random) -> Stage:
        """An empty stage: places that differ from neighbour to neighbour, two plots that take turns, a named cast."""
        stage = cls(n, level, rng)
        known = rng.sample(PLACES, min(len(PLACES), max(2, 2 + n // 4)))
        for index in range(n):
            before = stage.places[-1] if stage.places else None
            # The third chunk goes back to where the first was, so that even short films come back to a place.
            back = index == 2 and n < 6
            stage.places.append(stage.places[0] if back else rng.choice([p for p in known if p != before]))
        stage.plots = _plots(n, rng)
        things = [Thing(f"o{i}", colour, kind) for i, (colour, kind) in enumerate(product(COLOURS, OBJECTS))]
        rng.shuffle(things)
        stage.holdings = [Holding(thing) for thing in things]
        stage.present = [set() for _ in range(n)]
        stage.banned = [set() for _ in range(n)]
        names = list(NAMES)
        rng.shuffle(names)
        size = min(len(names) - 12, 8 + n // 5)
        for index in range(size):
            look = stage.new_look(like=stage.rng.choice(stage.looks) if index % 3 == 2 else None)
            stage.add_figure(names.pop(), look, index % 2 if n >= 4 else 0)
        stage._spare = names
        return stage

    _spare: list[str] = field(default_factory=list)

    def new_look(self, like: Look | None = None, *, shape: str | None = None, mark: str | None = None) -> Look:
        """A look nobody has or will have. `like`: same colour and shape, another mark, where one is left."""
        options = [Look(c, m, s) for c, m, s in product(COLOURS, MARKS, SHAPES)]
        free = [look for look in options if look not in self.looks]
        if like is not None:
            near = [look for look in free if (look.colour, look.shape) == (like.colour, like.shape)]
            free = near or free
        if shape is not None:
            free = [look for look in free if look.shape == shape and look.mark == mark]
        if not free:
            raise NoRoom("no look is left")
        look = self.rng.choice(free)
        self.looks.append(look)
        return look

    def keep(self, holding: Holding, last: int, holder: str | None) -> None:
        """After chunk `last` the object is free again, with `holder`; for good out of play where that is None."""
        holding.free = last + 1 if holder is not None else self.n + 1
        holding.holder = holder

    def add_figure(self, name: str, look: Look, plot: int) -> Figure:
        figure = Figure(f"f{len(self.figures)}", name, look, plot)
        self.figures[figure.id] = figure
        return figure

    def add_lookalike(self, of: str, after: int) -> Figure:
        """A new figure in the first look of `of`, to be seen only after chunk `after`."""
        if not self._spare:
            raise NoRoom("no name is left")
        figure = self.add_figure(self._spare.pop(), self.figures[of].look, self.figures[of].plot)
        self.earliest[figure.id] = after + 1
        return figure

    def cast(self, chunks: Sequence[int], plot: int, count: int, without: Iterable[str] = ()) -> list[str]:
        """`count` figures of `plot` that may be in all of `chunks`. Raises NoRoom if there are too few."""
        out = set(without)
        able = [
            id
            for id, figure in self.figures.items()
            if figure.plot == plot and id not in out and all(self.may_be(id, c, any_plot=True) for c in chunks)
        ]
        if len(able) < count:
            raise NoRoom("too small a cast")
        return self.rng.sample(able, count)

    def may_be(self, id: str, chunk: int, *, any_plot: bool = False) -> bool:
        """Whether the figure may be seen in `chunk`, as far as is known by now."""
        here = any_plot or self.figures[id].plot == self.plots[chunk]
        return here and id not in self.banned[chunk] and chunk >= self.earliest.get(id, 0)

    def new_object(self, without: Iterable[str] = (), kinds: Sequence[str] = OBJECTS) -> Holding:
        """An object that nobody has had, of one of `kinds`."""
        out = set(without)
        for holding in self.holdings:
            new = holding.holder is None and holding.free == 0
            if new and holding.thing.kind in kinds and holding.thing.id not in out:
                return holding
        raise NoRoom("no object is left")

    def object_for(self, first: int, plot: int) -> Holding:
        """An object for a link that begins in chunk `first`: a new one, else one whose holder may be in that chunk."""
        try:
            return self.new_object()
        except NoRoom:
            pass
        for holding in self.holdings:
            holder = holding.holder
            if (
                holder is not None
                and holding.free <= first
                and self.figures[holder].plot == plot
                and holder not in self.banned[first]
                and first >= self.earliest.get(holder, 0)
            ):
                return holding
        raise NoRoom("no object is left")

    def new_device(self, place: str, kinds: Sequence[str], state: str | None = None) -> tuple[Device, str]:
        """A device in `place` that nothing has been done with, and its first state: `state` if one is given.

        No device serves two links: what one of them does would be the first half of another.
        """
        free = [kind for kind in kinds if (kind, place) not in {(d.kind, d.place) for d, _ in self.devices}]
        if not free:
            raise NoRoom("no device is left")
        kind = self.rng.choice(free)
        made = (Device(f"d{len(self.devices)}", kind, place), state or self.rng.choice(DEVICES[kind]))
        self.devices.append(made)
        return made

    def see(self, chunk: int, *ids: str) -> None:
        self.present[chunk].update(ids)


class NoRoom(Exception):
    """A link does not fit where it was tried."""


def _plots(n: int, rng: random.Random) -> list[int]:
    """Which plot each chunk tells: both take turns of one to three chunks; films under four chunks have one."""
    if n < 4:
        return [0] * n
    plots: list[int] = []
    current = 0
    while len(plots) < n:
        plots += [current] * rng.choice((1, 2, 2, 3))
        current = 1 - current
    plots = plots[:n]
    if 1 not in plots:
        plots[n // 2] = 1
    return plots
