"""Made questions as files in MVBench's official layout: json/TASK.json, and videos where that task has them.

A video that is there already and of this make is kept, so that a run that was killed goes on. Knows no reader.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from longvid.errors import LongvidError
from longvid.files import read_json, write_whole
from longvid_benchmarks.published.checking import MARK
from longvid_benchmarks.published.making.types import VERSION, Made
from longvid_benchmarks.published.watching import PICTURES_PER_SECOND
from longvid_benchmarks.storyfilm.story import Story

RATE = 8
"""Frames a second."""


def claim(folder: Path, settings: dict[str, Any]) -> None:
    """Make `folder` ready for questions made by `settings`. Raises LongvidError where something else lies in it."""
    mark, wanted = folder / MARK, {"version": VERSION, **settings}
    try:
        there = read_json(mark) if mark.exists() else None
        if there is None and folder.exists() and any(folder.iterdir()):
            raise LongvidError(f"{folder} holds other files; choose a new folder")
        if there not in (None, wanted):
            raise LongvidError(f"{folder} holds questions of another seed, number or size; choose a new folder")
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(mark, json.dumps(wanted).encode())
    except ValueError as error:
        raise LongvidError(f"{mark} is damaged ({error}); choose a new folder") from error


def write_video(folder: Path, made: Made, height: int) -> None:
    """Draw the video of `made` unless it is there. Raises OSError where it cannot be written."""
    path = folder / "video" / made.task.folder / name_of(made)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if made.task.pictures:
        _write_pictures(path, made.story, height)
    else:
        from longvid_benchmarks.storyfilm.film import render

        render(made.story, path, height=height, rate=RATE)


def write_questions(folder: Path, made: Sequence[Made]) -> None:
    """Write the questions of one task. Raises OSError where they cannot be written."""
    rows = [
        {
            "video": name_of(one),
            "question": one.item.question,
            "candidates": list(one.candidates),
            "answer": one.item.right,
            **({"start": 0.0, "end": round(one.end, 3)} if one.task.bound else {}),
        }
        for one in made
    ]
    path = folder / "json" / f"{made[0].task.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(rows, indent=1) + "\n").encode())


def name_of(made: Made) -> str:
    """What the video of `made` is called; tasks share folders."""
    return f"{made.task.short.lower()}_{made.number:04d}{'' if made.task.pictures else '.mp4'}"


def _write_pictures(path: Path, story: Story, height: int) -> None:
    """The folder appears with all its pictures or not at all."""
    import shutil
    from tempfile import mkdtemp

    import cv2

    from longvid_benchmarks.storyfilm.pictures import whole_shot

    draft = Path(mkdtemp(prefix=".draft-", dir=path.parent))
    try:
        draft.chmod(0o755)
        number = 0
        for chunk in story.chunks:
            shot = whole_shot(story, chunk, height)
            while (second := (number + 0.5) / PICTURES_PER_SECOND) < chunk.end:
                number += 1
                _, packed = cv2.imencode(".jpg", np.ascontiguousarray(shot.frame(second)[..., ::-1]))
                (draft / f"{number:05d}.jpg").write_bytes(packed.tobytes())
        draft.rename(path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
