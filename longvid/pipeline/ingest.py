"""From a film to its chunks and clips in the run folder, with one decode pass; a later run reads them from there.

A plan and its clips lie in `clips/<key>/`, where the key hashes the film and every setting that decides them, so that
runs with different samplers or lengths stand side by side; so does what subtitle files say, which decides where chunks
end. Where other subtitles change no chunk, the film is not read again. Knows no model beyond the size of its picture:
how a frame is made small is handed in.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from longvid.cogvlm2.sampling import sample_times
from longvid.engine.request import ClipRef
from longvid.errors import RunError
from longvid.film import Chunk, Clip, Cue, Dialogue, Film, Scene
from longvid.film.cues import Kind
from longvid.output.report import NOTHING_HEARD, Heard, Pictures
from longvid.pipeline.listening import heard_of
from longvid.run import RunFolder, key_of
from longvid.run.cleaning import PLAN
from longvid.run.files import read_json, write_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from longvid.film import Candidates
    from longvid.film.foresight import Shown

PLAN_VERSION = 5
"""Raise it when scanning, planning or sampling would give other clips: older plans are then made anew."""
KEY_LENGTH = 16
PICTURES = "pictures"
"""In the folder of a plan: pictures for people, which no model is shown."""
SHORTEST, LONGEST = 1 / 3, 1.2
"""Limits of a chunk's length where the user names none, as shares of the target: 20 s and 72 s for a minute."""

Sampler = Literal["first", "uniform", "scene"]
Fit = Literal["crop", "pad"]
Detector = Literal["adaptive", "content"]


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """What decides scenes, chunks and clips. Times and lengths in seconds.

    What is the same as naming nothing becomes None, so that settings are equal where their plans are.
    """

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

    def __post_init__(self) -> None:
        for name, default in (
            ("start", 0.0),
            ("min_length", self.target_length * SHORTEST),
            ("max_length", self.target_length * LONGEST),
        ):
            if getattr(self, name) == default:
                object.__setattr__(self, name, None)


@dataclass(frozen=True, slots=True)
class Ingested:
    """A film that has been read: its chunks, and where their clips are."""

    key: str
    duration: float
    """Seconds of film that were read: less than the film lasts where a range was wanted."""
    chunks: tuple[Chunk, ...]
    clips: Mapping[int, ClipRef]
    warnings: tuple[str, ...]
    """What of the film was lost; empty when nothing was."""
    heard: Heard = NOTHING_HEARD
    """Where its dialogue comes from."""
    offset: float = 0.0
    """Film time 0 on the clock that subtitle files of the film refer to, s."""
    pictures: Pictures | None = None
    """Those for people; None where there are none."""


def plan_key(fingerprint: str, settings: IngestSettings, image_size: int | Mapping[str, int], spoken: str = "") -> str:
    """Name of the folder of a plan: a hash of the film and of all settings that decide its clips (`image_size` as
    `longvid.engine.pictures.described` has it) and, where something beside the film decides its dialogue, behind it the
    hash of that (`Listening.digest`)."""
    request = {"v": PLAN_VERSION, "film": fingerprint, "settings": asdict(settings), "image_size": image_size}
    pictures = key_of(request)[:KEY_LENGTH]
    return f"{pictures}-{spoken[:KEY_LENGTH]}" if spoken else pictures


def chunk_lengths(settings: IngestSettings) -> tuple[float, float, float]:
    """Target, least and most of a chunk's length, s."""
    target = settings.target_length
    minimum = target * SHORTEST if settings.min_length is None else settings.min_length
    return target, minimum, target * LONGEST if settings.max_length is None else settings.max_length


def plan_chunks(scenes: Sequence[Scene], settings: IngestSettings, lines: Sequence[Cue] = ()) -> tuple[Chunk, ...]:
    """The chunks of a film that has these scenes, in which `lines` are said."""
    from longvid.film import plan, within

    target, minimum, maximum = chunk_lengths(settings)
    # A container's word for how long a film is is not to be trusted; only a scan knows.
    lines = within(lines, scenes[-1].end)
    return plan(scenes, target=target, minimum=minimum, maximum=maximum, lines=lines)


def frame_times(chunk: Chunk, settings: IngestSettings, shown: NDArray[np.float64]) -> list[float]:
    """The times (seconds of the film) at which the sampler wants frames of `chunk`; `shown` are those at which frames
    come up."""
    return sample_times(settings.sampler, chunk.start, chunk.end, chunk.scenes, shown, num=settings.frames)


def of_range(film: Film, settings: IngestSettings, tell: Callable[[float, float], None]) -> Callable[[float], None]:
    """A progress that, told the film time reached, tells `tell` the seconds done and to do of the range to be read."""
    start = settings.start or 0.0
    # A container that knows no duration says 0.
    end = film.duration if settings.end is None else min(settings.end, film.duration or settings.end)
    return lambda reached: tell(reached - start, max(0.0, end - start))


def load(folder: RunFolder, key: str) -> Ingested | None:
    """The plan `key` of `folder`, or None if it is not there whole: nothing missing, cut off or damaged."""
    directory = folder.clips_path / key
    try:
        value = _whole(directory)
        return None if value is None else _from_json(directory, key, value)
    except (RunError, OSError, LookupError, AttributeError, TypeError, ValueError):
        # Damaged: the film can be read again, and every answer about the same pictures is still in the store.
        return None


def planned(clips: Path, key: object) -> Ingested | None:
    """The plan `key` in the folder `clips`, whether its clips are there or not; None where it is missing or damaged.

    Takes no lock, so a run may be under way.
    """
    if not isinstance(key, str) or not PLAN.fullmatch(key):
        return None
    directory = clips / key
    try:
        value = read_json(directory / "plan.json")
        return None if value is None else _from_json(directory, key, value)
    except (RunError, LookupError, AttributeError, TypeError, ValueError):
        return None


def read(
    film: Film,
    folder: RunFolder,
    key: str,
    settings: IngestSettings,
    transform: Callable[[Any, float], Any],
    progress: Callable[[str, float, float], None],
    listen: Callable[[], Dialogue],
    early: Callable[[ClipRef], None] | None = None,
) -> Ingested:
    """Scan `film`, plan its chunks and write their clips; where a plan of the same pictures and chunks is there, take
    its clips. `listen` gives what is said in it.

    `transform` makes a model's picture of a full-size frame. `progress(stage, done, total)` counts seconds of the
    range; it may raise to end the work, and then nothing half-written stays. `early` is told of clips, in another
    thread, while the film is still being read; such a clip stays for as long as nothing raises.
    """
    directory = folder.clips_path / key
    scratch = folder.clips_path / f".{key}"
    for path in (directory, scratch):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    try:
        said = listen()
        value = _reused(directory, settings, said) or _scanned(
            film, directory, scratch, settings, said, transform, progress, early
        )
        value |= {"format": PLAN_VERSION, "film": film.path.name, "settings": asdict(settings)}
        value["dialogue"] = {**heard_of(said).as_json(), "offset": film.start - film.origin}
        write_json(directory / "plan.json", value)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _from_json(directory, key, value)


def _scanned(
    film: Film,
    directory: Path,
    scratch: Path,
    settings: IngestSettings,
    said: Dialogue,
    transform: Callable[[Any, float], Any],
    progress: Callable[[str, float, float], None],
    early: Callable[[ClipRef], None] | None,
) -> dict[str, Any]:
    """What plan.json says of a film that is read now; its clips are written into `directory`."""
    from longvid.film import Album, exact, pick, scan
    from longvid.film.chunks import Packer
    from longvid.pipeline.early import EarlyClips

    album = Album()

    def write_early(chunk: Chunk, kept: Candidates, shown: Shown) -> ClipRef:
        times = frame_times(chunk, settings, shown(chunk.start))
        clip = pick(kept, times, start=chunk.start, end=chunk.end)
        # Where the plan has another clip in its place in the end, that must have a name of its own: this one may be
        # being watched.
        row = write_row(chunk, clip, directory / f"{chunk.index:05}-early.safetensors")
        return ClipRef(directory / row["clip"], row["digest"], chunk.index, times_of(row))

    before: EarlyClips | None = None
    if early is not None:
        before = EarlyClips(Packer(*chunk_lengths(settings), said.cues), write_early, early)
    with scan(
        film,
        detector=settings.detector,
        start=settings.start,
        end=settings.end,
        transform=None if settings.exact_frames else transform,
        scratch=scratch,
        album=album,
        progress=of_range(film, settings, partial(progress, "scan")),
        settled=before,
    ) as scanned:
        chunks = plan_chunks(scanned.scenes, settings, said.cues)
        wanted = [frame_times(chunk, settings, scanned.shown) for chunk in chunks]
        kept = scanned.candidates
        if kept is None:
            clips = exact(film, wanted, transform, of_range(film, settings, partial(progress, "frames")))
        else:
            clips = (
                pick(kept, times, start=chunk.start, end=chunk.end) for chunk, times in zip(chunks, wanted, strict=True)
            )
        rows = []
        for chunk, clip in zip(chunks, clips, strict=True):
            known = before.path(chunk.index, digest(clip, chunk.start)) if before is not None else None
            rows.append(write_row(chunk, clip, known or directory / f"{chunk.index:05}.safetensors"))
            progress("clips", chunk.index + 1, len(chunks))
        album.write(directory / PICTURES)
        return {
            "duration": scanned.seconds,
            "scenes": [[scene.start, scene.end] for scene in scanned.scenes],
            "chunks": rows,
            "warnings": [scanned.warning] if scanned.warning else [],
            "pictures": album.size,
        }


def _reused(directory: Path, settings: IngestSettings, said: Dialogue) -> dict[str, Any] | None:
    """What plan.json says where an earlier plan of the same pictures has the same chunks, though other lines; its clips
    are then in `directory` too. None where there is none."""
    from longvid.film import Scene

    for other in sorted(directory.parent.glob(f"{directory.name[:KEY_LENGTH]}*")):
        try:
            value = _whole(other) if other != directory else None
            if value is None or value["format"] != PLAN_VERSION:
                continue
            scenes = [Scene(i, float(a), float(b)) for i, (a, b) in enumerate(value["scenes"])]
            chunks = plan_chunks(scenes, settings, said.cues)
            if [_span(chunk) for chunk in chunks] != [_span(c) for c in _from_json(other, other.name, value).chunks]:
                continue
            for chunk, row in zip(chunks, value["chunks"], strict=True):
                _share(other / row["clip"], directory / row["clip"])
                row["dialogue"] = _dialogue(chunk)
            _share_pictures(other / PICTURES, directory / PICTURES)
        except (RunError, OSError, LookupError, AttributeError, TypeError, ValueError):
            shutil.rmtree(directory)
            directory.mkdir()
            continue  # damaged, or from anybody: the film itself is still there
        return {name: value.get(name) for name in ("duration", "scenes", "chunks", "warnings", "pictures")}
    return None


def _span(chunk: Chunk) -> tuple[float, float, tuple[tuple[float, float], ...]]:
    return chunk.start, chunk.end, chunk.scenes


def _whole(directory: Path) -> dict[str, Any] | None:
    """What plan.json of a plan says, None where it or a clip is missing or cut off. Raises where it is damaged."""
    value = read_json(directory / "plan.json")
    if value is None:
        return None
    for row in value["chunks"]:
        if (directory / row["clip"]).stat().st_size != row["bytes"]:
            return None
    return value


def _share_pictures(source: Path, target: Path) -> None:
    """Pictures for people, where a plan has some; without them it is as good."""
    if source.is_dir() and not source.is_symlink():
        target.mkdir()
        for path in sorted(source.glob("*.webp")):
            _share(path, target / path.name)


def _share(source: Path, target: Path) -> None:
    """`target` becomes the file `source` too; a copy where the disk knows no such thing."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, target, follow_symlinks=False)


def digest(clip: Clip, start: float) -> str:
    """SHA-256 over a clip's pictures and their times from `start` (milliseconds): what a model sees of it."""
    times = [round((float(t) - start) * 1000) for t in clip.times]
    head = json.dumps([list(clip.frames.shape), times]).encode()
    return hashlib.sha256(head + clip.frames.tobytes()).hexdigest()


def write_row(chunk: Chunk, clip: Clip, path: Path) -> dict[str, Any]:
    """Write the clip of a chunk and give what plan.json says of it. The same clip may be there, and is being read."""
    from longvid.film import write_clip

    write_clip(path, clip)
    return {
        "index": chunk.index,
        "start": chunk.start,
        "end": chunk.end,
        "scenes": [list(scene) for scene in chunk.scenes],
        "dialogue": _dialogue(chunk),
        "frames": [float(t) for t in clip.times],
        "clip": path.name,
        "bytes": path.stat().st_size,
        "digest": digest(clip, chunk.start),
    }


def times_of(row: Mapping[str, Any]) -> tuple[float, ...]:
    """When the frames of a chunk are shown, s from its start, by its row in plan.json."""
    return tuple(max(0.0, float(time) - float(row["start"])) for time in row["frames"])


def _dialogue(chunk: Chunk) -> list[list[Any]]:
    return [[cue.start, cue.end, cue.text, cue.speaker, cue.kind] for cue in chunk.dialogue]


def _cue(row: Sequence[Any]) -> Cue:
    start, end, text, speaker, kind = row if len(row) == 5 else (*row, None, "speech")  # plans of version 3 have three
    if kind not in get_args(Kind) or not isinstance(speaker, str | None):
        raise ValueError("a cue is speech, a sound or a song")
    return Cue(float(start), float(end), str(text), speaker, kind)


def _from_json(directory: Path, key: str, value: Mapping[str, Any]) -> Ingested:
    chunks, clips = [], {}
    for index, row in enumerate(value["chunks"]):
        if row["index"] != index or Path(row["clip"]).name != row["clip"]:
            raise ValueError("chunks are numbered from 0 and their clips lie beside the plan")
        chunk = Chunk(
            index=index,
            start=float(row["start"]),
            end=float(row["end"]),
            scenes=tuple((float(a), float(b)) for a, b in row["scenes"]),
            dialogue=tuple(map(_cue, row["dialogue"] if "dialogue" in row else row["lines"])),
        )
        chunks.append(chunk)
        clips[index] = ClipRef(
            path=directory / row["clip"],
            digest=str(row["digest"]),
            chunk=index,
            times=times_of(row),
        )
    warnings = [str(line) for line in value["warnings"]]
    told = value.get("dialogue")
    if told is None:  # plans of version 3 do not say where it comes from
        lines = sum(len(chunk.dialogue) for chunk in chunks)
        told = {"source": "subtitles" if lines else "", "language": None, "cues": lines, "how": "", "offset": 0.0}
    language = told["language"]
    heard = Heard(str(told["source"]), None if language is None else str(language), int(told["cues"]), str(told["how"]))
    size = value.get("pictures")  # earlier plans have none
    pictures = Pictures(f"clips/{key}/{PICTURES}", int(size[0]), int(size[1])) if size else None
    offset = float(told["offset"])
    return Ingested(key, float(value["duration"]), tuple(chunks), clips, tuple(warnings), heard, offset, pictures)
