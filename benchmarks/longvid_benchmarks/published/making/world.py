"""Short StoryFilms to order: a cast, acts one after another, a place; and what a reader sees of them.

The first act of each is a prelude of somebody whom no question names, so that a first frame shows that and no more.
Knows no question.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from longvid_benchmarks.storyfilm.story import Chunk, Device, Event, Figure, Look, Story, Thing
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, NAMES, OBJECTS, PLACES, SHAPES

SECONDS = 4.0
"""Of an act: sixteen frames of a clip of six acts show each of them twice or more."""
PAUSE = 0.5
"""Between acts; the place is empty."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does: a predicate of StoryFilm with its roles, for so many seconds."""

    predicate: str
    roles: dict[str, str]
    seconds: float = SECONDS
    named: bool = False
    """Whether the agent's name is drawn above it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Acts in one place, and the devices that stand there with their first states."""

    place: str
    acts: tuple[Act, ...]
    devices: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Cast:
    """Everybody and everything that a clip may show, drawn from one generator; no two look alike."""

    rng: random.Random
    figures: list[Figure] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)

    @classmethod
    def draw(cls, rng: random.Random) -> Cast:
        """Six figures of different colours and shapes, eight things of different colours and kinds."""
        names, places = rng.sample(NAMES, len(SHAPES)), rng.sample(sorted(COLOURS), len(SHAPES))
        looks = zip(rng.sample(SHAPES, len(SHAPES)), places, names, strict=True)
        figures = [
            Figure(f"f{at}", name, Look(colour, "plain", shape), 0) for at, (shape, colour, name) in enumerate(looks)
        ]
        pairs = rng.sample([(colour, kind) for colour in COLOURS for kind in OBJECTS], 8)
        return cls(rng, figures, [Thing(f"o{at}", colour, kind) for at, (colour, kind) in enumerate(pairs)])

    def look(self, id: str) -> str:
        """ "the red circle"."""
        return next(figure for figure in self.figures if figure.id == id).look.phrase()

    def name(self, id: str) -> str:
        return next(figure for figure in self.figures if figure.id == id).name

    def thing(self, id: str) -> str:
        """ "the blue key"."""
        return next(thing for thing in self.things if thing.id == id).phrase()

    def place(self) -> str:
        return self.rng.choice(PLACES)

    def prelude(self, seconds: float = SECONDS) -> Act:
        """The last of the cast greets nobody whom a question names, in a way of its own."""
        return Act("collect", {"agent": self.figures[-1].id, "count": str(self.rng.randint(1, 3))}, seconds)

    def film(self, seed: int, scenes: Sequence[Scene]) -> Story:
        """The story that shows `scenes` one after another, from second 0."""
        looks = {figure.id: figure.look for figure in self.figures}
        chunks, start = [], 0.0
        for index, scene in enumerate(scenes):
            events, now = [], start
            for number, act in enumerate(scene.acts):
                agent = act.roles["agent"]
                seen = {id: looks[id] for id in act.roles.values() if id in looks}
                tags = (agent,) if act.named else ()
                end = now + act.seconds
                events.append(Event(f"e{index}.{number}", index, now, end, act.predicate, dict(act.roles), seen, tags))
                now = end + PAUSE
            chunks.append(Chunk(index, start, now, scene.place, 0, False, tuple(events), scene.devices))
            start = now
        return Story(
            seed, "normal", tuple(self.figures), tuple(self.things), tuple(self.devices), tuple(chunks), (), ()
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody has seen of a clip, perfectly: acts and places in the order in which they were seen."""

    events: tuple[Event, ...]
    places: tuple[str, ...]
    states: dict[str, str]
    """Of devices, when the clip begins."""
    whole: bool
    """Whether nothing of the clip is unseen."""

    def of(self, agent: str) -> tuple[Event, ...]:
        """What `agent` does."""
        return tuple(event for event in self.events if event.roles["agent"] == agent)


def whole_sight(story: Story, until: float) -> Sight:
    """All of `story` before second `until`."""
    events = tuple(event for event in story.events() if event.start < until)
    places = tuple(chunk.place for chunk in story.chunks if chunk.start < until)
    return Sight(events, places, dict(story.chunks[0].devices), True)


def first_frame(story: Story) -> Sight:
    """What the first frame in which something happens shows."""
    return Sight(story.events()[:1], (story.chunks[0].place,), dict(story.chunks[0].devices), False)


def shuffled(sight: Sight, rng: random.Random) -> Sight:
    """The same frames in no order."""
    events, places = list(sight.events), list(sight.places)
    rng.shuffle(events)
    rng.shuffle(places)
    return Sight(tuple(events), tuple(places), sight.states, sight.whole)
