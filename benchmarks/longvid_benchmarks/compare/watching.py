"""Ways of watching a film that are compared: how chunks are cut, which frames are taken, how they are shown.

    default,fit=pad,sampler=first,label=seconds,length=30,frames=48,length=120+frames=48

Every item differs from the tool's defaults in what it names, and in nothing else. Knows no film and no model.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar, get_args

from longvid.cogvlm2.estimates import LABELS, Label
from longvid.pipeline.ingest import Fit, IngestSettings, Sampler
from longvid.text import printable

Word = TypeVar("Word")

DEFAULT = "default"
LENGTHS = (5, 600)
"""Seconds that a chunk may have."""
FRAMES = (1, 240)


@dataclass(frozen=True, slots=True)
class Watch:
    """One way of watching, and what the tables call it."""

    name: str = DEFAULT
    read: IngestSettings = field(default_factory=IngestSettings)
    label: Label = "index"
    """What stands before each frame."""


USUAL = Watch()
"""As `longvid summarize` watches when it is told nothing."""


def parse(value: str) -> list[Watch]:
    """The different ways that a comma-separated list names, in its order; `+` joins what one way changes.

    Raises ValueError for what is unknown or out of range.
    """
    ways = [_watch(item.strip()) for item in value.split(",") if item.strip()]
    return list({way.name: way for way in ways}.values()) or [USUAL]


def _watch(item: str) -> Watch:
    if item == DEFAULT:
        return USUAL
    watch = USUAL
    for part in item.split("+"):
        name, _, value = (one.strip() for one in part.partition("="))
        watch = _changed(watch, name, value)
    return replace(watch, name=_name(watch))


def _changed(watch: Watch, name: str, value: str) -> Watch:
    read = watch.read
    match name:
        case "sampler":
            return replace(watch, read=replace(read, sampler=_one_of(get_args(Sampler), name, value)))
        case "fit":
            return replace(watch, read=replace(read, fit=_one_of(get_args(Fit), name, value)))
        case "label":
            return replace(watch, label=_one_of(LABELS, name, value))
        case "length":
            return replace(watch, read=replace(read, target_length=float(_number(LENGTHS, name, value))))
        case "frames":
            return replace(watch, read=replace(read, frames=_number(FRAMES, name, value)))
    raise ValueError(
        f"{printable(name)!r} is no way of watching; write a list such as default,fit=pad,length=30 "
        "(of sampler, fit, label, length, frames)"
    )


def _one_of(allowed: tuple[Word, ...], name: str, value: str) -> Word:
    for word in allowed:
        if word == value:
            return word
    raise ValueError(f"{name} is one of {', '.join(map(str, allowed))}, not {printable(value)!r}")


def _number(ends: tuple[int, int], name: str, value: str) -> int:
    least, most = ends
    if not (value.isascii() and value.isdigit() and len(value) < 5 and least <= int(value) <= most):
        raise ValueError(f"{name} is a whole number from {least} to {most}, not {printable(value)!r}")
    return int(value)


def _name(watch: Watch) -> str:
    """What `watch` changes, always in the same order: the same way has one name, however it is written."""
    usual, read = USUAL.read, watch.read
    told = {
        "sampler": (read.sampler, usual.sampler),
        "fit": (read.fit, usual.fit),
        "label": (watch.label, USUAL.label),
        "length": (round(read.target_length), round(usual.target_length)),
        "frames": (read.frames, usual.frames),
    }
    return "+".join(f"{name}={value}" for name, (value, default) in told.items() if value != default) or DEFAULT
