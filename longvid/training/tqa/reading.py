"""The clips of a film and the frames of each: shots packed to clips, a frame a second, by the reader of the pipeline.

What is read stays in the film's run folder. Knows no question and no answer.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from longvid.engine.models import Models
from longvid.engine.pictures import described
from longvid.film import Dialogue, Film, fingerprint, probe
from longvid.pipeline import ingest
from longvid.pipeline.ingest import Ingested, IngestSettings
from longvid.pipeline.progress import Monitor
from longvid.run import FilmIdentity, RunFolder
from longvid.training.tqa.settings import TQASettings

T = TypeVar("T")


class Halted(Exception):
    """The work was told to end."""


async def in_thread(call: Callable[[Callable[[], None]], T]) -> T:
    """What `call` returns, run in a thread and given a function to call often, which raises once this is cancelled; the
    thread has then ended before this does."""
    halted = threading.Event()

    def check() -> None:
        if halted.is_set():
            raise Halted

    task = asyncio.ensure_future(asyncio.to_thread(call, check))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        halted.set()
        await asyncio.gather(task, return_exceptions=True)
        raise


async def opened(path: Path) -> tuple[Film, FilmIdentity]:
    """The film at `path`, and what its run folder knows it by. Raises FilmError."""
    film = await asyncio.to_thread(probe, path)
    return film, FilmIdentity(path, await asyncio.to_thread(fingerprint, path), film.size)


def ingest_settings(settings: TQASettings) -> IngestSettings:
    """How films are cut and which frames are taken: shots packed to clips, a frame at each whole second of them."""
    return IngestSettings(
        target_length=settings.clip_length,
        max_length=settings.clip_length,
        sampler="first",
        fit=settings.fit,
        exact_frames=True,
        frames=round(settings.clip_length) + 1,
    )


async def clips_of(
    film: Film, identity: FilmIdentity, folder: RunFolder, models: Models, settings: TQASettings, monitor: Monitor
) -> Ingested:
    """The clips of `film`: from the run folder, or by reading it. Raises FilmError, RunError."""
    wanted = ingest_settings(settings)
    key = ingest.plan_key(identity.fingerprint, wanted, described(models.image_size))
    if (known := ingest.load(folder, key)) is not None:
        return known

    def read(check: Callable[[], None]) -> Ingested:
        def progress(stage: str, done: float, total: float) -> None:
            check()
            monitor.advance(stage, done, total)

        transform = models.transform(settings.fit)
        return ingest.read(film, folder, key, wanted, transform, progress, partial(Dialogue, (), ""))

    return await in_thread(read)
