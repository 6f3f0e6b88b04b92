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
from longvid.text.shown import shown
from longvid.training.data import Sample, Turn, write
from longvid.training.data.files import line_of
from longvid.training.tqa.clip import Clip, FilmClips
from longvid.training.tqa.duplicates import without_duplicates
from longvid.training.tqa.film import clips_from, cut_out, video_of
from longvid.training.tqa.funnel import Funnel, funnel_of
from longvid.training.tqa.settings import TQASettings

FILMS, VIDEOS = "films", "videos"
TRAIN, HELD_OUT = "train", "held-out"


@dataclass(frozen=True, slots=True)
class Made:
    """What came of all films."""

    films: tuple[FilmClips, ...]
    clips: tuple[Clip, ...]
    """Of all films, each as far as it came."""
    train: tuple[Clip, ...]
    held_out: tuple[Clip, ...]
    funnel: Funnel
    problems: tuple[str, ...]
    """A line for each film that failed, and for each thing of the others that is not as it should be."""


async def make(films: Sequence[Path], models: Models, directory: Path, settings: TQASettings, monitor: Monitor) -> Made:
    """Make a data set of `films` in `directory`. Films with the same content count once; one that fails is left out.

    Raises DataError where every film failed or nothing can be written, RunInUse where another longvid is at work
    there, and the film's own error where there is one film alone.
    """
    for line in sent(models.captioner, models.llm, "none"):
        monitor.note(line)
    with _claimed(directory):
        found: list[FilmClips] = []
        failed = []
        for path in films:
            try:
                found.append(await clips_from(path, directory / FILMS, models, settings, monitor))
            except LongvidError as error:
                if len(films) == 1:
                    raise
                failed.append(f"{shown(path)} is left out: {error}")
                monitor.warn(failed[-1])
        if not found:
            raise DataError(f"all {len(films)} films failed; nothing was written")
        made = settled(found, failed, settings)
        await deliver(made, directory, monitor)
        return made


def settled(found: Sequence[FilmClips], failed: Sequence[str], settings: TQASettings) -> Made:
    """What comes of the films `found`, none of which counts twice: near-duplicates marked, films split. Nothing is
    written. `failed`: a line for each film that did."""
    films = [film for _, film in sorted({film.film: film for film in reversed(found)}.items())]
    clips = without_duplicates([clip for film in films for clip in film.clips])
    kept = [clip for clip in clips if clip.outcome == "kept"]
    out = tuple(clip for clip in kept if settings.holds_out(clip.film))
    return Made(
        tuple(films),
        tuple(clips),
        tuple(clip for clip in kept if not settings.holds_out(clip.film)),
        out,
        funnel_of(len(films) + len(failed), len(failed), clips, len(out)),
        (*failed, *(line for film in films for line in film.problems)),
    )


async def deliver(made: Made, directory: Path, monitor: Monitor) -> None:
    """Write the data set into `directory`, which is there. Raises FilmError, DataError."""
    for film in made.films:
        kept = [clip for clip in (*made.train, *made.held_out) if clip.film == film.film]
        await cut_out(film, kept, directory / VIDEOS, monitor)
    _write(directory / "clips.jsonl", "".join(f"{line_of(clip.as_json())}\n" for clip in made.clips))
    _write(directory / "funnel.json", json.dumps(made.funnel.as_json(), indent=1) + "\n")
    for name, clips in ((TRAIN, made.train), (HELD_OUT, made.held_out)):
        samples = [sample_of(clip) for clip in clips]
        write(directory / f"{name}.jsonl", samples)
        write(directory / f"{name}.llava.jsonl", samples, form="llava")


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
