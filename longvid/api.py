"""Films into text, for scripts: `plan`, `caption`, `summarize`, `merge`, `transcribe`, `ask` and `search` for what runs
know, and the `pages` of runs. The commands call the same.

    import asyncio
    from pathlib import Path
    from longvid.api import Job, IngestSettings, load_strategy, open_models, summarize

    models = open_models("zai-org/cogvlm2-video-llama3-chat")
    report = asyncio.run(summarize(Path("film.mp4"), Job(load_strategy("ledger")(), IngestSettings()), models))
    print(report.summary)

Every function raises LongvidError (`longvid.errors`) for whatever the user can mend. What is not in `__all__` may
change from one version to the next.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from longvid.asking import Asked, Evidence, Found, Said, Search, Session
from longvid.asking.searching import MOST, searched
from longvid.captions.imported import ImportedCaptions, read_captions
from longvid.carry import Carry
from longvid.cogvlm2.estimates import Label, Template
from longvid.engine.backends.imported import with_imported
from longvid.engine.embedding import Embedder
from longvid.engine.family import resolve_template
from longvid.engine.models import Models, open_llm_models, open_models, reopen_models
from longvid.engine.pictures import described
from longvid.engine.servers.settings import ServerSettings
from longvid.errors import CarryError, FilmError, RunError
from longvid.files import as_text
from longvid.film import Chunk, Dialogue, Film, Scene, SubtitleChoice, dialogue_beside, fingerprint, probe, within
from longvid.output import Report
from longvid.output.transcript import Transcript
from longvid.page.writing import Unmade, runs_of
from longvid.page.writing import write_pages as pages
from longvid.pipeline import ingest
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Job, auto_words
from longvid.pipeline.listening import Listening
from longvid.pipeline.planning import PUBLISHED, Plan, Reckoned, plan_film
from longvid.pipeline.progress import Monitor, Silent
from longvid.pipeline.run import FilmRun
from longvid.pipeline.transcribing import open_hearer
from longvid.pipeline.transcribing import transcribe_film as transcribe
from longvid.run import FilmIdentity, key_of, open_existing, open_for
from longvid.run.cleaning import trim
from longvid.run.files import read_json
from longvid.run.folder import stored_settings
from longvid.speech import SpeechSettings
from longvid.strategy.registry import load as load_strategy
from longvid.text.shown import shown

__all__ = [
    "Asked",
    "Embedder",
    "Evidence",
    "Found",
    "ImportedCaptions",
    "IngestSettings",
    "Job",
    "Listening",
    "Models",
    "Monitor",
    "Plan",
    "Reckoned",
    "Report",
    "Said",
    "Search",
    "ServerSettings",
    "Session",
    "Silent",
    "SpeechSettings",
    "SubtitleChoice",
    "Transcript",
    "Unmade",
    "ask",
    "auto_words",
    "caption",
    "load_strategy",
    "merge",
    "open_existing",
    "open_hearer",
    "open_llm_models",
    "open_models",
    "pages",
    "plan",
    "read",
    "read_captions",
    "reopen_models",
    "resolve_template",
    "runs_of",
    "search",
    "stored_settings",
    "summarize",
    "transcribe",
    "wait",
]

SILENT = Silent()
T = TypeVar("T")


def wait(work: Coroutine[Any, Any, T]) -> T:
    """What `work`, a call of one of the functions below, gives, where no event loop runs: `wait(ask(...))`.

    Raises RuntimeError inside one, where `await` is the word.
    """
    return asyncio.run(work)


async def plan(
    path: Path,
    job: Job,
    monitor: Monitor = SILENT,
    *,
    template: Template = "chat",
    label: Label = "index",
    reckoned: Reckoned = PUBLISHED,
) -> Plan:
    """How the film at `path` would be cut and watched, and what a summary would take. Needs no model, writes nothing.
    `reckoned`: for which models.

    Raises FilmError.
    """
    return await plan_film(path, job, template, label, monitor, reckoned)


async def caption(path: Path, job: Job, models: Models, monitor: Monitor = SILENT) -> Report:
    """Caption the chunks of the film at `path` and merge nothing: the report's chunks have the captions.

    `job.strategy` counts for nothing. Raises LongvidError as `summarize` does.
    """
    alone = replace(job, strategy=load_strategy("concat")(), words=None, captions_only=True)
    return await summarize(path, alone, models, monitor)


async def summarize(path: Path, job: Job, models: Models, monitor: Monitor = SILENT) -> Report:
    """Read the film at `path`, caption its chunks, merge the captions, write the outputs into its run folder.

    Raises LongvidError for whatever the user can mend; the run folder then holds all finished work; where there
    is none, a folder that was made for this run is gone again.
    """
    film, identity, spoken = await _opened(path, job)
    if job.hearing == "said-only":
        return await _summarize_said(film, identity, spoken, job, models, monitor)
    return await _with_film(film, identity, spoken, job, models, monitor, FilmRun.run)


async def read(path: Path, job: Job, models: Models, monitor: Monitor = SILENT) -> Path | None:
    """Read the film at `path` into its run folder, so that a later `summarize` or `caption` has no film to decode; asks
    no model. Gives the run folder; None where `job` watches nothing, and nothing is done.

    Raises LongvidError as `summarize` does.
    """
    if job.hearing == "said-only":
        return None
    return await _with_film(*await _opened(path, job), job, models, monitor, FilmRun.read)


async def _opened(path: Path, job: Job) -> tuple[Film, FilmIdentity, str]:
    """The film at `path`, what its run folder knows it by, and the digest of its dialogue."""
    film = await asyncio.to_thread(probe, path, video=job.read.video_track)
    identity = FilmIdentity(path, await asyncio.to_thread(fingerprint, path), film.size)
    return film, identity, await asyncio.to_thread(job.listening.digest, film)


async def _with_film(
    film: Film,
    identity: FilmIdentity,
    spoken: str,
    job: Job,
    models: Models,
    monitor: Monitor,
    work: Callable[[FilmRun], Awaitable[T]],
) -> T:
    """What `work` makes of the film in its run folder, which is locked meanwhile."""
    with open_for(identity, job.directory, fresh=job.fresh) as folder:
        if folder.notice:
            monitor.note(folder.notice)
        key = ingest.plan_key(identity.fingerprint, job.read, described(models.image_size), spoken)
        doubts = models.doubts(shown(Path(identity.path.name)), film.comment)
        run = FilmRun(folder, job, models, monitor, key, film, doubts=doubts)
        try:
            done = await work(run)
        except BaseException:
            if run.ingested is None:
                folder.discard()
            raise
        with contextlib.suppress(RunError):  # what is not removed now is next time, or says so in `runs clean`
            await asyncio.to_thread(trim, folder)
        return done


async def _summarize_said(
    film: Film, identity: FilmIdentity, spoken: str, job: Job, models: Models, monitor: Monitor
) -> Report:
    """A summary of what is said alone: no picture of the film is read."""
    if job.carry.active:
        raise CarryError("where only what is said is read nobody watches, so there is nobody to tell anything")
    with open_for(identity, job.directory, fresh=job.fresh) as folder:
        if folder.notice:
            monitor.note(folder.notice)
        try:
            read = partial(
                job.listening.read, film, folder.store, monitor.advance, start=job.read.start, end=job.read.end
            )
            found = await asyncio.to_thread(read)
            chunks = _said_chunks(film, found, job.read)
        except BaseException:
            folder.discard()
            raise
        name = as_text(identity.path.name)
        imported = ImportedCaptions(name, chunks, None, None, key_of({"film": identity.fingerprint, "said": spoken}))
        key = key_of({"said": [identity.fingerprint, spoken, asdict(job.read)]})[: ingest.KEY_LENGTH]
        doubts = models.doubts(shown(Path(name)), film.comment)
        alone = with_imported(imported, models)
        return await FilmRun(folder, job, alone, monitor, key, None, imported, doubts, spoken=found).run()


def _said_chunks(film: Film, found: Dialogue, settings: IngestSettings) -> tuple[Chunk, ...]:
    """Chunks of the range that `settings` name, cut by length and between cues alone. Raises FilmError where nothing
    is said in it."""
    start = settings.start or 0.0
    end = settings.end or max([film.duration, *(cue.end for cue in found.cues)])
    cues = [cue for cue in within(found.cues, end) if cue.end > start]
    if not cues:
        raise FilmError(
            f"{shown(film.path)}: nothing that is said was found; name subtitles with --subtitles FILE, or leave out "
            "--dialogue said-only"
        )
    return ingest.plan_chunks([Scene(0, start, end)], settings, cues)


async def merge(source: Path | ImportedCaptions, job: Job, models: Models, monitor: Monitor = SILENT) -> Report:
    """Merge captions again: those stored in the run folder `source`, or those of a file (`read_captions`).

    Watches nothing. Captions of a file answer in the place of a model that watches; their run folder lies beside the
    file, or in `job.directory`, and a killed run goes on as a film's does. Raises LongvidError for whatever the user
    can mend, such as a strategy that asks for more than there is.
    """
    if isinstance(source, ImportedCaptions):
        return await _merge_imported(source, job, models, monitor)
    with open_existing(source) as folder:
        if folder.notice:
            monitor.note(folder.notice)
        settings: Mapping[str, Any] = read_json(folder.settings_path) or {}
        key = settings.get("plan")
        loaded = ingest.load(folder, key) if isinstance(key, str) else None
        if loaded is None or not isinstance(key, str):
            raise RunError(f"{source} has no finished plan; run summarize on its film first")
        told = replace(job, carry=Carry.described(settings.get("carry")), read=_read_of(settings))
        said = await asyncio.to_thread(_other_dialogue, source, job.listening.subtitles, loaded.offset)
        comment = settings.get("comment")
        doubts = models.doubts(shown(Path(folder.film().path.name)), comment if isinstance(comment, str) else None)
        run = FilmRun(folder, told, models, monitor, key, None, doubts=doubts, spoken=said)
        return await run.run()


async def ask(
    run: Path,
    question: str,
    models: Models,
    *,
    looks: int = 0,
    before: Sequence[tuple[str, str]] = (),
    seed: int = 0,
    embedder: Embedder | None = None,
) -> Asked:
    """Answer `question` about the film of the run folder `run` from what the run knows, with the evidence.

    `models`: whose LLM answers; `looks`: chunks that its captioner, where there is one, looks at again. `before`:
    earlier questions with their answers; for many questions of one film, a `Session` over an open folder reads it once.
    `embedder` finds passages by their meaning too.
    Raises LongvidError for whatever the user can mend.
    """
    with open_existing(run) as folder:
        session = Session(folder, models, looks, seed, embedder, history=list(before))
        try:
            return await session.ask(question)
        finally:
            session.close()


async def search(
    places: Sequence[Path], words: str, *, most: int = MOST, progress: Callable[[int, int], None] | None = None
) -> Search:
    """The passages with `words` in the run folders `places` and in those below folders among them, the best first.

    Keeps an index in each folder (`.longvid-search.sqlite`), or in the user's cache. `progress` is told how many of how
    many changed runs are read; it may raise to end the work, and so does cancelling it. Raises LongvidError for
    whatever the user can mend.
    """
    return await searched(places, words, most=most, progress=progress or (lambda done, total: None))


async def _merge_imported(imported: ImportedCaptions, job: Job, models: Models, monitor: Monitor) -> Report:
    if job.carry.active:
        raise CarryError("captions from a file are what they are; nothing can be carried into them")
    said = await asyncio.to_thread(_dialogue_beside, imported, job.listening.subtitles)
    size = sum(len(text) for texts in (imported.captions, imported.events) for text in texts or ())
    with open_for(FilmIdentity(Path(imported.name), imported.digest, size), job.directory, fresh=job.fresh) as folder:
        if folder.notice:
            monitor.note(folder.notice)
        key = key_of({"given": imported.digest})[: ingest.KEY_LENGTH]
        run = FilmRun(folder, job, with_imported(imported, models), monitor, key, None, imported, spoken=said)
        return await run.run()


def _dialogue_beside(imported: ImportedCaptions, choice: SubtitleChoice) -> Dialogue | None:
    """What is said beside a file of captions; None where they have their own. Raises FilmError."""
    if choice.kind == "auto" and any(chunk.dialogue for chunk in imported.chunks):
        return None
    return dialogue_beside(Path(imported.name), choice)


def _other_dialogue(run: Path, choice: SubtitleChoice, offset: float) -> Dialogue | None:
    """What `choice` puts in place of the dialogue that the run folder `run` has; None where that stays.

    Raises FilmError, also for a choice among the tracks of a film, which a merge does not read.
    """
    if choice.kind == "auto":
        return None
    if choice.kind in ("track", "language"):
        raise FilmError(f"{shown(run)}: a merge reads no film, so it has no tracks; name a subtitle file, none or auto")
    return dialogue_beside(run, choice, offset=offset)


def _read_of(settings: Mapping[str, Any]) -> IngestSettings:
    """The range that run.json names, as settings of reading: outputs of a merge are called as those of the run."""
    match settings.get("range"):
        case [None | int() | float() as start, None | int() | float() as end]:
            return IngestSettings(start=start, end=end)
    return IngestSettings()
