"""Annotations of videos as plain data, and longvid's own file of them: a JSON object a line, one line a video.

    {"video": "kitchen.mp4", "start": 0, "end": 40,
     "actions": [{"text": "opens the fridge", "start": 1, "end": 3, "object": "the fridge",
                  "opposite": "closes the fridge", "unexpected": false}],
     "objects": [{"name": "the red cup", "moving": true, "colour": "red", "shape": "round"}],
     "states": [{"object": "the lamp", "before": "off", "after": "on"}],
     "scenes": [{"text": "a kitchen", "start": 0, "end": 20}],
     "directions": [{"object": "the red cup", "direction": "up-left"}],
     "counts": [{"question": "How many cups fall?", "count": 3, "of": "objects"}],
     "poses": ["sitting down"], "order": ["A", "B", "C"],
     "qa": [{"type": "object_shuffle", "question": "...", "answer": "...", "options": ["...", "..."]}]}

All but `video` may be left out; times are seconds of the video. `objects` names all that can be seen: what is not among
them is not there. A file may come from anybody: a line that is none is told with its number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from longvid.errors import LongvidError
from longvid.files import parse_json, read_bytes
from longvid.text.shown import shown
from longvid_benchmarks.published.questions import is_text
from longvid_benchmarks.published.tasks import BY_SHORT, TASKS

LARGEST = 1 << 30
"""Bytes of a file."""
DIRECTIONS = ("up-left", "up-right", "down-left", "down-right", "stationary")
NAMES = {name: task.short for task in TASKS for name in (task.name, task.short)}


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done, s of the video."""

    text: str
    start: float
    end: float
    object: str | None = None
    """A part of `text`."""
    opposite: str | None = None
    unexpected: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be seen."""

    name: str
    moving: bool | None = None
    colour: str | None = None
    shape: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """How something was, and how it is at the end."""

    object: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Count:
    """A number that is asked for. `of`: "actions" or "objects"."""

    question: str
    count: int
    of: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with its answer; `options` may be missing, and then hold no wrong answer."""

    short: str
    question: str
    answer: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotated:
    """What is known of a video, or of a part of it."""

    video: Path
    start: float = 0.0
    end: float = math.inf
    """Infinity where it is of all from `start` on."""
    actions: tuple[Action, ...] = ()
    """By their start."""
    things: tuple[Thing, ...] = ()
    states: tuple[State, ...] = ()
    scenes: tuple[Action, ...] = ()
    """By their start."""
    directions: Mapping[str, str] = field(default_factory=dict)
    """Name of what moves -> one of DIRECTIONS."""
    counts: tuple[Count, ...] = ()
    poses: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()


def lines_of(path: Path) -> bytes:
    """The bytes of an annotation file. Raises LongvidError, one line."""
    try:
        return read_bytes(path, LARGEST)
    except OSError as error:
        raise LongvidError(f"{shown(path)}: {error.strerror}; give a file of annotations") from error
    except ValueError as error:
        raise LongvidError(f"{shown(path)}: {error}; give a smaller file") from error


def read_lines(path: Path, videos: Path) -> Iterator[Annotated]:
    """The lines of longvid's own file at `path`; videos are named from the folder `videos`. Raises LongvidError."""
    for number, line in enumerate(lines_of(path).split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield _annotated(_object(line), videos)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            why = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
            raise LongvidError(f"{shown(path)}, line {number}: {why}; put it right") from error


def _object(line: bytes) -> dict[str, Any]:
    try:
        told = parse_json(line)
    except ValueError as error:
        raise ValueError(f"no JSON ({error})") from error
    if not isinstance(told, dict):
        raise ValueError("no JSON object")
    return told


def _annotated(told: Mapping[str, Any], videos: Path) -> Annotated:
    known = {"video", "start", "end", "actions", "objects", "states", "scenes", "directions", "counts", "poses",
             "order", "qa"}  # fmt: skip
    if strange := sorted(told.keys() - known):
        raise ValueError(f"{strange[0]!r} is none of {', '.join(sorted(known))}")
    start, end = span(told.get("start", 0.0), told.get("end", math.inf))
    directions = {_text(row["object"]): _one_of(row["direction"], DIRECTIONS) for row in _rows(told, "directions")}
    return Annotated(
        videos / _inside(_text(told["video"])),
        start,
        end,
        in_order(_action(row) for row in _rows(told, "actions")),
        tuple(_thing(row) for row in _rows(told, "objects")),
        tuple(State(_text(row["object"]), _text(row["before"]), _text(row["after"])) for row in _rows(told, "states")),
        in_order(Action(_text(row["text"]), *span(row["start"], row["end"])) for row in _rows(told, "scenes")),
        directions,
        tuple(_count(row) for row in _rows(told, "counts")),
        tuple(_text(one) for one in _list(told, "poses")),
        tuple(_text(one) for one in _list(told, "order")),
        tuple(_pair(row) for row in _rows(told, "qa")),
    )


def in_order(actions: Iterator[Action]) -> tuple[Action, ...]:
    return tuple(sorted(actions, key=lambda one: (one.start, one.end)))


def span(start: Any, end: Any) -> tuple[float, float]:
    """Two moments, s. Raises ValueError where they are none, or in the wrong order."""
    first, last = float(start), float(end)
    if not 0 <= first < last or math.isinf(first):
        raise ValueError(f"{first:g} to {last:g} is no part of a video")
    return first, last


def _action(row: Mapping[str, Any]) -> Action:
    text = _text(row["text"])
    thing, opposite = (None if row.get(key) is None else _text(row[key]) for key in ("object", "opposite"))
    if thing is not None and thing not in text:
        raise ValueError(f"the object {thing!r} does not stand in {text!r}")
    return Action(text, *span(row["start"], row["end"]), thing, opposite, row.get("unexpected") is True)


def _thing(row: Mapping[str, Any]) -> Thing:
    colour, shape = (None if row.get(key) is None else _text(row[key]) for key in ("colour", "shape"))
    moving = row.get("moving")
    if moving not in (None, True, False):
        raise ValueError("moving must be true or false")
    return Thing(_text(row["name"]), moving, colour, shape)


def _count(row: Mapping[str, Any]) -> Count:
    number = row["count"]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 1000:
        raise ValueError(f"{number!r} is no count")
    return Count(_text(row["question"]), number, _one_of(row.get("of", "actions"), ("actions", "objects")))


def _pair(row: Mapping[str, Any]) -> Pair:
    short = NAMES[_one_of(row["type"], tuple(NAMES))]
    answer, options = _text(row["answer"]), tuple(_text(one) for one in _list(row, "options"))
    return Pair(short, _text(row["question"]), answer, tuple(one for one in options if one != answer))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not is_text(value):
        raise ValueError(f"{str(value)[:40]!r} is no text")
    return " ".join(value.split())


def _inside(name: str) -> str:
    if "\0" in name:
        raise ValueError("no name of a file")
    return name


def _one_of(value: Any, known: Sequence[str]) -> str:
    if value not in known:
        raise ValueError(f"{str(value)[:40]!r} is none of {', '.join(known)}")
    return str(value)


def _list(told: Mapping[str, Any], key: str) -> list[Any]:
    found = told.get(key, [])
    if not isinstance(found, list):
        raise ValueError(f"{key} must be a list")
    return found


def _rows(told: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = _list(told, key)
    if not all(isinstance(row, dict) for row in found):
        raise ValueError(f"{key} must be a list of objects")
    return found


def title(short: str) -> str:
    return BY_SHORT[short].name
