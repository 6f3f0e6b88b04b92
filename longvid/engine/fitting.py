"""The precision that fits: what a model needs on a device in each, and which is the first that the device holds.

In any precision the layers of the vision tower may wait in main memory and come to the card one after another, with
every clip; that is done where the model does not fit whole. Works on sizes alone, before anything is fetched or loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.precision import QUANTISED, memory, tower_bytes
from longvid.engine.device import AUTO, Device, gigabytes
from longvid.errors import ModelError

if TYPE_CHECKING:
    from longvid.cogvlm2.geometry import Geometry

SLACK = 0.96
"""Share of the free memory that `auto` fills, since the allocator cannot use all of it. What is needed is estimated
from above, so it may be as much: `int4` needs 15.9 of the 16.6 GB that are free on a card of 16 GiB."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to hold a model: `needed` bytes on the device, `waiting` bytes in main memory where it is streamed."""

    dtype: str
    streamed: bool
    needed: int
    waiting: int

    @property
    def title(self) -> str:
        return f"{self.dtype}, its vision tower in main memory" if self.streamed else self.dtype


def settings(geometry: Geometry, half: str = "bfloat16", batch: int = 1) -> tuple[Setting, ...]:
    """What `auto` tries, in order."""
    ways = [(half, False), *((dtype, False) for dtype in QUANTISED), ("int4", True)]
    return tuple(_setting(geometry, dtype, streamed, batch) for dtype, streamed in ways)


def _setting(geometry: Geometry, dtype: str, streamed: bool, batch: int) -> Setting:
    waiting = tower_bytes(geometry, dtype) if streamed else 0
    return Setting(dtype, streamed, memory(geometry, dtype, batch=batch, streamed=streamed), waiting)


def settle(model: str, geometry: Geometry, place: Device, batch: int = 1, *, beside: int = 0) -> Device:
    """`place` with the precision that `model` is held in there, and whether its vision tower waits in main memory.

    `beside`: bytes that another model takes of the device. Raises ModelError, with sizes and remedies, where it does
    not fit, and where bitsandbytes is needed and does not work.
    """
    free = max(0, place.free - beside)
    if place.dtype == AUTO:
        tried = settings(geometry, place.half, batch)
        room = int(SLACK * free)
    else:
        # A packed tower is not streamed: it is small.
        ways = (False, True) if place.is_cuda and place.dtype != "int4-all" else (False,)
        tried = tuple(_setting(geometry, place.dtype, streamed, batch) for streamed in ways)
        room = free
    spare = _main_memory() if place.is_cuda else 0
    found = next((one for one in tried if one.needed <= room and one.waiting <= spare), None)
    if found is None:
        waits = next((one for one in tried if one.needed <= room), None)
        if waits is not None:
            raise ModelError(
                f"{model} fits {place.title} in {waits.title}, which needs {gigabytes(waits.waiting)} there and "
                f"{gigabytes(spare)} are free; close other programs, or choose --dtype int4-all or a smaller --model"
            )
        raise ModelError(_too_large(model, geometry, replace(place, free=free), tried, batch))
    if found.dtype in QUANTISED:
        _require(found, place)
    return replace(place, dtype=found.dtype, streamed=found.streamed)


def told(place: Device, geometry: Geometry, *, always: bool = False) -> str | None:
    """How a model is held on `place`, which is settled. None, unless `always`, where that is whole and in 16 bits or
    more."""
    if not (always or place.streamed or place.dtype in QUANTISED):
        return None
    one = _setting(geometry, place.dtype, place.streamed, 1)
    waits = f" and {gigabytes(one.waiting)} of main memory, which pass through it with every clip"
    return (
        f"{one.title}: one call needs {gigabytes(one.needed)} on {place.title} ({gigabytes(place.free)} free)"
        f"{waits if one.streamed else ''}"
    )


def _main_memory() -> int:
    import psutil

    return int(psutil.virtual_memory().available)


def _require(setting: Setting, place: Device) -> None:
    from longvid.cogvlm2.quantising import require

    try:
        require(place.name)
    except CheckpointError as error:
        chosen = f"--dtype auto takes {setting.title}: " if place.dtype == AUTO else ""
        raise ModelError(f"{chosen}{error}; or choose --dtype {place.half}") from error


def _too_large(model: str, geometry: Geometry, place: Device, tried: tuple[Setting, ...], batch: int) -> str:
    least = tried[0] if place.dtype != AUTO else min(tried, key=lambda one: one.needed)
    others = [f"--batch-size 1 in place of {batch}"] if batch > 1 else []
    if place.dtype == "float32" and memory(geometry, "bfloat16", batch=batch) <= place.free:
        others.append("--dtype bfloat16, which halves it")
    smaller = [one for one in settings(geometry, place.half, batch)[1:] if one.needed <= place.free]
    if place.dtype not in (AUTO, "int4-all") and smaller and smaller[0].needed < least.needed:
        others.append(f"--dtype {smaller[0].dtype} ({gigabytes(smaller[0].needed)})")
    others += ["--device cpu"] if place.is_cuda else []
    others.append("a smaller --model, or a machine with more memory")
    return (
        f"{model} needs {gigabytes(least.needed)} in {least.title} and {place.title} has {gigabytes(place.free)} free; "
        f"try {', or '.join(others)}"
    )
