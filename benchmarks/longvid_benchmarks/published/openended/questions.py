"""Open-ended questions as they lie on disk, in the files of Video-ChatGPT. The files may come from anybody.

What is no question is counted and told. Finds each video; opens none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from longvid.errors import LongvidError
from longvid.files import read_json
from longvid.text.shown import shown
from longvid_benchmarks.published.openended.sets import HOME, QuestionSet
from longvid_benchmarks.published.questions import SUFFIXES, Fault, Question, Unasked, is_text
from longvid_benchmarks.published.tasks import Task


@dataclass(frozen=True, slots=True)
class Open:
    """One question, or two that ask the same, with the answer that is right."""

    of: QuestionSet
    asked: tuple[Question, ...]
    answer: str
    axes: tuple[str, ...]
    """What is judged of what is said."""

    @property
    def video(self) -> Path:
        return self.asked[0].video


@dataclass(frozen=True, slots=True)
class OpenData:
    """One benchmark as it lies in a folder."""

    of: QuestionSet
    questions: tuple[Open, ...]
    unasked: tuple[Unasked, ...]
    absent: tuple[str, ...]
    """Files of questions that are not there."""


def read_set(folder: Path, of: QuestionSet, limit: int | None = None) -> OpenData:
    """The questions of `of` below `folder`, the first `limit` of each of its files.

    Raises LongvidError where none of its files is there, or one is damaged.
    """
    questions: list[Open] = []
    unasked: list[Unasked] = []
    absent = []
    for name, axes in of.files.items():
        path = _file(folder, of, name)
        if path is None:
            absent.append(name)
            continue
        task = Task(path.stem.removesuffix("_qa"), f"{of.name} {path.stem}", of.title, "")
        answers = _answers(folder, of, path)
        for number, row in enumerate(_rows(path)[:limit]):
            found = _entry(folder, of, task, number, row, answers, axes)
            if isinstance(found, Open):
                questions.append(found)
            else:
                unasked.append(found)
    if len(absent) == len(of.files):
        raise LongvidError(
            f"{shown(folder)}: holds no {' or '.join(of.files)} of {of.title} in {of.folders[0]}; its authors tell "
            f"where it is to be fetched: {HOME}"
        )
    return OpenData(of, tuple(questions), tuple(unasked), tuple(absent))


def _file(folder: Path, of: QuestionSet, name: str) -> Path | None:
    """Where the file `name` of `of` is. Raises LongvidError where `folder` cannot be looked into."""
    try:
        return _there(folder, of, name)
    except OSError as error:
        raise LongvidError(f"{shown(folder)}: {error.strerror}; name a folder that can be read") from error


def _there(folder: Path, of: QuestionSet, name: str) -> Path | None:
    return next((path for place in of.folders if (path := folder / place / name).is_file()), None)


def require_apart(folder: Path, sets: Sequence[QuestionSet]) -> None:
    """Raise LongvidError where one file below `folder` would be taken for the questions of two of `sets`."""
    taken: dict[Path, QuestionSet] = {}
    for of in sets:
        for path in filter(None, (_file(folder, of, name) for name in of.files)):
            if (other := taken.setdefault(path.resolve(), of)) is not of:
                raise LongvidError(
                    f"{shown(path)}: would be taken for {other.title} and for {of.title}; ask for the one that it is "
                    f"of with --tasks, or put the files of each into a folder of its own, such as {of.folders[0]}"
                )


def _rows(path: Path) -> list[Any]:
    try:
        listed = read_json(path)
    except OSError as error:
        raise LongvidError(f"{shown(path)}: {error.strerror}; see that it can be read") from error
    except ValueError as error:
        raise LongvidError(f"{shown(path)}: no JSON ({error}); fetch it again") from error
    if not isinstance(listed, list) or not listed:
        raise LongvidError(f"{shown(path)}: no list of questions; fetch it again")
    return listed


def _answers(folder: Path, of: QuestionSet, questions: Path) -> dict[str, str] | None:
    """The right answers by the id of their question, where they stand in a file of their own. Raises LongvidError."""
    if of.answers is None:
        return None
    path = questions.with_name(of.answers)
    if not path.is_file():
        raise LongvidError(f"{shown(path)}: not there, and it holds the answers to {questions.name}; fetch {HOME}")
    rows = [row for row in _rows(path) if isinstance(row, dict)]
    return {str(row["question_id"]): row["answer"] for row in rows if {"question_id", "answer"} <= row.keys()}


def _entry(
    folder: Path,
    of: QuestionSet,
    task: Task,
    number: int,
    row: Any,
    answers: dict[str, str] | None,
    axes: tuple[str, ...],
) -> Open | Unasked:
    try:
        texts, answer, name = _told(row, answers)
        video, fault = _video(folder, of, name)
    except (KeyError, TypeError, ValueError) as error:
        return Unasked(task, number, "unusable", f"{error}" if isinstance(error, ValueError) else "fields are missing")
    except OSError as error:  # a name that no file can have, or a folder that cannot be looked into
        return Unasked(task, number, "unusable", f"its video cannot be looked at ({error.strerror})")
    if fault is not None:
        return Unasked(task, number, fault, shown(video))
    asked = tuple(Question(task, number, text, (), 0, video, 0.0, math.inf) for text in texts)
    return Open(of, asked, answer, axes)


def _told(row: Any, answers: dict[str, str] | None) -> tuple[list[str], str, str]:
    if answers is not None:
        texts, name = [row["question"]], row["video_name"]
        if (id := str(row["question_id"])) not in answers:
            raise ValueError("it has no answer")
        answer: Any = answers[id]
    else:
        texts = [row["Q1"], row["Q2"]] if "Q1" in row else [row["Q"]]
        answer, name = row["A"], row["video_name"]
    answer = str(answer) if isinstance(answer, int | float) else answer
    for part in (*texts, name, answer):
        if not is_text(part):
            raise ValueError("a part of it is no text")
    return texts, answer, name


def _video(folder: Path, of: QuestionSet, name: str) -> tuple[Path, Fault | None]:
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts or "\0" in name:
        raise ValueError("its video lies outside of the data")
    for path in _places(folder, of, name):
        if path.is_file():
            return path, None if path.stat().st_size else "empty"
    return folder / of.videos[0] / f"{name}.mp4", "missing"


def _places(folder: Path, of: QuestionSet, name: str) -> Iterator[Path]:
    """Where a video of `name` may be: names stand with a suffix or without one."""
    bare = name[: -len(suffix)] if (suffix := PurePosixPath(name).suffix).lower() in SUFFIXES else name
    # ActivityNet's files have a letter before their names that the questions leave out.
    stems = (bare, f"v_{bare}")
    yield from (folder / root / f"{stem}{suffix}" for root in of.videos for stem in stems for suffix in SUFFIXES)


def listed(data: Sequence[OpenData]) -> list[Question]:
    """Every question of `data` once, however often it is judged: those of one video beside each other."""
    return [question for one in data for each in one.questions for question in each.asked]
