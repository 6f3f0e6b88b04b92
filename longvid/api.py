"""What scripts, the commands and the benchmarks call: a film in, a report out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from longvid.captions.imported import Given
from longvid.carry import Carry
from longvid.engine.backends.imported import given_models
from longvid.engine.models import Models
from longvid.errors import CarryError, RunError
from longvid.film import files_digest, fingerprint, probe
from longvid.output import Report
from longvid.pipeline import ingest
from longvid.pipeline.ingest import ReadSettings
from longvid.pipeline.job import Job
from longvid.pipeline.progress import Monitor
from longvid.pipeline.run import FilmRun
from longvid.run import FilmIdentity, key_of, open_existing, open_for
from longvid.run.files import read_json
from longvid.text.shown import shown


async def summarize(path: Path, job: Job, models: Models, monitor: Monitor) -> Report:
    """Read the film at `path`, caption its chunks, merge the captions, write the outputs into its run folder.

    Raises LongvidError for whatever the user can mend; the run folder then holds all finished work; where there
    is none, a folder that was made for this run is gone again.
    """
    film = await asyncio.to_thread(probe, path, video=job.read.video_track)
    identity = FilmIdentity(path, await asyncio.to_thread(fingerprint, path), film.size)
    spoken = await asyncio.to_thread(files_digest, film)
    with open_for(identity, job.directory, fresh=job.fresh) as folder:
        if folder.notice:
            monitor.note(folder.notice)
        key = ingest.plan_key(identity.fingerprint, job.read, models.image_size, spoken)
        doubts = models.doubts(shown(Path(path.name)), film.comment)
        run = FilmRun(folder, job, models, monitor, key, film, doubts=doubts)
        try:
            return await run.run()
        except BaseException:
            if run.reading is None:
                folder.discard()
            raise


async def merge(path: Path, job: Job, models: Models, monitor: Monitor) -> Report:
    """Merge the run at `path` again from its stored captions. Watches nothing."""
    with open_existing(path) as folder:
        if folder.notice:
            monitor.note(folder.notice)
        settings = read_json(folder.settings_path)
        key = (settings or {}).get("plan")
        if not isinstance(key, str) or ingest.load(folder, key) is None:
            raise RunError(f"{path} has no finished plan; run summarize on its film first")
        told = replace(job, carry=Carry.described((settings or {}).get("carry")), read=_read_of(settings or {}))
        comment = (settings or {}).get("comment")
        doubts = models.doubts(shown(Path(folder.film().path.name)), comment if isinstance(comment, str) else None)
        return await FilmRun(folder, told, models, monitor, key, None, doubts=doubts).run()


async def merge_given(given: Given, job: Job, models: Models, monitor: Monitor) -> Report:
    """Merge captions from outside: `given` answers in the place of a model that watches, `models` has the writer.

    The run folder lies beside the file that `given` names, or in `job.directory`; a killed run goes on as a film's
    does. Raises LongvidError for whatever the user can mend, such as a strategy that asks for more than is given.
    """
    if job.carry.active:
        raise CarryError("captions from a file are what they are; nothing can be carried into them")
    size = sum(len(text) for texts in (given.captions, given.events) for text in texts or ())
    with open_for(FilmIdentity(Path(given.name), given.digest, size), job.directory, fresh=job.fresh) as folder:
        if folder.notice:
            monitor.note(folder.notice)
        key = key_of({"given": given.digest})[: ingest.KEY_LENGTH]
        return await FilmRun(folder, job, given_models(given, models), monitor, key, None, given).run()


def _read_of(settings: Mapping[str, Any]) -> ReadSettings:
    """The range that run.json names, as settings of reading: outputs of a merge are called as those of the run."""
    match settings.get("range"):
        case [None | int() | float() as start, None | int() | float() as end]:
            return ReadSettings(start=start, end=end)
    return ReadSettings()
