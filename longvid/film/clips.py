"""Clips: the sampled frames of a chunk with their times; picked from the kept frames or decoded anew, and stored.

Does not know which times are good to sample, nor how large a picture the model wants.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from longvid.errors import FilmError
from longvid.files import write_whole
from longvid.text.shown import shown

if TYPE_CHECKING:
    from longvid.film.model import Film
    from longvid.film.pictures import Transform
    from longvid.film.spill import Candidates

NEAR = 0.25  # s; within this a kept frame stands for any time
LARGEST_FILE = 1 << 30  # bytes; a clip of 24 frames at 224 x 224 has 3.6 MB
HEADER = 4096  # bytes; more than what stands before the frames


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """frames: uint8 [T, H, W, 3] RGB; times: float64 [T], film time at which each was shown, s, never decreasing."""

    frames: NDArray[np.uint8]
    times: NDArray[np.float64]

    def __post_init__(self) -> None:
        f, t = self.frames, self.times
        if f.dtype != np.uint8 or f.ndim != 4 or f.shape[3] != 3 or 0 in f.shape[1:3]:
            raise ValueError(f"frames of a clip must be uint8 [T, H, W, 3], not {f.dtype} {f.shape}")
        if t.dtype != np.float64 or t.shape != f.shape[:1]:
            raise ValueError(f"times of a clip must be float64 [{len(f)}], not {t.dtype} {t.shape}")
        if not (np.isfinite(t).all() and (np.diff(t) >= 0).all()):
            raise ValueError("times of a clip must be finite and never decrease")


def pick(candidates: Candidates, times: Sequence[float], *, start: float, end: float) -> Clip:
    """The kept frames nearest to `times` (film time, s, ascending), none from outside [start, end).

    A frame within a quarter second stands for a time; where there is none (a picture that stands still for longer),
    the frame being shown is taken. A frame is taken twice only where no other is near. The times recorded are those
    of the frames; a frame that came up before `start` and is still shown has `start`.

    Raises ValueError where no frame was kept or the times do not ascend.
    """
    if len(candidates) == 0:
        raise ValueError("no frame has been kept to pick from")
    if any(b < a for a, b in itertools.pairwise(times)):
        raise ValueError("the times of a clip must ascend")
    kept = candidates.times
    inside = candidates.between(start, end)
    chosen: list[int] = []
    for time in times:
        chosen.append(_nearest(kept, inside, time, chosen[-1] if chosen else -1))
    shown_at = np.maximum(kept[chosen], start) if chosen else np.empty(0)
    return Clip(candidates.read(chosen), np.asarray(shown_at, dtype=np.float64))


def _nearest(kept: NDArray[np.float64], inside: range, time: float, before: int) -> int:
    """Index of the kept frame for this time, not before the one chosen last."""
    now = max(0, bisect.bisect_right(kept, time) - 1)  # the frame being shown, as far as kept
    if not inside:
        return max(now, before)
    near = [
        i for i in range(max(now - 1, inside.start), min(now + 3, inside.stop)) if abs(kept[i] - time) <= NEAR + 1e-6
    ]
    fresh = [i for i in near if i > before]
    if fresh:
        return min(fresh, key=lambda i: (abs(kept[i] - time), i))
    if near:
        return max(before, min(near, key=lambda i: (abs(kept[i] - time), i)))
    if now < inside.start and kept[inside.start] - time > 2 * NEAR:
        return max(now, before)  # what was on screen when the chunk began
    return max(before, min(max(now, inside.start), inside.stop - 1))


def exact(
    film: Film,
    wanted: Sequence[Sequence[float]],
    transform: Transform,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Clip]:
    """Decodes the film once more and yields one clip for each sequence of times in `wanted`, in order.

    The frame of a time is the one being shown: the last that came up at or before it (the first frame of the film for
    an earlier time, the last for a later one). Times in film time, s, ascending throughout; those recorded are the
    frames' own. One clip is in memory at a time. `progress` is told the film time reached, s.

    Raises ValueError where the times do not ascend, FilmError where nothing can be decoded.
    """
    from longvid.film.decode import Frames
    from longvid.film.pictures import Upright

    flat = [time for times in wanted for time in times]
    if any(b < a for a, b in itertools.pairwise(flat)):
        raise ValueError("the times of clips must ascend from the first clip to the last")
    if any(not times for times in wanted):
        raise ValueError("every clip must have a time")
    if not flat:
        return
    upright = Upright(film.video)
    with Frames(film, start=max(0.0, flat[0]), lead=0.0) as source:
        frames = ((source.clock.seconds(ticks), frame) for ticks, frame in source)
        current = next(frames, None)
        if current is None:
            raise FilmError(f"{shown(film.path)}: nothing can be decoded at {flat[0]:.1f} s; check that the film plays")
        coming = next(frames, None)
        picture: tuple[float, NDArray[np.uint8]] | None = None
        for times in wanted:
            pictures, at = [], []
            for time in times:
                while coming is not None and coming[0] <= time + 1e-6:
                    current, coming = coming, next(frames, None)
                if picture is None or picture[0] != current[0]:
                    picture = (current[0], transform(*upright(current[1])))
                pictures.append(picture[1])
                at.append(current[0])
            if progress is not None:
                progress(at[-1])
            yield Clip(np.stack(pictures), np.array(at, dtype=np.float64))


def fits_file(frames: int, pixels: int) -> bool:
    """Whether a clip of so many frames of so many pixels each is small enough to be read back."""
    return frames * (3 * pixels + 8) + HEADER <= LARGEST_FILE


def write_clip(path: Path, clip: Clip, *, lasting: bool = True) -> None:
    """Writes a clip as safetensors, whole or not at all: a reader never sees half a file, whatever is killed when. One
    that is not `lasting` is for this process alone, and is written faster.

    Raises FilmError where it cannot be written, or could not be read back.
    """
    from safetensors.numpy import save

    count, height, width = clip.frames.shape[:3]
    if not fits_file(count, height * width):
        raise FilmError(
            f"{shown(path)}: {count} frames of {width} x {height} are too many; choose fewer or smaller ones"
        )
    data = save({"frames": np.ascontiguousarray(clip.frames), "times": np.ascontiguousarray(clip.times)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if lasting:
            write_whole(path, data)
        else:
            path.write_bytes(data)
    except OSError as error:
        raise FilmError(f"{shown(path)}: the clip cannot be written ({error.strerror}); free some space") from error


def read_clip(path: Path) -> Clip:
    """Reads a clip that `write_clip` wrote. Raises FilmError for a file that is missing, cut off or something else."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FilmError(f"{shown(path)}: too large for a clip; delete it and run again")
        tensors = load(path.read_bytes())
        return Clip(tensors["frames"], tensors["times"])
    except OSError as error:
        raise FilmError(f"{shown(path)}: the clip cannot be read ({error.strerror}); run again") from error
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise FilmError(f"{shown(path)}: not a whole clip; delete it and run again") from error
