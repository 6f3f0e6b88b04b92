"""A run of one model over films and ways: clips are drawn, shown and removed; every answer is kept and used again.

answers.sqlite   every answer, by the hash of all that decides it
results.json     the result that is printed too
table.md         the table
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from longvid.engine.models import Models
from longvid.engine.prompts import CAPTION, EVENTS
from longvid.engine.request import ClipRef, Kind, Request
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError, PromptTooLong, RunError
from longvid.files import make_empty, write_whole
from longvid.film import Clip, write_clip
from longvid.pipeline.ingest import digest
from longvid.run import Store
from longvid_benchmarks.storyfilm.pictures import whole_shot
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.terminal import Advance
from longvid_benchmarks.watch.telling import FilmScore, Told, score_film
from longvid_benchmarks.watch.ways import Part, Way, parts

HEIGHT = 360
"""Rows of a drawn frame, before the model's own size."""
FIT = "crop"


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one way: a score for each film, or why there is none."""

    way: Way
    films: dict[int, FilmScore]
    """By seed."""
    clips: int
    why: str | None = None


async def run(
    stories: Sequence[Story], ways: Sequence[Way], opened: Callable[[Way], Models], folder: Path, advance: Advance
) -> list[Row]:
    """Show each of `stories` in each of `ways`, in the order of `ways`, by the models that `opened` gives for them.

    A way that does not fit the model is told and left out. Raises LongvidError where a model cannot answer, or cannot
    be opened for the first way.
    """
    try:
        make_empty(folder / "answers.sqlite")
        for left in folder.glob("*.clip"):  # of a run that was killed
            left.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}; choose another -o DIR") from error
    rows: dict[Way, Row] = {}
    with Store(folder / "answers.sqlite") as store:
        for way in _grouped(ways):
            before = len(rows) * len(stories)

            def told(done: int, before: int = before, way: Way = way) -> None:
                advance(before + done, len(ways) * len(stories), str(way))

            try:
                models = opened(way)
            except ModelError as error:
                # A model that cannot be shown anything is one thing; one that knows no seconds, say, another.
                if way is ways[0]:
                    raise
                rows[way] = Row(way, {}, 0, str(error))
                continue
            rows[way] = await _row(stories, way, models, store, folder, told)
            del models  # the next is opened once this one is gone
    return [rows[way] for way in ways]


def _grouped(ways: Sequence[Way]) -> list[Way]:
    """`ways`, those that one model serves behind each other, so that none is opened twice."""
    kinds = [(way.frames, way.label) for way in ways]
    return sorted(ways, key=lambda way: kinds.index((way.frames, way.label)))


async def _row(
    stories: Sequence[Story], way: Way, models: Models, store: Store, folder: Path, advance: Callable[[int], None]
) -> Row:
    films: dict[int, FilmScore] = {}
    clips = 0
    for done, story in enumerate(stories):
        advance(done)
        try:
            told = await _film(story, way, models, store, folder)
        except PromptTooLong as error:
            return Row(way, {}, clips, str(error))
        clips += len(told)
        films[story.seed] = score_film(story, told)
    return Row(way, films, clips)


async def _film(story: Story, way: Way, models: Models, store: Store, folder: Path) -> list[Told]:
    captioner = models.captioner
    assert captioner is not None  # models are opened to watch
    slots = asyncio.Semaphore(2 * captioner.batch)
    transform = models.transform(FIT)
    drawing = asyncio.Lock()
    async with Engine(store, captioner=captioner, llm=models.llm, again=False) as engine:

        async def one(place: int, part: Part) -> Told:
            path = folder / f"{place}.clip"
            async with slots:
                try:
                    async with drawing:  # a transform is of one film at a time
                        ref = await asyncio.to_thread(_draw, story, part, way, transform, path, place)
                    questions: list[tuple[Kind, str, int]] = [
                        ("caption", CAPTION, models.caption_tokens),
                        ("events", EVENTS, models.events_tokens),
                    ]
                    said = await asyncio.gather(*(engine.submit(Request(*each, ref)) for each in questions))
                finally:
                    path.unlink(missing_ok=True)
            return Told(part, ref.times, said[0].text, said[1].text)

        tasks = [asyncio.create_task(one(*each)) for each in enumerate(parts(story, way.length))]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _draw(
    story: Story, part: Part, way: Way, transform: Callable[[Any, float], Any], path: Path, place: int
) -> ClipRef:
    """The clip of `part` as `way` shows it, written to `path`. Raises FilmError where the disk is full."""
    shots = {scene.index: whole_shot(story, scene, HEIGHT) for scene in part.scenes}
    moments = part.moments(way)
    frames = []
    for moment in moments:
        scene = next((scene for scene in part.scenes if moment < scene.end), part.scenes[-1])
        frames.append(transform(shots[scene.index].frame(moment), 1.0))
    clip = Clip(np.stack(frames), np.array(moments))
    write_clip(path, clip)
    times = tuple(round(moment - part.start, 3) for moment in moments)
    return ClipRef(path, digest(clip, part.start), place, times)


def write_files(folder: Path, found: dict[str, Any], lines: Sequence[str]) -> None:
    """Write what came of a run into `folder`. Raises RunError."""
    try:
        write_whole(folder / "results.json", (json.dumps(found, indent=1) + "\n").encode())
        write_whole(folder / "table.md", "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace"))
    except OSError as error:
        raise RunError(f"cannot write to {folder}: {error.strerror}; every answer is kept, so run it again") from error
