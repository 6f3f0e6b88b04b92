"""What lies on disk of MVBench, and what is to be fetched, from where. Opens no video and asks no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from longvid.errors import LongvidError
from longvid.files import read_json
from longvid.text import counted
from longvid.text.shown import shown
from longvid_benchmarks.published.questions import Question, TaskData, Unasked, read_task
from longvid_benchmarks.published.tasks import TASKS, Task

HOME = "https://huggingface.co/datasets/OpenGVLab/MVBench"
"""Where questions and most videos are; it wants an account and a click on its terms."""
NTU = "https://rose1.ntu.edu.sg/dataset/actionRecognition"
"""Where the videos of fine_grained_pose are, on request: their owners let nobody hand them on."""
MARK = "storyfilm-mvbench.json"
"""Stands in a folder whose questions are made (`bench mvbench make`): they are MVBench's in kind alone."""


@dataclass(frozen=True, slots=True)
class Data:
    """MVBench as it lies in a folder."""

    folder: Path
    tasks: tuple[TaskData, ...]
    absent: tuple[Task, ...]
    """Tasks without a file of questions, which should be there."""
    made: bool = False
    """Whether the questions are made: about generated films, or of a user's annotations. No published score is of
    them."""
    annotated: bool = False
    """Whether they are of a user's annotations."""

    @property
    def questions(self) -> list[Question]:
        return [question for data in self.tasks for question in data.questions]

    @property
    def unasked(self) -> list[Unasked]:
        return [one for data in self.tasks for one in data.unasked]


def read_data(folder: Path, limit: int | None = None, tasks: Sequence[Task] = TASKS) -> Data:
    """Read the questions of `tasks` below `folder`, the first `limit` of each, and look for their videos.

    Raises LongvidError where no task has questions there, or a file is damaged.
    """
    try:
        if not folder.is_dir():
            raise LongvidError(f"{shown(folder)}: no such folder; {_all(folder)}")
        made = (folder / MARK).is_file()
        mark = read_json(folder / MARK) if made else None
    except ValueError:
        mark = None  # it tells nothing, but that they are made
    except OSError as error:
        raise LongvidError(f"{shown(folder)}: {error.strerror}; name a folder that can be read") from error
    found = {task: read_task(folder, task, limit) for task in tasks}
    data = Data(
        folder,
        tuple(one for one in found.values() if one is not None),
        () if made else tuple(task for task, one in found.items() if one is None),
        made,
        isinstance(mark, dict) and "annotations" in mark,
    )
    if not data.tasks:
        raise LongvidError(f"{shown(folder)}: holds no questions of MVBench; {_all(folder)}")
    return data


def _all(folder: Path) -> str:
    return (
        f"fetch {HOME} (json/, and the archives of video/ unpacked where they lie) into it, or make a small one with: "
        f"longvid bench mvbench make {shown(folder)}"
    )


def report(data: Data) -> list[str]:
    """What is missing and from where it is to be fetched, a line each; none where all is there."""
    lines = []
    if data.absent:
        names = ", ".join(task.name for task in data.absent)
        lines.append(
            f"{counted(len(data.absent), 'task')} without questions: {names}; fetch json/NAME.json from {HOME}"
        )
    for one in data.tasks:
        for fault, number in Counter(unasked.fault for unasked in one.unasked).items():
            first = next(unasked.why for unasked in one.unasked if unasked.fault == fault)
            lines.append(
                f"{one.task.name}: {number} of {one.total} {_said(fault)}, such as {first}{_remedy(one, fault)}"
            )
    return lines


def _said(fault: str) -> str:
    return {"missing": "videos missing", "empty": "videos empty", "unusable": "entries unusable"}[fault]


def _remedy(one: TaskData, fault: str) -> str:
    if fault == "unusable":
        return ""
    if one.task.short == "FP":
        return f"; its owners give it on request: {NTU}"
    return f"; video/{one.task.folder} is in an archive of {HOME}"
