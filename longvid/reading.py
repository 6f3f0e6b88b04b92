"""From a film to its chunks and clips in the run folder, with one decode pass; a later run reads them from there.

A plan and its clips lie in `clips/<key>/`, where the key hashes the film and every setting that decides them, so that
runs with different samplers or lengths stand side by side. Knows no model beyond the size of its picture: how a frame
is made small is handed in.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from longvid.cogvlm2.sampling import sample_times
from longvid.engine.request import ClipRef
from longvid.errors import RunError
from longvid.film import Chunk, Clip, Film, Line, Scan
from longvid.run import RunFolder, key_of
from longvid.run.files import read_json, write_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLAN_VERSION = 2
"""Raise it when scanning, planning or sampling would give other clips: older plans are then made anew."""
KEY_LENGTH = 16
SHORTEST, LONGEST = 1 / 3, 1.2
"""Limits of a chunk's length where the user names none, as shares of the target: 20 s and 72 s for a minute."""

Sampler = Literal["first", "uniform", "scene"]
Fit = Literal["crop", "pad"]
Detector = Literal["adaptive", "content"]


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """What decides scenes, chunks and clips. Times and lengths in seconds."""

    video_track: int | None = None
    """Index of the video stream; None: the one that is most likely the film."""
    detector: Detector = "adaptive"
    start: float | None = None
    end: float | None = None
    target_length: float = 60.0
    min_length: float | None = None
    max_length: float | None = None
    sampler: Sampler = "uniform"
    fit: Fit = "crop"
    exact_frames: bool = False
    frames: int = 24


@dataclass(frozen=True, slots=True)
class Reading:
    """A film that has been read: its chunks, and where their clips are."""

    key: str
    duration: float
    """Seconds of film that were read: less than the film lasts where a range was wanted."""
    chunks: tuple[Chunk, ...]
    clips: Mapping[int, ClipRef]
    warnings: tuple[str, ...]
    """What of the film could not be used; empty when all could."""


def plan_key(fingerprint: str, settings: ReadSettings, image_size: int) -> str:
    """Name of the folder of a plan: a hash of the film and of all settings that decide its clips."""
    request = {"v": PLAN_VERSION, "film": fingerprint, "settings": asdict(settings), "image_size": image_size}
    return key_of(request)[:KEY_LENGTH]


def plan_chunks(scan: Scan, settings: ReadSettings, lines: Sequence[Line] = ()) -> tuple[Chunk, ...]:
    """The chunks of a scanned film."""
    from longvid.film import plan

    target = settings.target_length
    return plan(
        scan.scenes,
        target=target,
        minimum=target * SHORTEST if settings.min_length is None else settings.min_length,
        maximum=target * LONGEST if settings.max_length is None else settings.max_length,
        lines=lines,
    )


def frame_times(chunk: Chunk, settings: ReadSettings, shown: NDArray[np.float64]) -> list[float]:
    """The times (seconds of the film) at which the sampler wants frames of `chunk`; `shown` are those at which frames
    come up."""
    return sample_times(settings.sampler, chunk.start, chunk.end, chunk.scenes, shown, num=settings.frames)


def of_range(film: Film, settings: ReadSettings, tell: Callable[[float, float], None]) -> Callable[[float], None]:
    """A progress that, told the film time reached, tells `tell` the seconds done and to do of the range to be read."""
    start = settings.start or 0.0
    # A container that knows no duration says 0.
    end = film.duration if settings.end is None else min(settings.end, film.duration or settings.end)
    return lambda reached: tell(reached - start, max(0.0, end - start))


def load(folder: RunFolder, key: str) -> Reading | None:
    """The plan `key` of `folder`, or None if it is not there whole: nothing missing, cut off or damaged."""
    directory = folder.clips_path / key
    try:
        value = read_json(directory / "plan.json")
        if value is None:
            return None
        for row in value["chunks"]:
            if (directory / row["clip"]).stat().st_size != row["bytes"]:
                return None
        return _from_json(directory, key, value)
    except (RunError, OSError, KeyError, TypeError, ValueError):
        # Damaged: the film can be read again, and every answer about the same pictures is still in the store.
        return None


def read(
    film: Film,
    folder: RunFolder,
    key: str,
    settings: ReadSettings,
    transform: Callable[[Any, float], Any],
    progress: Callable[[str, float, float], None],
) -> Reading:
    """Scan `film`, plan its chunks and write their clips.

    `transform` makes a model's picture of a full-size frame. `progress(stage, done, total)` counts seconds of the
    range; it may raise to end the work, and then nothing half-written stays.
    """
    from longvid.film import dialogue, exact, pick, scan, write_clip

    directory = folder.clips_path / key
    scratch = folder.clips_path / f".{key}"
    for path in (directory, scratch):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    try:
        spoken = dialogue(film)
        with scan(
            film,
            detector=settings.detector,
            start=settings.start,
            end=settings.end,
            transform=None if settings.exact_frames else transform,
            scratch=scratch,
            progress=of_range(film, settings, partial(progress, "scan")),
        ) as scanned:
            chunks = plan_chunks(scanned, settings, spoken.lines)
            wanted = [frame_times(chunk, settings, scanned.shown) for chunk in chunks]
            kept = scanned.candidates
            if kept is None:
                clips = exact(film, wanted, transform, of_range(film, settings, partial(progress, "frames")))
            else:
                clips = (
                    pick(kept, times, start=chunk.start, end=chunk.end)
                    for chunk, times in zip(chunks, wanted, strict=True)
                )
            rows = []
            for chunk, clip in zip(chunks, clips, strict=True):
                name = f"{chunk.index:05}.safetensors"
                write_clip(directory / name, clip)
                rows.append(_row(chunk, clip, directory / name))
                progress("clips", chunk.index + 1, len(chunks))
        value = {
            "format": PLAN_VERSION,
            "film": film.path.name,
            "duration": scanned.seconds,
            "settings": asdict(settings),
            "scenes": [[scene.start, scene.end] for scene in scanned.scenes],
            "chunks": rows,
            "warnings": [line for line in (scanned.warning, spoken.warning) if line],
        }
        write_json(directory / "plan.json", value)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _from_json(directory, key, value)


def digest(clip: Clip, start: float) -> str:
    """SHA-256 over a clip's pictures and their times from `start` (milliseconds): what a model sees of it."""
    times = [round((float(t) - start) * 1000) for t in clip.times]
    head = json.dumps([list(clip.frames.shape), times]).encode()
    return hashlib.sha256(head + clip.frames.tobytes()).hexdigest()


def _row(chunk: Chunk, clip: Clip, path: Path) -> dict[str, Any]:
    return {
        "index": chunk.index,
        "start": chunk.start,
        "end": chunk.end,
        "scenes": [list(scene) for scene in chunk.scenes],
        "lines": [[line.start, line.end, line.text] for line in chunk.lines],
        "frames": [float(t) for t in clip.times],
        "clip": path.name,
        "bytes": path.stat().st_size,
        "digest": digest(clip, chunk.start),
    }


def _from_json(directory: Path, key: str, value: Mapping[str, Any]) -> Reading:
    chunks, clips = [], {}
    for index, row in enumerate(value["chunks"]):
        if row["index"] != index or Path(row["clip"]).name != row["clip"]:
            raise ValueError("chunks are numbered from 0 and their clips lie beside the plan")
        chunk = Chunk(
            index=index,
            start=float(row["start"]),
            end=float(row["end"]),
            scenes=tuple((float(a), float(b)) for a, b in row["scenes"]),
            lines=tuple(Line(float(a), float(b), str(text)) for a, b, text in row["lines"]),
        )
        chunks.append(chunk)
        clips[index] = ClipRef(
            path=directory / row["clip"],
            digest=str(row["digest"]),
            chunk=index,
            times=tuple(max(0.0, float(t) - chunk.start) for t in row["frames"]),
        )
    warnings = tuple(str(line) for line in value["warnings"])
    return Reading(key, float(value["duration"]), tuple(chunks), clips, warnings)
