"""Which moments of a clip the model sees.

`first_frames` and `uniform_frames` pick frame numbers exactly as the official demos do (specification, section 7).
`sample_times` gives moments of a chunk of a longer film. Knows no torch, no decoder and no prompt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

Sampler = Literal["first", "uniform", "scene"]

SAMPLERS: tuple[Sampler, ...] = ("first", "uniform", "scene")

JITTER = 1e-6  # s; times as near as this are the same
CLOSEST = 0.5
"""Seconds. Where few pictures change, `uniform` looks closer at those that do, but not closer than this."""

OFFICIAL_BASE_SECONDS = 60
"""The official base sampler sees nothing later than this many seconds."""


def first_frames(timestamps: Sequence[float] | npt.NDArray[np.floating], num: int = 24) -> list[int]:
    """The official chat sampler: the frame nearest to each whole second from 0, at most `num` of them.

    Args:
        timestamps: start of every frame in seconds; compared as float32, as the official demo does.
        num: most frames to pick.

    Returns:
        Frame numbers; a very low frame rate repeats some, and the last may lie up to half a second before its second.

    Raises:
        ValueError: no timestamps, or a timestamp that is not finite.
    """
    times = np.asarray(timestamps, dtype=np.float32)
    if times.ndim != 1 or not times.size or not np.isfinite(times).all():
        raise ValueError("timestamps must be a non-empty list of finite seconds")
    seconds = round(float(times.max())) + 1
    return [int(np.abs(times - np.float32(second)).argmin()) for second in range(min(seconds, num))]


def uniform_frames(num_frames: int, avg_fps: float, num: int = 24) -> list[int]:
    """The official base sampler: `num` frames evenly over the first 60 seconds.

    Returns:
        Exactly `num` frame numbers, ascending; numbers repeat when there are fewer than `num` frames.

    Raises:
        ValueError: no frames, or a frame rate that is not positive.
    """
    if num_frames < 1 or not (math.isfinite(avg_fps) and avg_fps > 0):
        raise ValueError(f"cannot sample {num_frames} frames at {avg_fps} frames a second")
    # A stream of less than a frame a minute would end before its first frame.
    end = max(1, min(num_frames, int(OFFICIAL_BASE_SECONDS * avg_fps)))
    return [int(index) for index in np.linspace(0, end - 1, num, dtype=int)]


def sample_times(
    sampler: Sampler,
    start: float,
    end: float,
    scenes: Sequence[tuple[float, float]],
    frames: float | npt.NDArray[np.float64],
    num: int = 24,
) -> list[float]:
    """Moments of a chunk to show the model, in seconds of the film, strictly ascending, in [start, end).

    * `first`: start, start + 1, start + 2 ... as the official chat sampler; where that rounds up past the last frame,
      the last frame's own time.
    * `uniform`: evenly from the first frame to the last one, over the whole chunk. A picture that stands for long takes
      one moment, and what is over goes to the others.
    * `scene`: spread over the scenes by their length (largest remainder), at least one a scene; the centres of equal
      parts of each scene. With more scenes than `num`, the `num` longest scenes get one each.

    `uniform` and `scene` never give more moments than there are frames, so a short chunk gives fewer than `num`.

    Args:
        start, end: the chunk, in seconds; start < end.
        scenes: (start, end) of the scenes, ascending, not overlapping; what lies outside the chunk is ignored, and
            no scene at all means one. Only `scene` looks at them.
        frames: seconds from one frame to the next; or the times at which frames come up, ascending, where that varies
            (those before the chunk but for the last, and those behind it, are ignored).
        num: most moments to give.

    Raises:
        ValueError: an unknown sampler, or numbers that make no chunk.
    """
    if not (math.isfinite(start) and math.isfinite(end) and start < end):
        raise ValueError(f"a chunk from {start} to {end} s is empty")
    if num < 1:
        raise ValueError(f"num {num} must be at least 1")
    if isinstance(frames, np.ndarray):
        shown: _Even | _Uneven = _Uneven(frames)
    elif math.isfinite(frames) and frames > 0:
        shown = _Even(frames)
    else:
        raise ValueError(f"seconds from one of the frames to the next must be positive, not {frames}")
    if sampler == "first":
        times = _first_times(start, end, shown, num)
    elif sampler == "uniform":
        times = shown.evenly(start, end, num)
    elif sampler == "scene":
        times = _scene_times(start, end, scenes, shown, num)
    else:
        raise ValueError(f"sampler {sampler!r} is none of {', '.join(SAMPLERS)}")
    return _strictly_ascending(times, start, end)


class _Even:
    """Frames one interval (seconds) after another."""

    def __init__(self, interval: float) -> None:
        self._interval = interval

    def count(self, start: float, end: float) -> int:
        """How many are shown between these times, at least 1."""
        return max(1, round(min((end - start) / self._interval, 1e9)))

    def last(self, start: float, end: float) -> float:
        """When the last of them comes up."""
        return max(start, end - self._interval)

    def evenly(self, start: float, end: float, num: int) -> list[float]:
        count = min(num, self.count(start, end))
        if count == 1:
            return [start]
        step = (end - start - self._interval) / (count - 1)
        return [start + index * step for index in range(count)]


class _Uneven:
    """Frames that come up at these times."""

    def __init__(self, times: npt.NDArray[np.float64]) -> None:
        self._times = times

    def _between(self, start: float, end: float) -> npt.NDArray[np.float64]:
        """When they come up; the start for one that is shown then already."""
        first = max(0, int(np.searchsorted(self._times, start + JITTER, "right")) - 1)
        stop = int(np.searchsorted(self._times, end - JITTER))
        return np.maximum(self._times[first : max(stop, first + 1)], start)

    def count(self, start: float, end: float) -> int:
        return max(1, self._between(start, end).size)

    def last(self, start: float, end: float) -> float:
        return float(self._between(start, end)[-1])

    def evenly(self, start: float, end: float, num: int) -> list[float]:
        times = self._between(start, end)
        if times.size <= num:
            return [float(time) for time in times]

        def moments(count: int) -> npt.NDArray[np.float64]:
            """The first moments of different frames among `count` even ones."""
            even = np.linspace(start, times[-1], count)
            _, new = np.unique(np.searchsorted(times, even + JITTER, "right"), return_index=True)
            return even[new]

        # The most even moments that show no more than `num` frames.
        low, high = num, max(num, int((times[-1] - start) / CLOSEST)) + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if moments(middle).size <= num else (low, middle)
        return [float(time) for time in moments(low)]


def _first_times(start: float, end: float, shown: _Even | _Uneven, num: int) -> list[float]:
    last = shown.last(start, end) - start
    seconds = min(num, round(last) + 1)
    return [start + min(float(second), last) for second in range(seconds)]


def _scene_times(
    start: float, end: float, scenes: Sequence[tuple[float, float]], shown: _Even | _Uneven, num: int
) -> list[float]:
    inside = [(max(first, start), min(last, end)) for first, last in scenes]
    inside = [(first, last) for first, last in inside if last > first] or [(start, end)]
    if len(inside) > num:
        longest = sorted(inside, key=lambda scene: scene[0] - scene[1])[:num]
        inside = sorted(longest)
    lengths = [last - first for first, last in inside]
    counts = _share(lengths, [shown.count(first, last) for first, last in inside], num)
    return [
        first + (index + 0.5) * length / count
        for (first, _), length, count in zip(inside, lengths, counts, strict=True)
        for index in range(count)
    ]


def _share(lengths: Sequence[float], most: Sequence[int], num: int) -> list[int]:
    """Share `num` by `lengths`, each part at least 1 and at most `most`: quotas, then the largest remainders.

    The quota of a part is its length times one rate, held between its bounds; the rate is found by bisection, which
    is exact enough here because the remainders settle the last frames.
    """
    if sum(most) <= num:
        return list(most)

    def quotas(rate: float) -> list[float]:
        return [min(float(cap), max(1.0, rate * length)) for length, cap in zip(lengths, most, strict=True)]

    low, high = 0.0, max(cap / length for length, cap in zip(lengths, most, strict=True))
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(quotas(middle)) <= num else (low, middle)
    parts = quotas(low)
    counts = [math.floor(part) for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda index: (counts[index] - parts[index], index))
    room = [index for index in by_remainder if counts[index] < most[index]]
    for index in room[: num - sum(counts)]:
        counts[index] += 1
    return counts


def _strictly_ascending(times: Sequence[float], start: float, end: float) -> list[float]:
    """Drop what rounding has pushed onto its neighbour or out of [start, end)."""
    kept: list[float] = []
    for time in times:
        if start <= time < end and (not kept or time > kept[-1]):
            kept.append(time)
    return kept or [start]
