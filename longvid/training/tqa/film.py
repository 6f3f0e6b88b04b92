"""One film's way: read, captioned, asked about, and the clips that are kept cut out of it as videos.

All that is made lies in the film's run folder and in its store, so a killed run goes on with what was in flight, and
the same film, models and settings give the same clips. Knows no other film.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from longvid.engine.models import Models
from longvid.engine.scheduler import Engine, Progress
from longvid.engine.tracing import traced
from longvid.errors import RunError
from longvid.pipeline.progress import Monitor
from longvid.run import RunFolder, open_for
from longvid.text.shown import shown
from longvid.training.tqa.asking import filtered, written
from longvid.training.tqa.captioning import captioned
from longvid.training.tqa.clip import Clip, FilmClips
from longvid.training.tqa.cutting import cut
from longvid.training.tqa.reading import clips_of, in_thread, opened
from longvid.training.tqa.settings import FRAME_TOKENS, TQASettings

FRAMES = 24
"""Of a clip, as it is usual."""


async def clips_from(path: Path, directory: Path, models: Models, settings: TQASettings, monitor: Monitor) -> FilmClips:
    """The clips of the film at `path`, each as far as it came: those that are `kept` have a valid pair.

    The film's run folder is in `directory`. Raises LongvidError for whatever the user can mend.
    """
    film, identity = await opened(path)
    problems = models.doubts(shown(Path(path.name)), film.comment)
    for line in problems:
        monitor.warn(line)
    with open_for(identity, directory) as folder:
        read = await clips_of(film, identity, folder, models, settings, monitor)
        for line in (broken := [f"{shown(Path(path.name))}: {line}" for line in read.warnings]):
            monitor.warn(line)
        frames = sum(len(ref.times) for ref in read.clips.values())
        done = 0

        def answered(progress: Progress) -> None:
            nonlocal done
            done += 1
            monitor.advance("answers", done, frames + 2 * len(read.chunks))

        engine = Engine(
            folder.store,
            captioner=models.captioner,
            llm=models.llm,
            captioner_identity=models.captioner_identity,
            seed=settings.seed,
            on_progress=answered,
        )
        folder.store.begin(read.key, "tqa")
        tokens = min(models.caption_tokens, FRAME_TOKENS)
        shots = [(chunk, read.clips[chunk.index]) for chunk in read.chunks]
        # Asked about in one breath, whatever was answered before: a run that goes on forms the same batches.
        size = math.ceil(models.max_concurrency / FRAMES)
        with _scratch(folder, read.key) as scratch, traced():
            async with engine:
                clips: list[Clip] = []
                for at in range(0, len(shots), size):
                    clips += await captioned(identity.fingerprint, shots[at : at + size], engine, tokens, scratch)
                clips = await written(await filtered(clips, engine), engine)
    return FilmClips(path, tuple(clips), (*problems, *broken))


async def cut_out(found: FilmClips, clips: Sequence[Clip], directory: Path, monitor: Monitor) -> None:
    """Have a video of each of `clips`, which are of the film of `found`, in `directory`; those that are there stay.

    Raises FilmError, DataError.
    """
    missing = [clip for clip in clips if not video_of(clip, directory).exists()]
    if not missing:
        return
    film, _ = await opened(found.path)
    for done, clip in enumerate(missing):
        monitor.advance("clips", done, len(missing))
        await in_thread(partial(cut, film, clip.start, clip.end, video_of(clip, directory)))
    monitor.advance("clips", len(missing), len(missing))


def video_of(clip: Clip, directory: Path) -> Path:
    """Where the video of `clip` lies."""
    return directory / f"{clip.name}.mp4"


@contextmanager
def _scratch(folder: RunFolder, key: str) -> Iterator[Path]:
    """A folder for what the captioner is shown, without what a killed run has left in it. Raises RunError."""
    path = folder.clips_path / f".{key}"
    shutil.rmtree(path, ignore_errors=True)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot use {shown(path)}: {error.strerror}; free some space and run again") from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
