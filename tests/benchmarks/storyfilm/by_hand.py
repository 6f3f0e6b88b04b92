"""Small stories made by hand, for tests of the pictures: one event, one chunk, or every predicate in a row."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from longvid_benchmarks.storyfilm.story import Chunk, Device, Event, Figure, Look, Story, Thing
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, DEVICES, OBJECTS, PLACES, PREDICATES

MIRA = Figure("f0", "Mira", Look("red", "striped", "circle"), 0)
TOBO = Figure("f1", "Tobo", Look("green", "plain", "star"), 0)
GRETA = Figure("f2", "Greta", Look("blue", "dotted", "square"), 1)
FIGURES = (MIRA, TOBO, GRETA)
THINGS = tuple(Thing(f"o-{c}-{k}", c, k) for c, k in itertools.product(COLOURS, OBJECTS))
GATES = tuple(Device(f"d-{kind}", kind, "castle") for kind in DEVICES)

ROLES: dict[str, dict[str, str]] = {
    "give": {"agent": "f0", "object": "o-blue-key", "to": "f1"},
    "use": {"agent": "f0", "object": "o-blue-key"},
    "hide": {"agent": "f0", "object": "o-blue-key"},
    "find": {"agent": "f0", "object": "o-blue-key"},
    "promise": {"agent": "f0", "object": "o-blue-key", "to": "f1"},
    "steal": {"agent": "f0", "object": "o-blue-key", "of": "f1"},
    "switch": {"agent": "f0", "device": "d-gate", "state": "open"},
    "collect": {"agent": "f0", "count": "3"},
    "change": {"agent": "f0", "colour": "yellow"},
    "unmask": {"agent": "f0"},
    "claim": {"agent": "f0", "object": "o-blue-key", "of": "f1", "accused": "f2"},
    "unlock": {"agent": "f0", "device": "d-gate", "object": "o-blue-key"},
    "take": {"agent": "f0", "object": "o-blue-key", "device": "d-gate"},
    "greet": {"agent": "f0", "to": "f1"},
    "dance": {"agent": "f0"},
    "sleep": {"agent": "f0"},
    "jump": {"agent": "f0"},
    "walk": {"agent": "f0"},
}
"""For each predicate one choice of roles."""

LOOKS = {figure.id: figure.look for figure in FIGURES}


def event(
    predicate: str,
    start: float = 1.0,
    seconds: float = 8.0,
    *,
    id: str = "e0",
    chunk: int = 0,
    roles: dict[str, str] | None = None,
    looks: dict[str, Look] | None = None,
    tags: Sequence[str] = (),
) -> Event:
    """An event of `predicate` with the roles of `ROLES`, changed by `roles`, and these looks, changed by `looks`."""
    seen = {**LOOKS, **(looks or {})}
    if predicate == "unmask":
        seen["f0"] = replace(seen["f0"], masked=True)
    return Event(id, chunk, start, start + seconds, predicate, {**ROLES[predicate], **(roles or {})}, seen, tuple(tags))


def chunk(
    events: Sequence[Event],
    *,
    index: int = 0,
    start: float = 0.0,
    seconds: float = 57.0,
    place: str = "castle",
    flashback: bool = False,
    devices: tuple[tuple[str, str], ...] = (),
) -> Chunk:
    return Chunk(index, start, start + seconds, place, 0, flashback, tuple(events), devices)


def story(chunks: Sequence[Chunk], *, seed: int = 1, level: str = "normal") -> Story:
    assert level in ("easy", "normal", "hard")
    return Story(seed, level, FIGURES, THINGS, GATES, tuple(chunks), (), ())  # type: ignore[arg-type]


def alone(one: Event, place: str = "castle", *, flashback: bool = False) -> Story:
    """A story of one chunk of ten seconds with one event, and the device that it needs."""
    device = one.roles.get("device")
    devices = ()
    if device is not None:
        states = DEVICES[device.removeprefix("d-")]
        before = states[1] if one.predicate == "take" else states[0]
        if one.predicate == "switch":
            before = next(state for state in states if state != one.roles["state"])
        devices = ((device, before),)
    return story([chunk([one], seconds=10.0, place=place, flashback=flashback, devices=devices)])


def everything(count: int = 5, *, seconds: float = 57.0, level: str = "normal", seed: int = 1) -> Story:
    """`count` chunks with four events each, so that every predicate is shown, in changing places."""
    kinds = itertools.cycle(PREDICATES)
    each = (seconds - 2) / 4
    chunks = []
    for i in range(count):
        start = i * seconds
        events = [
            event(
                next(kinds), start + 1 + k * each, each - 0.5, id=f"e{i}-{k}", chunk=i, tags=("f0",) if i == 0 else ()
            )
            for k in range(4)
        ]
        named = {e.roles["device"]: "closed" for e in events if "device" in e.roles}
        chunks.append(
            chunk(
                events, index=i, start=start, seconds=seconds, place=PLACES[i % 8], flashback=i == 3,
                devices=tuple(named.items()) or (("d-fire", "out"),),
            )
        )  # fmt: skip
    return story(chunks, level=level, seed=seed)
