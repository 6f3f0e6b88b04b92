"""What happened in a run: events are on disk when they are told, and are found by the run they belong to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from longvid.errors import RunError
from longvid.run import Event, Record, Store
from longvid.run.journal import answers, notes, read


def record(key: str, status: str = "ok") -> Record:
    return Record(key, "caption", f"Text {key}.", status, None, 3, 4, f"Text {key}.", "{}")


def given(event: str, key: str, kind: str, chunk: int | None = None) -> Event:
    return Event(event, key, kind, chunk, {"status": "ok"})


def test_events_come_back_in_order_also_while_the_store_is_open(tmp_path: Path) -> None:
    assert list(read(tmp_path / "s")) == []
    with Store(tmp_path / "s") as store:
        store.put((), [Event("begin", "a", "write")])
        store.put([record("a")], [Event("end", "a", "write", details={"status": "ok", "depth": 1})])
        found = list(read(tmp_path / "s"))
    assert [(event["event"], event["key"], event.get("depth")) for event in found] == [
        ("begin", "a", None),
        ("end", "a", 1),
    ]


def test_answers_and_their_events_are_there_together_or_not_at_all(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        with pytest.raises(RunError, match="NOT NULL"):
            store.put([record("a")], [Event("end", "a"), Event(None)])  # type: ignore[arg-type]
        assert store.get("a") is None
        assert list(read(tmp_path / "s")) == []


def test_answers_and_notes_are_those_of_the_run_they_belong_to(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.put([record("a", "degraded"), record("b", "degraded"), record("c", "degraded"), record("d")])
        store.begin("one", "refine")
        store.put((), [given("end", "a", "write"), given("end", "b", "caption", 0)])
        store.put((), [Event("note", details={"text": "left out"})])
        store.put((), [Event("note", details={"text": "unreadable", "degraded": True})])
        store.begin("two", "refine")
        store.put((), [given("end", "c", "write")])
        store.begin("one", "refine")
        store.put((), [given("cached", "a", "write"), given("end", "d", "write")])
        store.put((), [Event("note", details={"text": "left out"})])
        assert {found.key: found.status for _, _, found in answers(store, "one", ("write",))} == {
            "a": "degraded",
            "d": "ok",
        }
        assert answers(store, "three", ("write", "caption")) == []
        assert notes(store, "one") == ["left out"]
        assert notes(store, "one", degraded=True) == ["unreadable"]
    assert [event["key"] for event in read(tmp_path / "s", last=True) if event["event"] != "note"] == ["a", "d"]


def test_an_answer_that_two_chunks_share_is_the_answer_of_both(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.begin("one", "concat")
        store.put([record("same")], [given("end", "same", "caption", 0)])
        for _ in range(2):
            store.put((), [given("cached", "same", "caption", 1)])
        assert [chunk for chunk, _, _ in answers(store, "one", ("caption",))] == [0, 1]


def test_the_events_of_a_run_are_found_by_an_index(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        plan = store.rows(
            "EXPLAIN QUERY PLAN SELECT chunk FROM events WHERE run IN (SELECT id FROM runs WHERE thread = ?) "
            "AND event IN ('end', 'cached')",
            ("one",),
        )
    assert not [line for *_, line in plan if line.startswith("SCAN") and "json" not in line]


def test_a_store_whose_events_are_none_is_one_clear_line(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.begin("one", "concat")
        store.put((), [Event("note", details={"text": "left out"})])
    with closing(sqlite3.connect(tmp_path / "s")) as db:
        for details in ("[" * 100_000, b"\x00\xff", "7"):
            db.execute("UPDATE events SET details = ?", (details,))
            db.commit()
            with Store(tmp_path / "s") as store, pytest.raises(RunError, match="damaged"):
                notes(store, "one")
