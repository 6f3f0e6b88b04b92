"""A tiny MVBench in its official layout, made for tests: twenty tasks of two questions, videos of a second or two whose
frames tell their time, TVQA's as folders of pictures; and models behind a server that answer by it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from longvid_benchmarks.published.tasks import TASKS, Task
from longvid_benchmarks.published.wordings import letter
from tests.film.films import encode, numbered
from tests.servers import Answer, Asked, says

RATE = 8
FRAMES = 16
PICTURES = 12
"""Of a folder, three for each second."""


def make(folder: Path) -> Path:
    """Write it into `folder`, which is given back."""
    film = encode(folder / "film.mp4", [numbered(at) for at in range(FRAMES)], rate=RATE)
    (folder / "json").mkdir()
    for at, task in enumerate(TASKS):
        rows = [entry(task, 2 * at), entry(task, 2 * at + 1)]
        write(folder, task, rows)
        place = folder / "video" / task.folder
        for row in rows:
            if task.pictures:
                draw(place / row["video"])
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(film, place / row["video"])
    film.unlink()
    return folder


def entry(task: Task, number: int) -> dict[str, Any]:
    """Question `number` of all: with three to five options, of which each place is right now and then."""
    options = [f"{task.name} {number} option {at}." for at in range(3 + number % 3)]
    row: dict[str, Any] = {
        "video": f"v{number}" if task.pictures else f"v{number}.mp4",
        "question": f"What of {task.name} {number}?",
        "candidates": options,
        "answer": options[number % len(options)],
    }
    return row | ({"start": 0.5, "end": 1.5} if task.bound else {})


def write(folder: Path, task: Task, rows: object) -> None:
    (folder / "json" / f"{task.name}.json").write_text(json.dumps(rows))


def read(folder: Path, task: Task) -> list[dict[str, Any]]:
    return json.loads((folder / "json" / f"{task.name}.json").read_text())  # type: ignore[no-any-return]


def draw(folder: Path) -> None:
    """A folder of pictures that tell their number."""
    folder.mkdir(parents=True)
    for at in range(PICTURES):
        cv2.imwrite(str(folder / f"{at + 1:05d}.jpg"), np.ascontiguousarray(numbered(at)[..., ::-1]))


def answers(folder: Path) -> Mapping[str, str]:
    """The letter of the right option by the text of the question."""
    rows = [row for task in TASKS if (folder / "json" / f"{task.name}.json").exists() for row in read(folder, task)]
    return {row["question"]: letter(row["candidates"].index(row["answer"])) for row in rows}


def rightly(folder: Path) -> Callable[[Asked], Answer]:
    """A model that knows every answer, and says it as the official protocol begins it: "C) ..."."""
    known = answers(folder)

    def reply(asked: Asked) -> Answer:
        right = next(mark for question, mark in known.items() if question in asked.prompt)
        return says(f"{right}) certainly.")

    return reply


def with_a(asked: Asked) -> Answer:
    """A model that always takes the first option."""
    del asked
    return says("(A)")
