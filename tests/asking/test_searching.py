"""Searching folders of runs: words in all forms, an index that follows the runs, folders from anybody."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from longvid.api import Search, search, wait
from longvid.asking import searching
from longvid.asking.passages import gather
from longvid.errors import RunError


@pytest.fixture
def films(harbour: Path, tmp_path: Path) -> Path:
    """A folder with two runs, one of them deeper down."""
    for name in ("one.longvid", "deep/er/two.longvid"):
        shutil.copytree(harbour, tmp_path / name)
    return tmp_path


def found(folder: Path, words: str) -> Search:
    return wait(search([folder], words))


def test_words_are_found_in_all_their_forms_with_film_time_and_text(films: Path) -> None:
    came = found(films, "knocking twice")
    assert came.all_words
    assert came.runs == 2
    assert {(one.chunk, one.kind) for one in came.found} >= {(1, "seen"), (23, "seen")}
    assert {Path(one.run).name for one in came.found} == {"one.longvid", "two.longvid"}
    assert all("knocks twice" in one.text for one in came.found)


def test_where_no_passage_has_all_the_words_those_with_some_are_shown(films: Path) -> None:
    came = found(films, "locker helicopter")
    assert not came.all_words
    assert came.found
    assert found(films, "helicopter").found == ()


def test_only_runs_that_changed_are_read_again(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(run: Path) -> object:
        read.append(run.name)
        return gather(run)

    monkeypatch.setattr(searching, "gather", counted)
    found(films, "locker")
    assert sorted(read) == ["one.longvid", "two.longvid"]
    found(films, "locker")
    assert len(read) == 2
    output = next((films / "one.longvid").glob("*.concat.json"))
    report = json.loads(output.read_text(encoding="utf-8"))
    report["chunks"][0]["caption"] = "A zeppelin lands."
    output.write_text(json.dumps(report), encoding="utf-8")
    os.utime(output, ns=(time.time_ns(), time.time_ns() + 10**9))
    assert [one.text for one in found(films, "zeppelin").found] == ["A zeppelin lands."]
    assert read[2:] == ["one.longvid"]
    shutil.rmtree(films / "one.longvid")
    came = found(films, "zeppelin locker")
    assert came.runs == 1
    assert {Path(one.run).name for one in came.found} == {"two.longvid"}


def test_an_index_that_is_damaged_or_of_another_version_begins_anew(films: Path) -> None:
    before = found(films, "locker").found
    index = films / searching.INDEX
    for suffix in ("-wal", "-shm"):
        index.with_name(index.name + suffix).unlink(missing_ok=True)
    index.write_bytes(b"no database at all, though long enough to be read as one" * 50)
    assert found(films, "locker").found == before
    with sqlite3.connect(index) as db:
        db.execute("PRAGMA user_version=77")
    db.close()
    assert found(films, "locker").found == before


def test_a_run_that_cannot_be_read_is_named_and_left_out(films: Path) -> None:
    (films / "one.longvid" / "film.json").write_text("{", encoding="utf-8")
    came = found(films, "locker")
    assert [Path(one.run).name for one in came.found] == ["two.longvid"] * len(came.found)
    assert len(came.problems) == 1
    assert "one.longvid" in came.problems[0]


def test_outputs_from_anybody_are_cleaned_or_left_out(films: Path) -> None:
    output = next((films / "one.longvid").glob("*.concat.json"))
    rows: list[object] = [
        {"start": 0, "end": 5, "caption": "A zeppelin\u202e\x1b <b>lands</b>.", "events": 7, "dialogue": "no"},
        {"start": -1, "end": 5, "caption": "zeppelin before"},
        {"start": "x", "caption": "zeppelin never"},
        "zeppelin",
    ]
    evil = {"chunks": rows, "evidence": [{"sentence": 3}, {"sentence": "zeppelin", "times": [1e12]}], "extras": []}
    output.write_text(json.dumps(evil), encoding="utf-8")
    assert [one.text for one in found(films, "zeppelin").found] == ["A zeppelin <b>lands</b>."]


def test_links_are_not_followed(films: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    shutil.copytree(films / "one.longvid", outside / "secret.longvid")
    (films / "linked").symlink_to(outside)
    (films / "linked.longvid").symlink_to(outside / "secret.longvid")
    assert found(films, "locker").runs == 2


def test_what_cannot_be_searched_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run folders"):
        found(tmp_path, "locker")
    with pytest.raises(RunError, match="is no folder"):
        found(tmp_path / "nothing", "locker")
    with pytest.raises(RunError, match="no word"):
        found(tmp_path, "?!")


def test_a_folder_that_cannot_be_written_has_its_index_in_the_cache(
    films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever runs the tests may be allowed to write anywhere.
    monkeypatch.setattr(searching.os, "access", lambda path, mode: False)
    assert found(films, "locker").found
    assert not (films / searching.INDEX).exists()
    assert found(films, "locker").found
