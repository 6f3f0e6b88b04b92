"""Ways of showing a film to a model, and the clips that come of each. Knows no model and no score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from longvid_benchmarks.storyfilm.story import Chunk, Story

SCENE = 60.0
"""Seconds that a scene of a generated film lasts, about: lengths are multiples of it, or parts."""
Sampling = Literal["uniform", "first"]
"""`uniform`: the middles of equal parts; `first`: one frame a second from the beginning, and nothing behind them."""
Label = Literal["index", "seconds"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way of watching."""

    frames: int = 24
    length: float = SCENE
    """Of a chunk, s, about."""
    sampling: Sampling = "uniform"
    label: Label = "index"
    """What the model is told of each frame: its number, or its second."""

    def __str__(self) -> str:
        return f"{self.frames} frames of {self.length:g} s, {self.sampling}, {self.label}"


@dataclass(frozen=True, slots=True)
class Part:
    """What one clip is of: seconds of the film, and the scenes it goes through."""

    start: float
    end: float
    scenes: tuple[Chunk, ...]

    def moments(self, way: Way) -> list[float]:
        """When the frames of the clip are, film time in s, ascending."""
        if way.sampling == "first":
            return [min(self.start + at, self.end - 0.01) for at in range(way.frames)]
        step = (self.end - self.start) / way.frames
        return [self.start + step * (at + 0.5) for at in range(way.frames)]


def ways(
    frames: Sequence[int], lengths: Sequence[float], samplings: Sequence[Sampling], labels: Sequence[Label]
) -> list[Way]:
    """The usual way, and each that differs from it in one thing: in the order of the tables."""
    usual = Way()
    others = [
        *(replace(usual, frames=one) for one in frames),
        *(replace(usual, length=one) for one in lengths),
        *(replace(usual, sampling=one) for one in samplings),
        *(replace(usual, label=one) for one in labels),
    ]
    return list(dict.fromkeys([usual, *others]))


def parts(story: Story, length: float) -> Iterator[Part]:
    """The parts of about `length` seconds that `story` is cut into: whole scenes, or equal parts of one.

    Raises ValueError for a length that is neither.
    """
    scenes = story.chunks
    if length >= SCENE:
        many = round(length / SCENE)
        if abs(many * SCENE - length) > 1e-6:
            raise ValueError(f"{length:g} s is no multiple of {SCENE:g} s")
        for at in range(0, len(scenes), many):
            some = scenes[at : at + many]
            yield Part(some[0].start, some[-1].end, tuple(some))
        return
    pieces = round(SCENE / length)
    if abs(pieces * length - SCENE) > 1e-6:
        raise ValueError(f"{length:g} s is no part of {SCENE:g} s")
    for scene in scenes:
        step = (scene.end - scene.start) / pieces
        for at in range(pieces):
            yield Part(scene.start + step * at, scene.start + step * (at + 1), (scene,))
