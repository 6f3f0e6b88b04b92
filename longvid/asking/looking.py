"""A second look: the few chunks that matter to a question are asked it, from their stored clips or from the film.

Where clips were cleaned away, or show other pictures than the model takes, those chunks alone are read again, at the
times of the plan. Where the film is gone or is another one, that is said. Answers are kept like all others.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longvid.asking.passages import Passage
from longvid.asking.prompting import NO, one_line
from longvid.engine.models import Models
from longvid.engine.pictures import described
from longvid.engine.request import ClipRef, Request
from longvid.engine.scheduler import Engine
from longvid.errors import FilmError, RunError
from longvid.files import is_file
from longvid.pipeline import ingest
from longvid.pipeline.ingest import Ingested
from longvid.run import FilmIdentity, RunFolder
from longvid.run.cleaning import PLAN
from longvid.run.files import read_json
from longvid.run.films import films_of
from longvid.text.shown import shown

LOOK = (
    "{question} Answer in one or two sentences, from what this video shows alone. If it does not show it, answer only: "
    "not shown"
)
LOOK_TOKENS = 120
MOST_CHUNKS = 4
"""Chunks that a question looks at, unless the user says otherwise."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a second look gave: passages, the chunks that were looked at, and what the user should know."""

    passages: tuple[Passage, ...] = ()
    chunks: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


async def look(
    question: str,
    chunks: Sequence[int],
    folder: RunFolder,
    models: Models,
    engine: Engine,
    allowed: Callable[[Path], bool] = lambda path: True,
) -> Looked:
    """Ask `chunks` of the run in `folder` the `question`. `allowed`: whether the film at a path may be read.

    Raises LongvidError where the model fails; a film that is gone is a note.
    """
    settings = read_json(folder.settings_path) or {}
    plan = ingest.planned(folder.clips_path, settings.get("plan"))
    if plan is None:
        return Looked(notes=("nothing was looked at again: the run has captions alone, and no plan of a film",))
    wanted = sorted(index for index in chunks if index in plan.clips)
    scratch = Path(tempfile.mkdtemp(prefix=".look-", dir=folder.path))
    try:
        try:
            clips = await asyncio.to_thread(_clips, folder, plan, settings, models, wanted, scratch, allowed)
        except (FilmError, RunError) as error:
            return Looked(notes=(f"nothing was looked at again: {error}",))
        asked = [
            engine.submit(Request("ask", LOOK.format(question=one_line(question)), LOOK_TOKENS, clips[index]))
            for index in wanted
        ]
        answers = await asyncio.gather(*asked)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    found = []
    for index, answer in zip(wanted, answers, strict=True):
        text = one_line(answer.text)
        if answer.ok and text and not NO.match(text):
            found.append(Passage("looked", (plan.chunks[index].start,), text))
    return Looked(tuple(found), tuple(wanted))


def _clips(
    folder: RunFolder,
    plan: Ingested,
    settings: Mapping[str, Any],
    models: Models,
    wanted: Sequence[int],
    scratch: Path,
    allowed: Callable[[Path], bool],
) -> dict[int, ClipRef]:
    """For each of the chunks `wanted` a clip as the model takes it. Raises FilmError and RunError."""
    model = settings.get("model")
    same = isinstance(model, dict) and model.get("image_size") == described(models.image_size)
    found = {index: plan.clips[index] for index in wanted if same and is_file(plan.clips[index].path)}
    missing = [index for index in wanted if index not in found]
    if missing:
        found |= _read_again(folder.film(), folder.path, plan, models, missing, scratch, allowed)
    return found


def _read_again(
    identity: FilmIdentity,
    run: Path,
    plan: Ingested,
    models: Models,
    missing: Sequence[int],
    scratch: Path,
    allowed: Callable[[Path], bool],
) -> dict[int, ClipRef]:
    from longvid.film import exact, probe, write_clip

    read = how_read(run, plan.key)
    film = probe(film_of(identity, run, allowed), video=video_track(read))
    transform = models.transform("pad" if read.get("fit") == "pad" else "crop")
    found = {}
    for index in missing:
        chunk, clip = plan.chunks[index], plan.clips[index]
        times = sorted(chunk.start + time for time in clip.times) or [chunk.start]
        for again in exact(film, [times], transform):
            path = scratch / f"{index:05}.safetensors"
            write_clip(path, again)
            digest = ingest.digest(again, chunk.start)
            found[index] = ClipRef(path, digest, index, tuple(max(0.0, float(t) - chunk.start) for t in again.times))
    return found


def how_read(run: Path, key: object) -> Mapping[str, Any]:
    """The settings by which the plan `key` of the run folder `run` was read from the film; none where they are not
    there. Raises RunError where the plan is damaged."""
    if not isinstance(key, str) or not PLAN.fullmatch(key):
        return {}
    settings = (read_json(run / "clips" / key / "plan.json") or {}).get("settings")
    return settings if isinstance(settings, dict) else {}


def video_track(settings: Mapping[str, Any]) -> int | None:
    """Which video track `settings` name; None: the one that is most likely the film."""
    track = settings.get("video_track")
    return track if isinstance(track, int) and not isinstance(track, bool) else None


def film_of(identity: FilmIdentity, run: Path, allowed: Callable[[Path], bool] = lambda path: True) -> Path:
    """Where the film of the run folder `run` is: beside the folder, or where it was.

    Raises FilmError where it is gone, may not be read, or is another one.
    """
    from longvid.film import fingerprint

    there = [path for path in films_of(run, identity.path) if allowed(path)]
    for path in there:
        # Hashes the size too.
        if fingerprint(path) == identity.fingerprint:
            return path
    if there:
        raise FilmError(f"{shown(there[0])} is another film than that of {shown(run)}; put the film there")
    raise FilmError(f"{shown(identity.path)} is gone; put the film back there, or beside {shown(run)}")
