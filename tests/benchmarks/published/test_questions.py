"""Questions as they lie on disk: what can be asked, and what is told of the rest."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longvid.errors import LongvidError
from longvid_benchmarks.published.checking import read_data, report
from longvid_benchmarks.published.questions import read_task
from longvid_benchmarks.published.tasks import BY_SHORT, CLASSES, TASKS
from tests.benchmarks.published.mvbench import entry, write

TASK = BY_SHORT["AA"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One task with one question, whose video is a file of a few bytes."""
    (tmp_path / "json").mkdir()
    (tmp_path / "video" / TASK.folder).mkdir(parents=True)
    (tmp_path / "video" / TASK.folder / "v0.mp4").write_bytes(b"film")
    write(tmp_path, TASK, [entry(TASK, 0)])
    return tmp_path


def test_there_are_twenty_tasks_in_nine_classes() -> None:
    assert len({task.name for task in TASKS}) == len({task.short for task in TASKS}) == 20
    assert [kind for kind in CLASSES if not any(task.kind == kind for task in TASKS)] == []
    assert len(CLASSES) == 9
    assert BY_SHORT["FA"].title == "Fine-grained Action"


def test_a_question_has_its_options_its_answer_and_its_video(data: Path) -> None:
    found = read_task(data, TASK)
    assert found is not None
    question = found.questions[0]
    assert question.candidates[question.answer] == entry(TASK, 0)["answer"]
    assert question.video == data / "video" / TASK.folder / "v0.mp4"
    assert (question.start, question.end) == (0.0, math.inf)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda row: row.pop("question"),
        lambda row: row.update(candidates=["one"]),
        lambda row: row.update(candidates="abc"),
        lambda row: row.update(candidates=["x"] * 27),
        lambda row: row.update(candidates=["a", None]),
        lambda row: row.update(question="what \ud800 is?"),
        lambda row: row.update(candidates=["a", "\udfff"], answer="a"),
        lambda row: row.update(answer="another"),
        lambda row: row.update(candidates=["same", "same"], answer="same"),
        lambda row: row.update(video="../../secret.mp4"),
        lambda row: row.update(video="/etc/passwd"),
        lambda row: row.update(video="a\0b"),
        lambda row: row.update(video=7),
        lambda row: row.update(video="a" * 300 + ".mp4"),
        lambda row: row.update(question=" "),
        lambda row: row.update(question="x" * 20_000),
    ],
)
def test_an_entry_that_is_no_question_is_counted_and_the_others_are_asked(
    data: Path, spoil: Callable[[dict[str, Any]], object]
) -> None:
    row = entry(TASK, 0)
    spoil(row)
    write(data, TASK, [row, entry(TASK, 0), "no entry"])
    found = read_task(data, TASK)
    assert found is not None
    assert [one.number for one in found.questions] == [1]
    assert [(one.number, one.fault) for one in found.unasked] == [(0, "unusable"), (2, "unusable")]


@pytest.mark.parametrize(("start", "end"), [(3, 2), (-1, 2), ("x", 2), (float("1e400"), 2), (None, 2)])
def test_a_part_that_is_none_is_unusable(data: Path, start: object, end: object) -> None:
    task = BY_SHORT["AS"]
    (data / "json" / f"{task.name}.json").write_text(
        json.dumps([entry(task, 0) | {"start": start, "end": end}]).replace("Infinity", "1e39")
    )
    found = read_task(data, task)
    assert found is not None
    assert [one.fault for one in found.unasked] == ["unusable"]


def test_numbers_as_options_are_text(data: Path) -> None:
    write(data, TASK, [entry(TASK, 0) | {"candidates": [1, 2, 3], "answer": 2}])
    found = read_task(data, TASK)
    assert found is not None
    assert (found.questions[0].candidates, found.questions[0].answer) == (("1", "2", "3"), 1)


def test_missing_and_empty_videos_are_told_apart_with_where_to_fetch_them(data: Path) -> None:
    write(data, TASK, [entry(TASK, number) for number in range(3)])
    (data / "video" / TASK.folder / "v1.mp4").touch()
    found = read_data(data, tasks=[TASK])
    assert [(one.number, one.fault) for one in found.unasked] == [(1, "empty"), (2, "missing")]
    assert [line for line in report(found) if "1 of 3" in line and "huggingface.co/datasets/OpenGVLab/MVBench" in line]


def test_the_videos_that_nobody_may_hand_on_are_asked_for_at_their_owners(data: Path) -> None:
    write(data, BY_SHORT["FP"], [entry(BY_SHORT["FP"], 0)])
    assert "rose1.ntu.edu.sg" in report(read_data(data, tasks=[BY_SHORT["FP"]]))[0]


def test_a_video_that_was_converted_is_found(data: Path) -> None:
    write(data, TASK, [entry(TASK, 0) | {"video": "v0.webm"}])
    found = read_task(data, TASK)
    assert found is not None
    assert found.questions[0].video.name == "v0.mp4"


def test_a_clip_that_is_cut_already_is_watched_whole(data: Path) -> None:
    task = BY_SHORT["AL"]
    cut = data / "video" / "sta" / "sta_video_segment"
    cut.mkdir(parents=True)
    (cut / "v0.mp4").write_bytes(b"film")
    write(data, task, [entry(task, 0)])
    found = read_task(data, task)
    assert found is not None
    assert (found.questions[0].start, found.questions[0].end) == (0.0, math.inf)


def test_a_video_that_is_missing_is_told_where_it_would_be_fetched_to(data: Path) -> None:
    write(data, TASK, [entry(TASK, 1)])
    found = read_task(data, TASK)
    assert found is not None
    assert found.unasked[0].why == str(data / "video" / TASK.folder / "v1.mp4")


def test_replaced_videos_are_found_where_their_archive_has_them(data: Path) -> None:
    place = data / "video" / "data0613" / TASK.folder
    place.mkdir(parents=True)
    shutil.copy(data / "video" / TASK.folder / "v0.mp4", place / "v0.mp4")
    found = read_task(data, TASK)
    assert found is not None
    assert found.questions[0].video == place / "v0.mp4"


def test_a_limit_is_of_each_task(data: Path) -> None:
    write(data, TASK, [entry(TASK, 0)] * 3)
    found = read_task(data, TASK, limit=2)
    assert found is not None
    assert found.total == 2


def test_a_folder_without_questions_says_what_to_fetch(tmp_path: Path) -> None:
    with pytest.raises(LongvidError, match="holds no questions of MVBench; fetch https"):
        read_data(tmp_path)
    with pytest.raises(LongvidError, match="no such folder"):
        read_data(tmp_path / "nowhere")
    with pytest.raises(LongvidError, match="name a folder that can be read"):
        read_data(tmp_path / ("a" * 300))


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[]", "\xff"])
def test_a_damaged_file_of_questions_is_named(data: Path, text: str) -> None:
    (data / "json" / f"{TASK.name}.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(LongvidError, match=f"{TASK.name}.json"):
        read_data(data)
