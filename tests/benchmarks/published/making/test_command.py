"""`longvid bench mvbench make` from end to end: files in MVBench's layout, which `bench published` asks about."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from longvid.film import probe
from longvid_benchmarks.published.checking import MARK
from longvid_benchmarks.published.making.types import MADE
from longvid_benchmarks.published.tasks import BY_SHORT, STILLS
from tests.benchmarks.published import mvbench
from tests.cli.program import Ended, longvid
from tests.servers import Answer, Asked, Server, says, serving


def make(out: Path, *more: str) -> Ended:
    return longvid("bench", "mvbench", "make", out, "--questions", "1", "--height", "90", *more)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "data"
    done = make(out)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {row["type"] for row in found["readers"]} == {task.short for task in (*MADE, *STILLS)}
    assert all(row["right"] == row["of"] for row in found["readers"] if row["reader"] == "perfect")
    stills = {task.short for task in STILLS}
    assert all(row["right"] == row["of"] for row in found["readers"] if row["type"] in stills)
    assert "left out: EN, since its camera does not move" in done.stdout
    return out


def test_what_is_made_is_asked_about_and_stands_beside_no_published_score(data: Path, tmp_path: Path) -> None:
    with serving(Server(reply=mvbench.rightly(data))) as server:
        done = longvid("bench", "published", "--data", data, "--model", server.name, "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["all"]["accuracy"], found["all"]["asked"]) == (1.0, len(MADE))
    assert (found["benchmark"], found["published"], found["absent"]) == ("storyfilm-mvbench", [], [])
    assert "no published score is of them" in done.stdout
    assert "CogVLM2-Video" not in done.stdout


def test_the_control_is_asked_apart(data: Path, tmp_path: Path) -> None:
    known = {row["question"]: row["answer"] for task in STILLS for row in mvbench.read(data, task)}

    def reply(asked: Asked) -> Answer:
        return says(next(answer for question, answer in known.items() if question in asked.prompt))

    with serving(Server(reply=reply)) as server:
        done = longvid("bench", "published", "--data", data, "--model", server.name, "--tasks", "still", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["benchmark"], found["all"]["asked"], found["all"]["accuracy"]) == (
        "storyfilm-still",
        len(STILLS),
        1.0,
    )
    assert [row["name"] for row in found["tasks"]] == [task.short for task in STILLS]
    done = longvid("bench", "published", "--data", data, "--tasks", "still,AA")
    assert done.returncode == 2
    assert "asked apart" in done.stderr


def test_the_control_stands_beside_no_published_score_where_its_folder_has_lost_its_mark(
    data: Path, tmp_path: Path
) -> None:
    unmarked = shutil.copytree(data, tmp_path / "data")
    (unmarked / MARK).unlink()
    with serving(Server(reply=mvbench.with_a)) as server:
        told = ["--data", unmarked, "--model", server.name, "--tasks", "still", "-o", tmp_path / "out"]
        done = longvid("bench", "published", *told)
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["benchmark"], found["published"]) == ("storyfilm-still", [])
    assert "no published score is of them" in done.stdout


def test_videos_are_as_long_as_their_stories_and_go_on_behind_the_part(data: Path) -> None:
    task = BY_SHORT["AP"]
    row = mvbench.read(data, task)[0]
    film = probe(data / "video" / task.folder / row["video"])
    assert film.duration > row["end"] + 3
    assert film.comment is not None
    assert film.comment.startswith("StoryFilm ")
    task = BY_SHORT["ER"]
    row = mvbench.read(data, task)[0]
    pictures = list((data / "video" / task.folder / row["video"]).iterdir())
    assert len(pictures) > 3 * row["end"]


def test_a_make_that_was_ended_draws_what_is_missing(data: Path) -> None:
    videos = {path: path.stat().st_mtime_ns for path in (data / "video").rglob("*.mp4")}
    lost = next(iter(videos))
    lost.unlink()
    assert make(data).returncode == 0
    again = {path: path.stat().st_mtime_ns for path in (data / "video").rglob("*.mp4")}
    assert again.keys() == videos.keys()
    assert {path for path in videos if again[path] != videos[path]} == {lost}


def test_another_make_and_other_files_are_left_alone(data: Path, tmp_path: Path) -> None:
    done = make(data, "--seed", "4")
    assert done.returncode == 1
    assert "questions of another seed" in done.stderr
    (tmp_path / "mine.txt").write_text("mine")
    done = make(tmp_path)
    assert done.returncode == 1
    assert "holds other files" in done.stderr


def test_questions_alone_need_no_videos(tmp_path: Path) -> None:
    done = longvid("bench", "mvbench", "make", tmp_path / "data", "--questions", "30", "--no-videos", "--json")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1
    assert not (tmp_path / "data" / "video").exists()
