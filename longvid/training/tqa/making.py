"""A data set of questions about change, made of films: each on its way, then what of all is kept, split and written.

    DIR/
      train.jsonl, held-out.jsonl               in ms-swift's form
      train.llava.jsonl, held-out.llava.jsonl   in LLaVA's
      videos/                                   a file for each sample, named relative to DIR
      clips.jsonl                               every clip: its captions, its pair, and where it ended
      funnel.json                               how many each step let through
      films/                                    a run folder a film, which holds all answers

Films come in the order of the hashes of their content and are split by these, so neither their names nor their order
change anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from longvid.engine.models import Models
from longvid.engine.usage import sent
from longvid.errors import DataError, LongvidError, RunInUse
from longvid.files import write_whole
from longvid.pipeline.progress import Monitor
from longvid.text import counted
from longvid.text.shown import shown
from longvid.training.data import Sample, Turn, write
from longvid.training.data.files import line_of
from longvid.training.tqa.clip import Clip
from longvid.training.tqa.duplicates import without_duplicates
from longvid.training.tqa.film import clips_from, cut_out, video_of
from longvid.training.tqa.funnel import Funnel, funnel_of
from longvid.training.tqa.settings import TQASettings

FILMS, VIDEOS = "films", "videos"
TRAIN, HELD_OUT = "train", "held-out"


@dataclass(frozen=True, slots=True)
class Made:
    """What came of all films."""

    directory: Path
    funnel: Funnel
    clips: tuple[Clip, ...]
    failed: tuple[str, ...]
    """A line for each film that failed."""


async def make(films: Sequence[Path], models: Models, directory: Path, settings: TQASettings, monitor: Monitor) -> Made:
    """Make a data set of `films` in `directory`. Films with the same content count once; one that fails is left out.

    Raises DataError where every film failed or nothing can be written, RunInUse where another longvid is at work
    there, and the film's own error where there is one film alone.
    """
    for line in sent(models.captioner, models.llm, "none"):
        monitor.note(line)
    with _claimed(directory):
        found: dict[str, tuple[Path, list[Clip]]] = {}
        failed = []
        for path in films:
            try:
                clips = await clips_from(path, directory / FILMS, models, settings, monitor)
                found.setdefault(clips[0].film, (path, clips))
            except LongvidError as error:
                if len(films) == 1:
                    raise
                failed.append(str(error))
                monitor.warn(f"{shown(path)} is left out: {error}")
        if not found:
            raise DataError(f"all {len(films)} films failed; nothing was written")
        return await assemble(dict(sorted(found.items())), failed, directory, settings, monitor)


async def assemble(
    found: dict[str, tuple[Path, list[Clip]]],
    failed: Sequence[str],
    directory: Path,
    settings: TQASettings,
    monitor: Monitor,
) -> Made:
    """Write the data set of `found`: the hash of a film's content -> where the film lies, and its clips.

    Raises as `make`.
    """
    clips = without_duplicates([clip for _, some in found.values() for clip in some])
    kept = [clip for clip in clips if clip.outcome == "kept"]
    for film, (path, _) in found.items():
        await cut_out(path, [clip for clip in kept if clip.film == film], directory / VIDEOS, monitor)
    out = [clip for clip in kept if settings.holds_out(clip.film)]
    funnel = funnel_of(len(found) + len(failed), len(failed), clips, len(out))
    _write(directory / "clips.jsonl", "".join(f"{line_of(clip.as_json())}\n" for clip in clips))
    _write(directory / "funnel.json", json.dumps(funnel.as_json(), indent=1) + "\n")
    for name, some in ((TRAIN, [clip for clip in kept if clip not in out]), (HELD_OUT, out)):
        samples = [sample_of(clip) for clip in some]
        write(directory / f"{name}.jsonl", samples)
        write(directory / f"{name}.llava.jsonl", samples, form="llava")
    return Made(directory, funnel, tuple(clips), tuple(failed))


def sample_of(clip: Clip) -> Sample:
    """A clip that was kept as a sample; its video is named relative to the data set."""
    if clip.pair is None:
        raise ValueError("a clip without a pair is no sample")
    return Sample(
        (str(video_of(clip, Path(VIDEOS))),),
        (Turn("user", clip.pair.question), Turn("assistant", clip.pair.answer)),
        id=clip.name,
        more={"film": clip.film, "start": round(clip.start, 3), "end": round(clip.end, 3), "second": clip.second},
    )


def problems_of(made: Made) -> list[str]:
    """A line for each thing that is not as it should be."""
    found = []
    if made.failed:
        found.append(f"{counted(len(made.failed), 'film')} of {made.funnel.films} failed and are not in the data set")
    if made.funnel.failed:
        found.append(f"{counted(made.funnel.failed, 'frame')} of {made.funnel.frames} got no caption")
    return found


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode(errors="backslashreplace"))
    except OSError as error:
        raise DataError(
            f"cannot write {shown(path)}: {error.strerror}; free some space or choose another -o"
        ) from error


@contextmanager
def _claimed(directory: Path) -> Iterator[None]:
    """Make `directory` and keep others out of it. Raises RunInUse, DataError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory / "lock", timeout=0, thread_local=False)
        lock.acquire()
    except Timeout as error:
        raise RunInUse(f"{shown(directory)} is in use by another longvid; wait for it, or choose another -o") from error
    except OSError as error:
        raise DataError(f"{shown(directory)} cannot be written: {error.strerror}; choose another -o DIR") from error
    try:
        yield
    finally:
        lock.release()
