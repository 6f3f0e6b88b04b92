"""`longvid runs clean`: what the last run does not use goes, and nothing else, whoever wrote the folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from longvid.run import cleaning
from tests.cli.program import longvid
from tests.cli.scripted import answer_at_once, watched
from tests.films import make_film
from tests.standins import ScriptedBackend

OTHER = "0123456789abcdef"


@pytest.fixture
def eye(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    return answer_at_once(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a film and its run folder, with plans of two lengths; the last run had chunks of 4 s."""
    folder = tmp_path_factory.mktemp("made")
    film = make_film(folder / "film.mp4", chunks=2)
    with pytest.MonkeyPatch.context() as patch:
        answer_at_once(patch)
        for seconds in ("8", "4"):
            assert summarize(film, seconds) == 0
    return folder


@pytest.fixture
def run(eye: ScriptedBackend, made: Path, tmp_path: Path) -> Path:
    """A run folder as `made` describes it, that a test may change."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "film.longvid"


def summarize(film: Path, seconds: str) -> int:
    return longvid("summarize", film, "--strategy", "concat", "--target-length", seconds).returncode


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")} - {"answers.sqlite-wal", "answers.sqlite-shm"}


def test_what_the_last_run_does_not_use_goes_and_the_rest_stays(run: Path, eye: ScriptedBackend) -> None:
    before = contents(run)
    current = json.loads((run / "run.json").read_text())["plan"]
    (other,) = [path.name for path in (run / "clips").iterdir() if path.name != current]
    size = sum(path.stat().st_size for path in (run / "clips" / other).rglob("*") if path.is_file())
    told = longvid("runs", "clean", "--dry-run", run)
    assert told.returncode == 0
    assert other in told.stdout
    assert "would be freed" in told.stdout
    assert contents(run) == before
    value = json.loads(longvid("runs", "clean", run, "--json").stdout)
    assert value == {"run": str(run), "removed": [{"name": other, "bytes": size}], "dry_run": False}
    assert contents(run) == {name for name in before if other not in name}
    assert json.loads(longvid("runs", "clean", run, "--json").stdout)["removed"] == []
    asked = watched(eye)
    assert summarize(run.parent / "film.mp4", "8") == 0
    assert summarize(run.parent / "film.mp4", "4") == 0
    assert watched(eye) == asked, "answers about the same pictures are still there"


def test_what_kills_have_left_goes(run: Path) -> None:
    for name in (f".{OTHER}", f".{OTHER}-{OTHER}", f"{OTHER}-{OTHER}"):
        (run / "clips" / name).mkdir()
        (run / "clips" / name / "00000.safetensors").write_bytes(b"1234")
    removed = json.loads(longvid("runs", "clean", run, "--json").stdout)["removed"]
    assert len(removed) == 4
    assert len(os.listdir(run / "clips")) == 1


def test_links_are_not_followed_and_names_that_are_not_longvids_stay(run: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "photo.jpg").touch()
    (run / "clips" / OTHER).symlink_to(mine)
    (run / "clips" / "notes").mkdir()
    (run / "clips" / ("f" * 16)).touch()
    inside = run / "clips" / ("a" * 16)
    inside.mkdir()
    (inside / "00000.safetensors").symlink_to(mine / "photo.jpg")
    (inside / "more").symlink_to(mine)
    assert longvid("runs", "clean", run).returncode == 0
    assert (mine / "photo.jpg").exists()
    assert not inside.exists()
    assert {OTHER, "notes", "f" * 16} < set(os.listdir(run / "clips"))


@pytest.mark.parametrize("plan", ["..", "../..", "", None, 7, ["a"], "/"])
def test_a_folder_that_names_no_plan_loses_nothing(run: Path, plan: object) -> None:
    settings = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**settings, "plan": plan}))
    before = contents(run)
    done = longvid("runs", "clean", run)
    assert done.returncode == 1
    assert "has no finished run to keep" in done.stderr
    assert contents(run) == before


def test_clips_that_lie_elsewhere_stay(run: Path, tmp_path: Path) -> None:
    (run / "clips").rename(tmp_path / "elsewhere")
    (run / "clips").symlink_to(tmp_path / "elsewhere")
    before = contents(tmp_path / "elsewhere")
    assert longvid("runs", "clean", run).returncode == 1
    assert contents(tmp_path / "elsewhere") == before


def test_a_plan_that_shares_its_clips_frees_only_its_own(run: Path, eye: ScriptedBackend) -> None:
    longvid("runs", "clean", run)
    film = run.parent / "film.mp4"
    film.with_suffix(".srt").write_text("00:00:01 --> 00:00:02\nHello\n")
    assert summarize(film, "4") == 0
    (old,) = json.loads(longvid("runs", "clean", run, "--json").stdout)["removed"]
    assert 0 < old["bytes"] < 5_000, "plan.json alone"
    asked = watched(eye)
    assert summarize(film, "4") == 0
    assert watched(eye) == asked


def test_of_several_folders_the_others_are_cleaned(run: Path, tmp_path: Path) -> None:
    done = longvid("runs", "clean", tmp_path / "nothing.longvid", run)
    assert done.returncode == 3
    assert "is not a run folder" in done.stderr
    assert len(os.listdir(run / "clips")) == 1
    assert longvid("runs", "clean", tmp_path / "nothing.longvid").returncode == 1


def test_a_run_removes_older_plans_above_the_budget_by_itself(
    run: Path, eye: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "BUDGET", 0)
    assert len(list((run / "clips").iterdir())) == 2
    assert summarize(run.parent / "film.mp4", "4") == 0
    current = json.loads((run / "run.json").read_text())["plan"]
    assert [path.name for path in (run / "clips").iterdir()] == [current]
    assert eye.batches == []
