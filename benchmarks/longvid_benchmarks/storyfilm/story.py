"""What a story is made of: figures, objects, devices, events, chunks, links. Plain data; nothing is generated here.

Times are film seconds. Identities are short ids ("f3", "o12", "d1"), names and looks are what is said and seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Look:
    """How a figure looks at one time. `masked`: only a dark cloak with a white mask is seen."""

    colour: str
    mark: str
    shape: str
    masked: bool = False

    def phrase(self) -> str:
        """ "the red circle", "the red striped circle", "the masked figure"."""
        if self.masked:
            return "the masked figure"
        mark = "" if self.mark == "plain" else f"{self.mark} "
        return f"the {self.colour} {mark}{self.shape}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the cast."""

    id: str
    name: str
    look: Look
    """At its first appearance."""
    plot: int
    """Which of the two plots it belongs to: 0 or 1."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: colour and kind; no two of a film are the same."""

    id: str
    colour: str
    kind: str

    def phrase(self) -> str:
        """ "the blue key"."""
        return f"the {self.colour} {self.kind}"


@dataclass(frozen=True, slots=True)
class Device:
    """A fixed thing with two states, in one place."""

    id: str
    kind: str
    place: str

    def phrase(self) -> str:
        """ "the gate in the castle"."""
        return f"the {self.kind} in the {self.place}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens on screen for six seconds or more.

    Roles by predicate (ids; `agent` is always a figure):

        give     agent, object, to          agent's object moves over to `to`
        use      agent, object              agent lifts the object, which shines
        hide     agent, object              agent puts the object into the chest; the place is the chunk's
        find     agent, object              agent takes the object out of the chest
        promise  agent, object, to          agent's speech bubble: the object, an arrow, the look of `to`
        steal    agent, object, of          `of` sleeps; agent takes the object away
        switch   agent, device, state       the device goes into `state`
        collect  agent, count               agent picks up `count` coins, 1 to 3
        change   agent, colour              agent goes behind a screen and comes out in `colour`
        unmask   agent                      the masked figure takes off the cloak: agent's look
        claim    agent, object, accused     agent's speech bubble: the look of `accused`, a grasping hand, the object
        unlock   agent, device, object      agent opens the device (a gate) with the object (a key)
        take     agent, object, device      agent takes the object out of the open gate
        greet    agent, to                  the two wave
        dance, sleep, jump, walk   agent    alone

    Only heard, in films whose figures speak:

        plan     agent, deed, and those of the deed   agent says that it will do so later: `deed` is hide (with the
                                                      place), switch, unlock or take
        introduce agent                     agent says its name
    """

    id: str
    chunk: int
    start: float
    end: float
    predicate: str
    roles: dict[str, str]
    looks: dict[str, Look]
    """The look of each figure that takes part or is shown in a bubble, when the event begins."""
    tags: tuple[str, ...] = ()
    """Figures whose name is drawn above them: those of whom this is the first chunk. Never a masked one."""
    said: bool = False
    """What it tells is heard and not seen: only that `agent` speaks is shown."""

    @property
    def masked(self) -> bool:
        """Whether its agent is masked while it happens."""
        return self.looks[self.roles["agent"]].masked


@dataclass(frozen=True, slots=True)
class Chunk:
    """What lies between two hard cuts: 55 to 60 seconds in one place."""

    index: int
    start: float
    end: float
    place: str
    plot: int
    flashback: bool
    """Drawn in sepia with a white frame: it happened before the film begins."""
    events: tuple[Event, ...]
    devices: tuple[tuple[str, str], ...] = ()
    """Devices that stand in the picture through the chunk, with their state when it begins: (id, state)."""


@dataclass(frozen=True, slots=True)
class Link:
    """A relation between events of different chunks that no single chunk shows."""

    id: str
    kind: str
    events: tuple[str, ...]
    """Ids, set-up first. `promise-broken` has the promise alone."""
    gap: int
    """Chunks between the first and the last of them; for a promise that is never kept, to the film's end."""
    detail: dict[str, Any] = field(default_factory=dict)
    """`count`: `total`. `returns-changed`: `old`, `new` (colours), `lookalike` (figure). Else empty."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of dialogue, film time in s, within the event during which it is said."""

    event: str
    start: float
    end: float
    speaker: str
    text: str
    labelled: bool
    """Whether the subtitles say who speaks; else the picture does."""
    names: str | None = None
    """The figure whose name the line says of its look: "The red circle is Mira." Only then may anybody say it."""


Level = Literal["easy", "normal", "hard"]


@dataclass(frozen=True, slots=True)
class Story:
    """A whole film as it was invented."""

    seed: int
    level: Level
    figures: tuple[Figure, ...]
    things: tuple[Thing, ...]
    devices: tuple[Device, ...]
    chunks: tuple[Chunk, ...]
    links: tuple[Link, ...]
    missing: tuple[str, ...]
    """Kinds of link that did not fit into so few chunks."""
    said: float = 0.0
    """Share of its promises, claims, names and plans that are said and not shown; at 0 no line is kept here."""
    lines: tuple[Utterance, ...] = ()
    """What is said, in order."""

    def figure(self, id: str) -> Figure:
        return next(figure for figure in self.figures if figure.id == id)

    def thing(self, id: str) -> Thing:
        return next(thing for thing in self.things if thing.id == id)

    def device(self, id: str) -> Device:
        return next(device for device in self.devices if device.id == id)

    def events(self) -> tuple[Event, ...]:
        """All events in the order in which they are shown."""
        return tuple(event for chunk in self.chunks for event in chunk.events)
