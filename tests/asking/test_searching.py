"""Searching folders of runs: words in all forms, an index that follows the runs, folders from anybody."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import threading
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


def test_a_cache_serves_where_the_index_is_somebody_elses(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found(films, "locker")
    index = films / searching.INDEX
    before = index.read_bytes()
    may = os.access
    monkeypatch.setattr(searching.os, "access", lambda path, mode: path != index and may(path, mode))
    (films / "one.longvid").rename(films / "other.longvid")
    assert {Path(one.run).name for one in found(films, "locker").found} == {"other.longvid", "two.longvid"}
    assert index.read_bytes() == before


def test_whoever_may_write_in_a_folder_may_write_its_index(films: Path) -> None:
    before = os.umask(0o002)
    try:
        found(films, "locker")
    finally:
        os.umask(before)
    assert (films / searching.INDEX).stat().st_mode & 0o777 == 0o664


def test_an_index_that_cannot_be_made_is_one_line(films: Path) -> None:
    (films / searching.INDEX).mkdir()
    with pytest.raises(RunError, match="cannot use"):
        found(films, "locker")


@pytest.mark.parametrize("odd", [b"od\xff", b"od\xc3", "od\u0308".encode()])
def test_a_run_below_a_name_that_is_no_text_is_found_by_every_search(films: Path, odd: bytes) -> None:
    os.rename(films / "deep", os.path.join(os.fsencode(films), odd))
    told = [found(films, "locker") for _ in range(3)]
    assert told[0].runs == 2
    assert len({one.run for one in told[0].found}) == 2
    assert told[0] == told[1] == told[2]


def test_places_that_lie_in_one_another_count_and_show_every_run_once(films: Path) -> None:
    (films / "by").symlink_to(films / "deep")
    once = found(films, "locker")
    for places in (
        [films, films],
        [films, films / "deep"],
        [films / "deep" / "er" / "two.longvid", films],
        [films / "by", films],
        [films, films / "by" / "er" / "two.longvid"],
    ):
        came = wait(search(places, "locker"))
        assert came.runs == 2
        assert len(came.found) == len(set(came.found)) == len(once.found)


def test_what_the_system_cannot_look_at_is_named_or_no_folder(films: Path) -> None:
    about = films / "one.longvid" / "film.json"
    about.unlink()
    about.symlink_to("a" * 300)  # no file system takes so long a name
    came = found(films, "locker")
    assert {Path(one.run).name for one in came.found} == {"two.longvid"}
    assert [line.startswith(str(films / "one.longvid")) for line in came.problems] == [True]
    with pytest.raises(RunError, match="is no folder"):
        found(films / ("a" * 300), "locker")


def test_names_in_an_index_from_anybody_are_no_paths_yet(films: Path) -> None:
    before = found(films, "locker")
    with sqlite3.connect(films / searching.INDEX) as db:
        for name in ("a" * 5000, "a\0b", "/" + "b" * 300):
            db.execute("INSERT INTO films (run, film, path, signature) VALUES (?, 'x', 'y', 'z')", (name,))
    db.close()
    assert found(films, "locker") == before


@pytest.mark.parametrize(
    ("text", "word", "other"),
    [
        (
            "\u0915\u093f\u0924\u093e\u092c \u092e\u0947\u091c \u092a\u0930.",
            "\u0915\u093f\u0924\u093e\u092c",
            "\u0915\u0941\u0924\u094d\u092c",
        ),
        (
            "\u09ac\u09bf\u09a1\u09bc\u09be\u09b2 \u0998\u09b0\u09c7.",
            "\u09ac\u09bf\u09a1\u09bc\u09be\u09b2",
            "\u09ac\u09a1\u09bc\u09b2",
        ),
        ("\u0bae\u0bbf\u0ba9\u0bcd \u0b95\u0b9f\u0bb2\u0bcd.", "\u0b95\u0b9f\u0bb2\u0bcd", "\u0b95\u0bbe\u0b9f\u0bb2"),
    ],
)
def test_words_with_vowel_signs_are_found_whole(films: Path, text: str, word: str, other: str) -> None:
    output = next((films / "one.longvid").glob("*.concat.json"))
    report = json.loads(output.read_text(encoding="utf-8"))
    report["chunks"][0]["caption"] = text
    output.write_text(json.dumps(report), encoding="utf-8")
    assert [one.text for one in found(films, word).found] == [text]
    assert found(films, other).found == ()


def test_a_search_that_is_cancelled_reads_no_further_run(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(films / "one.longvid", films / "three.longvid")
    read: list[Path] = []
    monkeypatch.setattr(searching, "gather", lambda run: read.append(run) or gather(run))
    over = threading.Event()

    async def work() -> None:
        loop = asyncio.get_running_loop()

        def told(done: int, total: int) -> None:
            del done, total
            loop.call_soon_threadsafe(task.cancel)
            over.wait(10)

        task = asyncio.ensure_future(search([films], "locker", progress=told))
        with pytest.raises(asyncio.CancelledError):
            await task
        over.set()

    asyncio.run(work())
    assert len(read) <= 1
    monkeypatch.undo()
    assert found(films, "locker").runs == 3
