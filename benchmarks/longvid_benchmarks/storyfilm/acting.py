"""How each kind of event is played: where its figures stand, what moves, which signs go with it.

Each play is recognisable at every moment, and lies in the central square of a 16:9 picture. Coordinates are heights of
the picture: x from its middle, y from its top. Knows the predicates and their roles; not what a story is, nor how an
image comes about.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from longvid_benchmarks.storyfilm import glyphs, pictures_figures, pictures_objects, scenery_devices
from longvid_benchmarks.storyfilm.pictures_objects import SIZE
from longvid_benchmarks.storyfilm.pictures_paint import Colour, Picture, Sprite, paste
from longvid_benchmarks.storyfilm.story import Event, Look, Story
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, DEVICES

FADE = 0.7
"""Seconds in which the figures of an event appear, and vanish."""
FEET = 0.77
"""Where the middle of a standing figure is."""
LEFT, RIGHT = -0.3, 0.3
GREEN: Colour = (30, 210, 70)
RED: Colour = (235, 20, 20)
CLOAK: Colour = (150, 150, 160)

_figure = lru_cache(maxsize=4096)(pictures_figures.figure)
_thing = lru_cache(maxsize=1024)(pictures_objects.thing)
_tag = lru_cache(maxsize=1024)(glyphs.tag)
_arrow = lru_cache(maxsize=256)(glyphs.arrow)
_letters = lru_cache(maxsize=256)(glyphs.letters)
_bubble = lru_cache(maxsize=64)(glyphs.bubble)
_rays = lru_cache(maxsize=64)(glyphs.rays)
_device = lru_cache(maxsize=512)(scenery_devices.device)
_chest = lru_cache(maxsize=32)(pictures_objects.chest)
_lock = lru_cache(maxsize=32)(scenery_devices.lock)
_PLAIN: dict[str, Callable[[float], Sprite]] = {
    name: lru_cache(maxsize=16)(make)
    for name, make in {
        "note": glyphs.note,
        "sparkle": glyphs.sparkle,
        "streaks": glyphs.streaks,
        "dust": glyphs.dust,
        "steps": glyphs.steps,
        "shadow": glyphs.shadow,
        "coin": pictures_objects.coin,
        "hand": pictures_figures.hand,
        "screen": scenery_devices.screen,
    }.items()
}


@dataclass(slots=True)
class Stage:
    """A canvas and its geometry, with short ways to put images on it.

    kx, ky : pixels a height of the picture; x = 0 is column `cx`
    alpha  : how far what is put now has appeared, 0 to 1
    """

    canvas: Picture
    kx: float
    ky: float
    cx: float
    alpha: float = 1.0

    def put(self, sprite: Sprite, x: float, y: float) -> None:
        paste(self.canvas, sprite, self.cx + x * self.kx, y * self.ky, self.alpha)

    def figure(self, look: Look, pose: str, x: float, y: float = FEET, size: float = 1.0) -> None:
        seen = ("", "", "", True) if look.masked else (look.colour, look.mark, look.shape, False)
        self.put(_figure(*seen, pose, self.ky * size), x, y)

    def plain(self, name: str, x: float, y: float) -> None:
        self.put(_PLAIN[name](self.ky), x, y)

    def arrow(self, colour: Colour, angle: float, length: float, x: float, y: float) -> None:
        self.put(_arrow(colour, angle, length, self.ky), x, y)

    def letters(self, text: str, height: float, colour: Colour, x: float, y: float) -> None:
        self.put(_letters(text, height, colour, self.ky), x, y)

    def bubble(self, kind: str, x: float, y: float, width: float, height: float, tail: float = 0.0) -> None:
        self.put(_bubble(kind, width, height, tail, self.ky), x, y)

    def device(self, kind: str, share: float, x: float, size: float) -> None:
        sprite = _device(kind, round(share * scenery_devices.STEPS), self.ky * size)
        self.put(sprite, x, 0.95 - scenery_devices.HEIGHT * size / 2)

    def icon(self, kind: str, share: float, x: float, y: float) -> None:
        """A device at less than half its size, for panels."""
        self.put(_device(kind, round(share * scenery_devices.STEPS), self.ky * 0.46), x, y)


@dataclass(frozen=True, slots=True)
class Play:
    """One event at one moment, with what it names looked up.

    p : share of the event that is over, 0 to 1
    t : seconds since it began
    """

    stage: Stage
    story: Story
    event: Event
    p: float
    t: float

    @property
    def agent(self) -> Look:
        return self.event.looks[self.event.roles["agent"]]

    def look(self, role: str) -> Look:
        return self.event.looks[self.event.roles[role]]

    def thing(self, x: float, y: float, size: float = SIZE) -> None:
        thing = self.story.thing(self.event.roles["object"])
        self.stage.put(_thing(thing.colour, thing.kind, size, self.stage.ky), x, y)

    def tag(self, role: str, x: float, y: float) -> None:
        """The name of who has this role, if it is told, as near to `x` as the central square allows."""
        id = self.event.roles.get(role)
        if id is None or id not in self.event.tags:
            return
        name = self.story.figure(id).name
        look = self.event.looks[id]
        colour = CLOAK if look.masked else COLOURS[look.colour]
        room = max(0.0, 0.485 - glyphs.tag_width(name) / 2)
        self.stage.put(_tag(name, colour, self.stage.ky), min(room, max(-room, x)), y)


ROW1, ROW2 = 0.125, 0.305
"""Where name tags go: the upper row, and the one below it for a second figure."""


def ramp(p: float, start: float, end: float) -> float:
    """0 before `start`, 1 after `end`, smooth in between."""
    s = min(1.0, max(0.0, (p - start) / (end - start)))
    return s * s * (3 - 2 * s)


def fade(event: Event, time: float, seconds: float = FADE) -> float:
    """How far what `event` brings is there at `time`, 0 to 1, when it comes and goes in `seconds`."""
    return max(0.0, min(1.0, (time - event.start) / seconds, (event.end - time) / seconds))


def act(stage: Stage, story: Story, event: Event, time: float) -> None:
    """Draw `event` as it is at film second `time`; its device, if it has one, stands there already."""
    stage.alpha = fade(event, time)
    t = time - event.start
    play = _speak if event.said else _PLAYS[event.predicate]
    play(Play(stage, story, event, min(1.0, max(0.0, t / (event.end - event.start))), t))
    stage.alpha = 1.0


def acts_on(event: Event) -> str | None:
    """Id of the device that stands in the middle while `event` plays."""
    return event.roles.get("device") if event.predicate in ("switch", "unlock", "take") else None


def progress(event: Event, kind: str, before: float, time: float) -> float:
    """The state of the device of `event` at `time`, 0 for its kind's first state, 1 for its second.

    `before` is its state when the event begins.
    """
    if event.predicate == "switch":
        after = float(DEVICES[kind].index(event.roles["state"]))
        before = 1.0 - after
    elif event.predicate == "unlock":
        before, after = 0.0, 1.0
    else:
        return 1.0
    p = (time - event.start) / (event.end - event.start)
    start, end = (0.28, 0.5) if event.predicate == "switch" else (0.4, 0.62)
    return before + (after - before) * ramp(p, start, end)


def _give(play: Play) -> None:
    s = play.stage
    s.figure(play.agent, "right", LEFT)
    s.figure(play.look("to"), "left", RIGHT)
    s.arrow(GREEN, 0, 0.26, 0.0, 0.905)
    play.thing(-0.25 + 0.5 * ramp(play.p, 0.05, 0.95), 0.5)
    play.tag("agent", LEFT, ROW1)
    play.tag("to", RIGHT, ROW2)


def _use(play: Play) -> None:
    s = play.stage
    s.figure(play.agent, "both", 0.0)
    s.put(_rays(int(play.t * 3) % 4, 0.235, (255, 226, 40), s.ky), 0.0, 0.435)
    play.thing(0.0, 0.435)
    play.tag("agent", 0.0, ROW1)


def _chested(play: Play, y: float, angle: float, colour: Colour) -> None:
    s = play.stage
    s.figure(play.agent, "right", -0.29)
    s.put(_chest("back", s.ky), 0.16, 0.765)
    play.thing(0.16, y)
    s.put(_chest("front", s.ky), 0.16, 0.765)
    s.arrow(colour, angle, 0.26, 0.41, 0.5)
    play.tag("agent", -0.2, ROW1)


def _hide(play: Play) -> None:
    _chested(play, 0.42 + 0.3 * ramp(play.p, 0.05, 0.9), 90, RED)


def _find(play: Play) -> None:
    _chested(play, 0.72 - 0.3 * ramp(play.p, 0.05, 0.9), 270, GREEN)
    beat = 0.015 * math.sin(play.t * 4)
    for x, y in ((-0.06, 0.34), (0.3, 0.3), (-0.08, 0.56)):
        play.stage.plain("sparkle", x, y + beat)


def _promise(play: Play) -> None:
    s = play.stage
    s.figure(play.agent, "oath", -0.3, 0.79)
    s.bubble("say", 0.0, 0.4, 0.88, 0.34, -0.13)
    play.thing(-0.28, 0.4)
    s.arrow((20, 70, 210), 0, 0.22, 0.0, 0.4)
    s.figure(play.look("to"), "icon", 0.28, 0.4, 0.86)
    play.tag("agent", -0.2, ROW1)
    play.tag("to", 0.4, 0.8)


def _claim(play: Play) -> None:
    s = play.stage
    s.figure(play.agent, "both", -0.3, 0.79)
    s.bubble("shout", 0.0, 0.4, 0.88, 0.34, -0.13)
    s.figure(play.look("accused"), "icon", -0.305, 0.4, 0.86)
    s.plain("hand", 0.015, 0.4)
    play.thing(0.3, 0.4)
    if play.event.roles["accused"] not in play.event.tags:
        s.letters("!", 0.2, RED, 0.0, 0.8)
    play.tag("agent", -0.2, ROW1)
    play.tag("accused", 0.4, 0.8)


def _speak(play: Play) -> None:
    """Whatever is said: the bubble is empty."""
    s = play.stage
    s.figure(play.agent, "both", -0.3, 0.79)
    s.bubble("say", 0.0, 0.4, 0.88, 0.34, -0.13)
    play.tag("agent", -0.2, ROW1)


def _steal(play: Play) -> None:
    s = play.stage
    s.figure(play.look("of"), "lie", 0.27, 0.83)
    s.figure(play.agent, "grab", LEFT)
    s.arrow(RED, 180, 0.24, -0.04, 0.92)
    drift = 0.012 * math.sin(play.t * 2)
    s.letters("Z", 0.1, (255, 255, 255), 0.33, 0.6 + drift)
    s.letters("Z", 0.14, (255, 255, 255), 0.43, 0.49 - drift)
    play.thing(0.14 - 0.4 * ramp(play.p, 0.05, 0.95), 0.51)
    play.tag("agent", LEFT, ROW1)
    play.tag("of", RIGHT, ROW2)


def _switch(play: Play) -> None:
    s = play.stage
    kind = play.story.device(play.event.roles["device"]).kind
    after = float(DEVICES[kind].index(play.event.roles["state"]))
    s.figure(play.agent, "right", -0.24)
    s.bubble("look", 0.05, 0.345, 0.7, 0.25)
    s.icon(kind, 1.0 - after, -0.14, 0.345)
    s.arrow((40, 40, 50), 0, 0.15, 0.05, 0.345)
    s.icon(kind, after, 0.24, 0.345)
    play.tag("agent", -0.2, ROW1 - 0.015)


def _unlock(play: Play) -> None:
    s = play.stage
    s.figure(play.agent, "right", -0.32)
    s.put(_lock(play.p > 0.36, s.ky), 0.24, 0.6)
    play.thing(-0.2 + 0.16 * ramp(play.p, 0.05, 0.34), 0.46)
    play.tag("agent", -0.2, ROW1)


def _take(play: Play) -> None:
    s = play.stage
    s.figure(play.agent, "right", -0.3)
    s.arrow(GREEN, 180, 0.2, -0.06, 0.9)
    moved = ramp(play.p, 0.05, 0.95)
    play.thing(0.22 - 0.4 * moved, 0.74 - 0.25 * moved)
    play.tag("agent", -0.2, ROW1)


def _collect(play: Play) -> None:
    s = play.stage
    count = int(play.event.roles["count"])
    s.figure(play.agent, "both", -0.29)
    for i in range(count):
        x = 0.0 + 0.185 * i
        up = ramp(play.p, 0.1 + 0.22 * i, 0.32 + 0.22 * i)
        s.plain("streaks", x, 0.86 - 0.2 * up)
        s.plain("coin", x, 0.86 - 0.4 * up)
    play.tag("agent", -0.2, ROW1)


def _change(play: Play) -> None:
    s = play.stage
    new = replace(play.agent, colour=play.event.roles["colour"])
    s.bubble("look", 0.0, 0.385, 0.84, 0.33)
    s.figure(play.agent, "icon", -0.27, 0.385, 0.82)
    s.arrow((40, 40, 50), 0, 0.2, 0.0, 0.385)
    s.figure(new, "icon", 0.27, 0.385, 0.82)
    x = -0.31 + 0.31 * ramp(play.p, 0.2, 0.42) + 0.31 * ramp(play.p, 0.52, 0.75)
    s.figure(play.agent if play.p < 0.47 else new, "stand", x)
    s.plain("screen", 0.0, 0.78)
    play.tag("agent", 0.0, ROW1)


def _unmask(play: Play) -> None:
    s = play.stage
    up = ramp(play.p, 0.12, 0.34)
    cloak = replace(play.agent, masked=True)
    if up > 0:
        s.figure(replace(play.agent, masked=False), "both", -0.08)
    s.figure(cloak, "icon", -0.08, FEET - 0.36 * up)
    s.arrow((255, 255, 255), 270, 0.28, 0.3, 0.6)
    for x, y in ((0.17, 0.35), (-0.36, 0.4), (0.4, 0.36)):
        s.plain("sparkle", x, y)
    play.tag("agent", 0.0, ROW1)


def _greet(play: Play) -> None:
    s = play.stage
    beat = 0.02 * math.sin(play.t * 5)
    s.figure(play.agent, "wave", LEFT, FEET + beat / 2)
    s.figure(play.look("to"), "wave", RIGHT - 0.03, FEET - beat / 2)
    s.letters("HI!", 0.15, (255, 255, 255), 0.02, 0.52 + beat)
    play.tag("agent", LEFT, ROW1)
    play.tag("to", RIGHT, ROW2)


def _dance(play: Play) -> None:
    s = play.stage
    swing = math.sin(play.t * 4)
    s.figure(
        play.agent,
        "both" if abs(swing) < 0.3 else "tilt" if swing > 0 else "lean",
        0.06 * swing,
        FEET - 0.04 * abs(swing),
    )
    s.plain("note", -0.32, 0.5 + 0.04 * swing)
    s.plain("note", 0.32, 0.5 - 0.04 * swing)
    s.plain("note", 0.0, 0.36)
    play.tag("agent", 0.0, ROW1)


def _sleep(play: Play) -> None:
    s = play.stage
    s.figure(play.agent, "lie", -0.08, 0.83)
    drift = 0.015 * math.sin(play.t * 2)
    s.letters("Z", 0.1, (255, 255, 255), 0.14, 0.66 + drift)
    s.letters("Z", 0.14, (255, 255, 255), 0.25, 0.54 - drift)
    s.letters("Z", 0.18, (255, 255, 255), 0.38, 0.38 + drift)
    play.tag("agent", -0.1, ROW1)


def _jump(play: Play) -> None:
    s = play.stage
    s.plain("shadow", 0.0, 0.95)
    y = 0.62 - 0.2 * abs(math.sin(play.t * 2.2))
    s.plain("streaks", 0.0, y + 0.28)
    s.figure(play.agent, "both", 0.0, y)
    play.tag("agent", 0.0, ROW1)


def _walk(play: Play) -> None:
    s = play.stage
    x = -0.28 + 0.6 * play.p
    for i in range(5):
        step = -0.46 + 0.15 * i
        if step < x - 0.12:
            s.plain("steps", step, 0.955)
    s.plain("dust", x - 0.24, 0.9)
    s.plain("dust", x - 0.28, 0.8)
    s.figure(play.agent, "step" if int(play.t * 3) % 2 else "stand", x, FEET - 0.015)
    play.tag("agent", x, ROW1)


_PLAYS: dict[str, Callable[[Play], None]] = {
    "give": _give, "use": _use, "hide": _hide, "find": _find, "promise": _promise, "steal": _steal, "switch": _switch,
    "collect": _collect, "change": _change, "unmask": _unmask, "claim": _claim, "unlock": _unlock, "take": _take,
    "greet": _greet, "dance": _dance, "sleep": _sleep, "jump": _jump, "walk": _walk,
}  # fmt: skip
