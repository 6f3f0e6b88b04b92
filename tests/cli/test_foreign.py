"""Folders that others write and read: rights by the umask, and hostile JSON, stores and settings in one clear line."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import Ended, longvid
from tests.films import make_film

DEEP = "[" * 200_000
DIGITS = "9" * 5000


@pytest.fixture
def umask() -> Iterator[int]:
    before = os.umask(0o002)
    yield 0o002
    os.umask(before)


def test_everything_that_a_run_leaves_has_the_rights_of_the_umask(
    tmp_path: Path, random_model: Path, umask: int
) -> None:
    film = make_film(tmp_path / "film.mp4", chunks=1)
    done = longvid("summarize", film, "--model", random_model, "--strategy", "concat", "-o", tmp_path / "out")
    assert done.returncode in (0, 3), done.stderr
    left = [tmp_path / "out", *(tmp_path / "out").rglob("*")]
    names = {path.name for path in left}
    assert {"answers.sqlite", "graph.sqlite", "film.concat.md", "00000.safetensors"} <= names
    for path in left:
        assert stat.S_IMODE(path.stat().st_mode) == (0o777 if path.is_dir() else 0o666) & ~umask, path


@pytest.fixture(scope="module")
def finished(random_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with captions. Copy it before changing it."""
    folder = tmp_path_factory.mktemp("foreign")
    film = make_film(folder / "film.mp4", chunks=1)
    done = longvid("caption", film, "--model", random_model)
    assert done.returncode in (0, 3), done.stderr
    return folder / "film.longvid"


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "film.longvid"))


def merge(run: Path) -> Ended:
    return longvid("merge", run, "--strategy", "concat")


def is_one_line(done: Ended, *, status: int = 1) -> str:
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (status, "")
    assert line.startswith("longvid: error: ")
    assert "fault of longvid" not in line
    assert len(line) < 600
    return line


@pytest.mark.parametrize("content", [DEEP, f'{{"seed": {DIGITS}}}', '{"plan": NaN}', '{"a": "b'], ids=lambda c: c[:9])
@pytest.mark.parametrize("name", ["run.json", "film.json", "plan.json"])
def test_hostile_json_in_a_run_folder_is_one_line(run: Path, name: str, content: str) -> None:
    (path,) = run.rglob(name)
    path.write_text(content)
    assert str(run) in is_one_line(merge(run))


@pytest.mark.parametrize("path", ["film\0.mp4", "\ud800.mp4"], ids=["NUL", "surrogate"])
def test_a_film_that_no_file_can_be_called_is_one_line(run: Path, path: str) -> None:
    known = json.loads((run / "film.json").read_text())
    (run / "film.json").write_text(json.dumps(known | {"path": path}))
    assert "film.json is damaged" in is_one_line(merge(run))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE answers SET text = x'00ff'",
        "UPDATE answers SET prompt_tokens = 'many', text = x'5b5b'",
        "ALTER TABLE answers RENAME COLUMN raw TO other",
        "DROP TABLE answers; CREATE VIEW answers AS SELECT 1 AS key",
    ],
    ids=["blob", "words", "column", "view"],
)
def test_a_store_with_something_else_in_it_is_one_line(run: Path, change: str) -> None:
    with closing(sqlite3.connect(run / "answers.sqlite")) as db:
        db.executescript(change)
    assert "answers.sqlite is damaged" in is_one_line(merge(run))


def test_text_that_is_no_utf_8_is_odd_text(run: Path) -> None:
    with closing(sqlite3.connect(run / "answers.sqlite")) as db:
        db.execute("UPDATE answers SET text = CAST(x'41ff42' AS TEXT), status = 'ok'")
        db.commit()
    done = merge(run)
    assert done.returncode == 0, done.stderr
    assert "A\ufffdB" in done.stdout


def test_a_deep_line_of_the_journal_is_passed_over(run: Path) -> None:
    with (run / "journal.jsonl").open("a") as file:
        file.write(f"{DEEP}\n")
    assert merge(run).returncode in (0, 3)


@pytest.mark.parametrize("content", [DEEP, "[" * 900 + "]" * 900], ids=["deep", "whole"])
@pytest.mark.parametrize("name", ["config.json", "model.safetensors.index.json"])
def test_hostile_json_of_a_checkpoint_is_one_line(tmp_path: Path, random_model: Path, name: str, content: str) -> None:
    model = Path(shutil.copytree(random_model, tmp_path / "model", copy_function=os.link))
    (model / name).unlink(missing_ok=True)
    (model / name).write_text(content)
    assert name in is_one_line(longvid("model", "check", model))


@pytest.mark.parametrize(
    "value", [DIGITS, f"0x{'f' * 5000}", DEEP, f"[{DIGITS}]", "inf"], ids=["digits", "hex", "deep", "list", "inf"]
)
def test_a_monstrous_setting_is_wrong_usage_in_few_words(tmp_path: Path, value: str) -> None:
    said = tmp_path / "said.jsonl"
    said.write_text('{"start": 0, "end": 60, "caption": "A man sits."}\n')
    command = ("merge", "--captions", said, "--strategy", "hierarchical", "--llm", "openai:x")
    done = longvid(*command, "--set", f"fan_in={value}")
    assert done.returncode == 2
    assert "fan_in of hierarchical cannot be" in done.stderr
    assert len(done.stderr) < 600
    (tmp_path / "s.toml").write_text(f"fan_in = {value}\n")
    done = longvid(*command, "--config", tmp_path / "s.toml")
    assert done.returncode == 2
    assert "s.toml" in done.stderr or "fan_in" in done.stderr
    assert len(done.stderr) < 600
