"""A story's pictures at any time and any size: `draw` for the film, `clip` for training, from the same stage.

A frame drawn small has the layout of the film's frame after the model's own resize (`longvid.cogvlm2.frames`). Knows
how a chunk is put together; how an event is played is in `acting`, and of encoding it knows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np

from longvid_benchmarks.storyfilm import acting, scenery
from longvid_benchmarks.storyfilm.acting import Stage
from longvid_benchmarks.storyfilm.pictures_paint import Picture
from longvid_benchmarks.storyfilm.story import Chunk, Story
from longvid_benchmarks.storyfilm.vocabulary import DEVICES

Fit = Literal["crop", "pad"]

BORDER = (123, 117, 104)
"""The grey beside a padded picture, as `longvid.cogvlm2.frames.BORDER`."""
FRAMES = 24
"""Frames of a chunk that the model sees."""
WINGS, SMALL = 0.7, 0.72
"""How far from the middle, and how small, devices stand while nobody acts on them: beside the central square."""

SLIDE = 1.3
"""Seconds in which a device comes to the middle, and goes back."""

_place = lru_cache(maxsize=64)(scenery.place)


def width_of(height: int) -> int:
    """Width of a 16:9 picture of `height` rows, even."""
    return round(height * 8 / 9) * 2


class Shot:
    """One chunk of a story before one camera: draws its frames at one size.

    Args:
        rows, columns: of a frame, in pixels.
        kx, ky: pixels a height of the picture; with `columns` narrower than 16 / 9 `kx` the sides are cut.
        cx: the column of the picture's middle.
    """

    def __init__(self, story: Story, chunk: Chunk, *, rows: int, columns: int, kx: float, ky: float, cx: float) -> None:
        self._story, self._chunk = story, chunk
        self._base = _place(chunk.place, chunk.flashback, rows, columns, kx, ky, cx)
        self._kx, self._ky, self._cx = kx, ky, cx
        states = dict(chunk.devices)
        ids = list(states)
        for event in chunk.events:
            there = acting.acts_on(event)
            if there is not None and there not in states:
                ids.append(there)
                states[there] = ""
        self._devices = [(id, story.device(id).kind, states[id], self._wing(i)) for i, id in enumerate(ids)]

    @staticmethod
    def _wing(index: int) -> float:
        # There is room for two; a third one comes in from outside.
        away = WINGS if index < 2 else 2 * WINGS
        return away if index % 2 == 0 else -away

    def frame(self, time: float, out: Picture | None = None) -> Picture:
        """uint8 [rows, columns, 3] at film second `time`: drawn over `out`, or else an array of its own."""
        if out is None:
            canvas = self._base.copy()
        else:
            canvas = out
            canvas[:] = self._base
        stage = Stage(canvas, self._kx, self._ky, self._cx)
        now = next((event for event in self._chunk.events if event.start <= time < event.end), None)
        for id, kind, state, wing in self._devices:
            self._device(stage, id, kind, state, wing, time)
        if now is not None:
            acting.act(stage, self._story, now, time)
        return canvas

    def moves(self, time: float) -> bool:
        """Whether an event plays; while none does, all frames since the last one are alike."""
        return any(event.start <= time < event.end for event in self._chunk.events)

    def _device(self, stage: Stage, id: str, kind: str, state: str, wing: float, time: float) -> None:
        share = float(DEVICES[kind].index(state)) if state else 0.0
        inside = 0.0
        for event in self._chunk.events:
            if event.start > time:
                break
            if acting.acts_on(event) != id:
                continue
            share = acting.progress(event, kind, share, min(time, event.end))
            if time < event.end:
                inside = acting.fade(event, time, SLIDE)
        x = wing + (0.24 - wing) * inside * inside * (3 - 2 * inside)
        if (abs(x) - 0.29) * self._kx < max(self._cx, stage.canvas.shape[1] - self._cx):
            stage.device(kind, share, x, SMALL + (1 - SMALL) * round(6 * inside) / 6)


def whole_shot(story: Story, chunk: Chunk, height: int) -> Shot:
    """The chunk as the film shows it, 16:9."""
    width = width_of(height)
    return Shot(story, chunk, rows=height, columns=width, kx=width * 9 / 16, ky=float(height), cx=width / 2)


def draw(story: Story, chunk: Chunk, time: float, height: int) -> Picture:
    """uint8 RGB [height, width, 3]: the film's picture at film second `time`, which lies in `chunk`."""
    return whole_shot(story, chunk, height).frame(time)


def sample_times(chunk: Chunk, count: int = FRAMES) -> list[float]:
    """The middle of each of `count` equal parts of the chunk, s."""
    return [chunk.start + (chunk.end - chunk.start) * (i + 0.5) / count for i in range(count)]


def clip(
    story: Story, chunk: Chunk, *, size: int = 112, fit: Fit = "crop", times: Sequence[float] | None = None
) -> Picture:
    """The chunk as a model sees it, without an encoder.

    Args:
        size: side of the square in pixels.
        fit: `crop` is the central square of the picture; `pad` is the whole width between grey borders.
        times: film seconds; by default the middles of 24 equal parts.

    Returns:
        uint8 RGB [T, size, size, 3].

    Raises:
        ValueError: an unknown fit or a size below 16.
    """
    if size < 16:
        raise ValueError(f"size {size} is too small to show anything")
    seconds = sample_times(chunk) if times is None else times
    frames = np.empty((len(seconds), size, size, 3), np.uint8)
    if fit == "crop":
        # The model's own geometry: the scaled width and the offset of the crop are whole pixels.
        wide = size * 16 // 9
        middle = wide / 2 - round((wide - size) / 2)
        shot = Shot(story, chunk, rows=size, columns=size, kx=wide * 9 / 16, ky=float(size), cx=middle)
        for i, second in enumerate(seconds):
            shot.frame(second, frames[i])
    elif fit == "pad":
        rows = max(1, size * 9 // 16)
        top = round((size - rows) / 2)
        frames[:, :top] = BORDER
        frames[:, top + rows :] = BORDER
        shot = Shot(story, chunk, rows=rows, columns=size, kx=size * 9 / 16, ky=float(rows), cx=size / 2)
        for i, second in enumerate(seconds):
            shot.frame(second, frames[i, top : top + rows])
    else:
        raise ValueError(f"fit {fit!r} is neither crop nor pad")
    return frames
