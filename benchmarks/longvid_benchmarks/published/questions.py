"""MVBench's questions as they lie on disk: `json/TASK.json`, a list of {video, question, candidates, answer}, with
start and end for some tasks. The files may come from anybody.

What is no question is counted and told, never repaired. Finds each video's file or folder; opens none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from longvid.errors import LongvidError
from longvid.files import read_json
from longvid.text.shown import shown
from longvid_benchmarks.published.tasks import Task

Fault = Literal["missing", "empty", "broken", "unusable", "too long", "withheld"]
"""Why a question cannot be asked: its video is not there, has nothing in it, or cannot be decoded; the entry itself is
none; it does not fit into the model's context; or whoever runs the model kept its answer back."""
HOME = "video"
ROOTS = (f"{HOME}/data0613", "data0613", HOME, "videos", "mvbench_video", ".")
"""Where folders of videos lie, from the folder of the data: first those that replace others."""
SUFFIXES = (".mp4", ".avi", ".webm", ".mkv", ".mov")
PICTURES = frozenset({".jpg", ".jpeg", ".png"})
MOST_OPTIONS = 26
LONGEST = 10_000
"""Letters of a question or an option."""
MOST_PICTURES = 100_000


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its options, and where its video is."""

    task: Task
    number: int
    """In its file, from 0."""
    text: str
    candidates: tuple[str, ...]
    answer: int
    """Place of the right option, from 0."""
    video: Path
    """A file, or a folder of pictures."""
    start: float
    end: float
    """The part of the video that it is of, s; to infinity where it is of all."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """A question that cannot be asked, and why."""

    task: Task
    number: int
    fault: Fault
    why: str


@dataclass(frozen=True, slots=True)
class TaskData:
    """What lies on disk of one task."""

    task: Task
    questions: tuple[Question, ...]
    unasked: tuple[Unasked, ...]

    @property
    def total(self) -> int:
        return len(self.questions) + len(self.unasked)


def file_of(data: Path, task: Task) -> Path | None:
    """The file with the questions of `task` below `data`, or None."""
    for place in (data / "json", data):
        if (path := place / f"{task.name}.json").is_file():
            return path
    return None


def read_task(data: Path, task: Task, limit: int | None = None) -> TaskData | None:
    """The first `limit` questions of `task` below `data`; None where it has no file there.

    Raises LongvidError where the file is no list of questions.
    """
    path = data
    try:
        if (there := file_of(data, task)) is None:
            return None
        listed = read_json(path := there)
    except OSError as error:
        raise LongvidError(f"{shown(path)}: {error.strerror}; see that it can be read") from error
    except ValueError as error:
        raise LongvidError(f"{shown(path)}: no JSON ({error}); fetch it again") from error
    if not isinstance(listed, list) or not listed:
        raise LongvidError(f"{shown(path)}: no list of questions; fetch it again")
    found = [_entry(data, task, number, row) for number, row in enumerate(listed[:limit])]
    return TaskData(
        task,
        tuple(one for one in found if isinstance(one, Question)),
        tuple(one for one in found if isinstance(one, Unasked)),
    )


def _entry(data: Path, task: Task, number: int, row: Any) -> Question | Unasked:
    try:
        text, candidates, answer, name = _told(row)
        cut, video, fault = _video(data, task, name)
        bound = task.bound and not cut
        start, end = (_seconds(row["start"]), _seconds(row["end"])) if bound else (0.0, math.inf)
        if end <= start:
            raise ValueError("it ends before it starts")
    except (KeyError, TypeError, ValueError) as error:
        return Unasked(task, number, "unusable", f"{error}" if isinstance(error, ValueError) else "fields are missing")
    except OSError as error:  # a name that no file can have, or a folder that cannot be looked into
        return Unasked(task, number, "unusable", f"its video cannot be looked at ({error.strerror})")
    if fault is not None:
        return Unasked(task, number, fault, shown(video))
    return Question(task, number, text, candidates, answer, video, start, end)


def is_text(part: object) -> bool:
    """Whether `part` can be a text of a question: JSON may hold half a character, which nothing can write."""
    if not isinstance(part, str) or not part.strip() or len(part) > LONGEST:
        return False
    return not any("\ud800" <= one <= "\udfff" for one in part)


def _told(row: Any) -> tuple[str, tuple[str, ...], int, str]:
    text, listed, answer, name = row["question"], row["candidates"], row["answer"], row["video"]
    if not isinstance(listed, list) or not 2 <= len(listed) <= MOST_OPTIONS:
        raise ValueError("it has no list of two options or more")
    candidates = tuple(str(one) if isinstance(one, int | float) else one for one in listed)
    answer = str(answer) if isinstance(answer, int | float) else answer
    for part in (text, name, answer, *candidates):
        if not is_text(part):
            raise ValueError("a part of it is no text")
    if candidates.count(answer) != 1:
        raise ValueError("its answer is not one of its options")
    return text, candidates, candidates.index(answer), name


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError("its part of the video is none")
    return seconds


def _video(data: Path, task: Task, name: str) -> tuple[bool, Path, Fault | None]:
    """Whether the clip is cut already, where the video is or should be, and what is wrong with it."""
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts or "\0" in name:
        raise ValueError("its video lies outside of the data")
    for root, folder in ((root, folder) for folder in task.folders for root in ROOTS):
        for path in _named(data / root / folder / inside):
            if path.is_dir():
                fault: Fault | None = None if pictures_in(path) else "empty"
            elif path.is_file():
                fault = None if path.stat().st_size else "empty"
            else:
                continue
            return folder.endswith("_segment"), path, fault
    return False, data / HOME / task.folder / inside, "missing"


def _named(path: Path) -> Iterator[Path]:
    """`path`, and files of its name that were converted."""
    yield path
    if path.suffix.lower() in SUFFIXES:
        yield from (path.with_suffix(suffix) for suffix in SUFFIXES if suffix != path.suffix)


def pictures_in(folder: Path) -> Sequence[Path]:
    """The pictures in `folder` in the order of their numbers."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in PICTURES and path.is_file()]
    return sorted(found, key=lambda path: (len(path.stem), path.stem))[:MOST_PICTURES]
