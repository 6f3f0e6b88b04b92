"""The precision that fits: what a model needs on a device in each, and which is the first that the device holds.

In any precision but `int4-all` the layers of the vision tower may wait in main memory and come to the card one after
another, with every clip; that is done where the model does not fit whole. Where that is not enough, in 4 bits, as many
layers of the decoder as need be wait there too, and come with every token. Works on sizes alone, before anything is
fetched or loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.precision import QUANTISED, layer_bytes, memory, tower_bytes
from longvid.engine.device import AUTO, Device, gigabytes
from longvid.errors import ModelError

if TYPE_CHECKING:
    from longvid.cogvlm2.geometry import Geometry

SLACK = 0.96
"""Share of the free memory that `auto` fills, since the allocator cannot use all of it. What is needed is estimated
from above, so it may be as much: `int4` needs 15.9 of the 16.6 GB that are free on a card of 16 GiB."""


LEAST = "int4"
"""The precision in which the least lies on a card, once all that can waits in main memory."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to hold a model: `needed` bytes on the device, `waiting` bytes in main memory for what waits there."""

    dtype: str
    streamed: bool
    needed: int
    waiting: int
    layers: int = 0
    """Of the decoder, how many wait in main memory."""
    decoder: int = 0
    """How many it has."""

    @property
    def title(self) -> str:
        if not self.streamed:
            return self.dtype
        decoder = f" and {self.layers} of the {self.decoder} layers of its decoder" if self.layers else ""
        return f"{self.dtype}, its vision tower{decoder} in main memory"


def settings(geometry: Geometry, half: str = "bfloat16", batch: int = 1) -> tuple[Setting, ...]:
    """What `auto` tries, in order; in the last one as few layers of the decoder wait as need be, here all of them."""
    ways = [(half, False, 0), *((dtype, False, 0) for dtype in QUANTISED), (LEAST, True, 0)]
    return tuple(_setting(geometry, *way, batch) for way in (*ways, (LEAST, True, geometry.num_hidden_layers)))


def _setting(geometry: Geometry, dtype: str, streamed: bool, layers: int, batch: int) -> Setting:
    waiting = tower_bytes(geometry, dtype) if streamed else 0
    waiting += layers * layer_bytes(geometry, dtype)
    needed = memory(geometry, dtype, batch=batch, streamed=streamed, waiting_layers=layers)
    return Setting(dtype, streamed, needed, waiting, layers, geometry.num_hidden_layers)


def _fewest(geometry: Geometry, batch: int, room: int) -> Setting:
    """The setting in which the fewest layers of the decoder wait so that at most `room` is needed; where that is too
    little in any case, the one in which all wait."""
    least = geometry.num_hidden_layers
    counts = (count for count in range(1, least) if _setting(geometry, LEAST, True, count, batch).needed <= room)
    return _setting(geometry, LEAST, True, next(counts, least), batch)


def settle(model: str, geometry: Geometry, place: Device, batch: int = 1, *, beside: int = 0) -> Device:
    """`place` with the precision that `model` is held in there, and with what waits in main memory.

    `beside`: bytes that another model takes of the device. Raises ModelError, with sizes and remedies, where it does
    not fit, and where bitsandbytes is needed and does not work.
    """
    free = max(0, place.free - beside)
    room = int(SLACK * free) if place.dtype == AUTO else free
    tried = tuple(_ways(geometry, place, batch, room))
    spare = _main_memory() if place.is_cuda else 0
    found = next((one for one in tried if one.needed <= room and one.waiting <= spare), None)
    if found is None:
        waits = next((one for one in tried if one.needed <= room), None)
        if waits is not None:
            packed = "--dtype int4-all or " if memory(geometry, "int4-all", batch=batch) <= free else ""
            raise ModelError(
                f"{model} fits {place.title} in {waits.title}, which needs {gigabytes(waits.waiting)} there and "
                f"{gigabytes(spare)} are free; close other programs, or choose {packed}a smaller --model"
            )
        raise ModelError(_too_large(model, geometry, replace(place, free=free), tried, batch))
    if found.dtype in QUANTISED:
        _require(found, place)
    return replace(place, dtype=found.dtype, streamed=found.streamed, waiting_layers=found.layers)


def _ways(geometry: Geometry, place: Device, batch: int, room: int) -> Iterator[Setting]:
    """How a model may be held on `place`, in the order in which that is tried."""
    if place.dtype == AUTO:
        yield from settings(geometry, place.half, batch)[:-1]
        yield _fewest(geometry, batch, room)
        return
    yield _setting(geometry, place.dtype, False, 0, batch)
    # A packed tower is not streamed: it is small.
    if place.is_cuda and place.dtype != "int4-all":
        yield _setting(geometry, place.dtype, True, 0, batch)
    # Layers of the decoder come with every token: in more bits that would take too long to be of use.
    if place.is_cuda and place.dtype == LEAST:
        yield _fewest(geometry, batch, room)


def needs(geometry: Geometry, place: Device) -> Callable[..., int]:
    """The bytes that `batch` calls at once take on `place`, which is settled, weights included."""
    return partial(memory, geometry, place.dtype, streamed=place.streamed, waiting_layers=place.waiting_layers)


def titled(place: Device, geometry: Geometry) -> str:
    """How a model is held on `place`, which is settled, in a few words."""
    return _setting(geometry, place.dtype, place.streamed, place.waiting_layers, 1).title


def told(place: Device, geometry: Geometry, *, always: bool = False) -> str | None:
    """How a model is held on `place`, which is settled. None, unless `always`, where that is whole and in 16 bits or
    more."""
    if not (always or place.streamed or place.dtype in QUANTISED):
        return None
    one = _setting(geometry, place.dtype, place.streamed, place.waiting_layers, 1)
    when = "every clip, and the decoder's with every token, which is slow" if one.layers else "every clip"
    waits = f" and {gigabytes(one.waiting)} of main memory, which pass through it with {when}"
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
