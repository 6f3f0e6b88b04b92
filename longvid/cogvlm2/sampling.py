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
    frame_interval: float,
    num: int = 24,
) -> list[float]:
    """Moments of a chunk to show the model, in seconds of the film, strictly ascending, in [start, end).

    * `first`: start, start + 1, start + 2 ... as the official chat sampler; where that rounds up past the last frame,
      the last frame's own time.
    * `uniform`: evenly from the first frame to the last one, over the whole chunk.
    * `scene`: spread over the scenes by their length (largest remainder), at least one a scene; the centres of equal
      parts of each scene. With more scenes than `num`, the `num` longest scenes get one each.

    `uniform` and `scene` never give more moments than there are frames, so a short chunk gives fewer than `num`.

    Args:
        start, end: the chunk, in seconds; start < end.
        scenes: (start, end) of the scenes, ascending, not overlapping; what lies outside the chunk is ignored, and
            no scene at all means one. Only `scene` looks at them.
        frame_interval: seconds from one frame to the next.
        num: most moments to give.

    Raises:
        ValueError: an unknown sampler, or numbers that make no chunk.
    """
    if not (math.isfinite(start) and math.isfinite(end) and start < end):
        raise ValueError(f"a chunk from {start} to {end} s is empty")
    if not (math.isfinite(frame_interval) and frame_interval > 0):
        raise ValueError(f"frame_interval {frame_interval} must be positive")
    if num < 1:
        raise ValueError(f"num {num} must be at least 1")
    if sampler == "first":
        times = _first_times(start, end, frame_interval, num)
    elif sampler == "uniform":
        times = _uniform_times(start, end, frame_interval, num)
    elif sampler == "scene":
        times = _scene_times(start, end, scenes, frame_interval, num)
    else:
        raise ValueError(f"sampler {sampler!r} is none of {', '.join(SAMPLERS)}")
    return _strictly_ascending(times, start, end)


def _first_times(start: float, end: float, frame_interval: float, num: int) -> list[float]:
    last = max(0.0, end - start - frame_interval)
    seconds = min(num, round(last) + 1)
    return [start + min(float(second), last) for second in range(seconds)]


def _uniform_times(start: float, end: float, frame_interval: float, num: int) -> list[float]:
    count = min(num, _frames_in(end - start, frame_interval))
    if count == 1:
        return [start]
    step = (end - start - frame_interval) / (count - 1)
    return [start + index * step for index in range(count)]


def _scene_times(
    start: float, end: float, scenes: Sequence[tuple[float, float]], frame_interval: float, num: int
) -> list[float]:
    inside = [(max(first, start), min(last, end)) for first, last in scenes]
    inside = [(first, last) for first, last in inside if last > first] or [(start, end)]
    if len(inside) > num:
        longest = sorted(inside, key=lambda scene: scene[0] - scene[1])[:num]
        inside = sorted(longest)
    lengths = [last - first for first, last in inside]
    counts = _share(lengths, [_frames_in(length, frame_interval) for length in lengths], num)
    return [
        first + (index + 0.5) * length / count
        for (first, _), length, count in zip(inside, lengths, counts, strict=True)
        for index in range(count)
    ]


def _frames_in(length: float, frame_interval: float) -> int:
    return max(1, round(min(length / frame_interval, 1e9)))


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
