"""`-f html` and `longvid page`: a page beside every JSON, for a run, for a folder of them, and for what is neither."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from longvid.cli.values import FORMATS
from longvid.output import NAMES
from tests.cli.program import longvid
from tests.cli.scripted import answer_at_once
from tests.films import make_film


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a film and its run folder, with a page."""
    folder = tmp_path_factory.mktemp("made")
    film = make_film(folder / "film.mp4", chunks=2)
    with pytest.MonkeyPatch.context() as patch:
        answer_at_once(patch)
        ended = longvid(
            "summarize", film, "--strategy", "concat", "--target-length", "4", "-f", "json,html,md", "--quiet"
        )
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_run_writes_its_page_with_pictures_and_the_film(folder: Path) -> None:
    page = (folder / "film.longvid" / "film.concat.html").read_text()
    assert '<video id="video" controls preload="metadata" src="./../film.mp4"' in page
    assert '"data": ["UklG' in page
    value = json.loads((folder / "film.longvid" / "film.concat.json").read_text())
    assert (value["pictures"]["width"], value["pictures"]["height"]) == (128, 72)
    assert any((folder / "film.longvid" / value["pictures"]["folder"]).glob("*.webp"))


def test_the_same_page_is_made_later_and_its_name_printed(folder: Path) -> None:
    path = folder / "film.longvid" / "film.concat.html"
    before = path.read_text()
    path.unlink()
    ended = longvid("page", folder / "film.longvid")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{path}\n", "")
    assert path.read_text() == before


def test_a_folder_stands_for_the_runs_in_it(folder: Path) -> None:
    shutil.copytree(folder / "film.longvid", folder / "other.longvid")
    ended = longvid("page", "--json", folder)
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0
    assert [Path(one["run"]).name for one in told] == ["film.longvid", "other.longvid"]
    assert all(len(one["pages"]) == 1 for one in told)


def test_what_is_no_run_or_has_no_summary_is_one_clear_line(folder: Path) -> None:
    (folder / "empty").mkdir()
    for named in (folder / "empty", folder / "nowhere", folder / "film.mp4"):
        ended = longvid("page", named)
        assert ended.returncode == 1
        assert ended.stderr.count("\n") == 1
        assert "give" in ended.stderr
    (folder / "film.longvid" / "film.concat.json").unlink()
    ended = longvid("page", folder / "film.longvid")
    assert ended.returncode == 1
    assert "longvid merge" in ended.stderr


@pytest.mark.parametrize("damage", ["", "[]", '{"chunks": 3}', '{"chunks": [], "film": 1}'])
def test_a_damaged_json_is_one_clear_line_and_other_runs_get_their_pages(folder: Path, damage: str) -> None:
    shutil.copytree(folder / "film.longvid", folder / "other.longvid")
    (folder / "film.longvid" / "film.concat.json").write_text(damage)
    ended = longvid("page", folder)
    assert ended.returncode == 3
    assert ended.stdout == f"{folder / 'other.longvid' / 'film.concat.html'}\n"
    assert "is damaged" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_damaged_json_does_not_stop_the_pages_of_the_others(folder: Path) -> None:
    run = folder / "film.longvid"
    for name in ("film.aaa.json", "film.zzz.json"):
        (run / name).write_text('{"chunks": 1}')
    (run / "film.concat.html").unlink()
    ended = longvid("page", run, "--json")
    assert ended.returncode == 3
    assert json.loads(ended.stdout)["pages"] == [str(run / "film.concat.html")]
    assert ended.stderr.count("\n") == 1
    assert "film.aaa.json" in ended.stderr
    assert "film.zzz.json" in ended.stderr


def test_what_the_system_cannot_look_at_is_one_clear_line(folder: Path) -> None:
    ended = longvid("page", folder / ("a" * 300))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "no run folder" in ended.stderr
    (folder / "other.longvid").mkdir()
    (folder / "other.longvid" / "film.json").symlink_to("a" * 300)
    ended = longvid("page", folder)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_fresh_run_removes_the_page_of_the_one_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_at_once(monkeypatch)
    ended = longvid("summarize", folder / "film.mp4", "--strategy", "concat", "--fresh", "-f", "md", "--quiet")
    assert ended.returncode == 0
    assert not (folder / "film.longvid" / "film.concat.html").exists()


def test_every_format_is_written_under_its_name_and_gone_with_a_fresh_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(FORMATS) == set(NAMES)
    answer_at_once(monkeypatch)
    how = ("--strategy", "concat", "--target-length", "4", "--quiet")
    assert longvid("summarize", folder / "film.mp4", *how, "-f", ",".join(FORMATS)).returncode == 0
    written = {folder / "film.longvid" / f"film.concat.{name}" for name in FORMATS}
    assert {path for path in written if path.is_file()} == written
    assert longvid("summarize", folder / "film.mp4", *how, "-f", "nfo", "--fresh").returncode == 0
    assert {path.name for path in written if path.is_file()} == {"film.concat.nfo"}
