"""The store: what is put is there, whole, for good."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from longvid.errors import RunError
from longvid.run import Event, Record, Store, key_of


def record(key: str, text: str = "A text.") -> Record:
    return Record(key, "write", text, "ok", None, 3, 4, f" {text}", "{}")


def test_an_answer_comes_back_as_it_was_put_also_for_another_process(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.put([record("a"), record("b", "\u00e9 \U0001f600")])
        with Store(tmp_path / "s") as other:
            assert other.get("b") == record("b", "\u00e9 \U0001f600")
            assert other.text("a") == "A text."
        assert store.get("c") is None


def test_the_first_answer_to_a_request_stays(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.put([record("a", "First.")])
        store.put([record("a", "Second.")])
        assert store.text("a") == "First."


def test_a_batch_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        broken = Record("b", "write", None, "ok", None, 3, 4, "", "{}")  # type: ignore[arg-type]
        with pytest.raises(RunError, match="NOT NULL"):
            store.put([record("a"), broken])
        assert store.get("a") is None
        store.put([record("a")])
        assert store.get("a") is not None


def test_kept_texts_are_addressed_by_their_content(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        key = store.keep("A summary.")
        assert store.keep("A summary.") == key != store.keep("Another.")
        assert store.text(key) == "A summary."
        with pytest.raises(KeyError):
            store.text("t0")


def test_a_damaged_store_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(RunError, match="--fresh"):
        Store(tmp_path / "s")


def test_what_the_disk_does_to_a_store_is_no_reason_to_begin_anew(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store._db.execute("PRAGMA max_page_count=1")
        with pytest.raises(RunError, match="disk is full; free some space") as caught:
            store.put([record("a", "word " * 5000)])
    assert "--fresh" not in str(caught.value)
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunError, match="unable to open database file; free some space or see that it can be written"):
        Store(tmp_path / "folder")


def test_a_store_of_an_earlier_version_is_opened_and_says_so_once(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "s")) as db:
        db.executescript(
            "CREATE TABLE answers (key TEXT PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, status TEXT NOT NULL, "
            "reason TEXT, prompt_tokens INTEGER NOT NULL, answer_tokens INTEGER NOT NULL, raw TEXT NOT NULL, "
            "request TEXT NOT NULL); CREATE TABLE texts (key TEXT PRIMARY KEY, text TEXT NOT NULL); "
            "INSERT INTO answers VALUES ('old', 'write', 'Old.', 'ok', NULL, 1, 1, 'Old.', '{}'); "
            "PRAGMA user_version=1;"
        )
    with Store(tmp_path / "s") as store:
        assert store.older
        assert store.text("old") == "Old."
        store.put([record("a")], [Event("end", "a")])
        assert store.text(store.keep("A summary.")) == "A summary."
    with Store(tmp_path / "s") as store:
        assert not store.older


def test_the_best_known_answers_to_one_question_are_found_by_the_start_of_their_keys(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.put([record("a#5"), record("b#1"), record("a"), record("a#1", "Later."), record("ab#2")])
        latest = store.latest("a#")
        assert latest is not None
        assert latest.text == "Later."
        assert store.latest("c#") is None


def test_a_text_that_grows_and_is_kept_at_every_step_is_stored_about_once(tmp_path: Path) -> None:
    rows = [f"Row {i}: man {i * 7919 % 997} opens door {i * 31} and hides key {i * 17 % 53}." for i in range(800)]
    with Store(tmp_path / "s", durable=False) as store:
        keys = [store.keep(json.dumps(rows[:n])) for n in range(4, len(rows), 4)]
        whole = sum(len(store.text(key)) for key in keys)
        assert [store.text(key) for key in (keys[0], keys[-1])] == [json.dumps(rows[:4]), json.dumps(rows[:796])]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < whole / 10


@pytest.mark.parametrize("text", ["", "a", "\u00e9\U0001f600" * 5000, "a" * 100_000, "word " * 300])
def test_any_text_comes_back_as_it_was_kept(tmp_path: Path, text: str) -> None:
    with Store(tmp_path / "s", durable=False) as store:
        assert store.text(store.keep(text)) == text


def test_what_the_guards_left_alone_is_stored_once_and_read_as_ever(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.put([Record("a", "write", "Same.", "ok", None, 1, 1, "Same.", "{}")])
        assert store.rows("SELECT raw FROM answers") == [("",)]
        found = store.get("a")
        assert found is not None
        assert found.raw == "Same."


def test_a_store_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s") as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(RunError, match="another version"):
        Store(tmp_path / "s")


def test_keys_do_not_depend_on_the_order_of_fields() -> None:
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2], "a": 1}) != key_of({"a": 1, "b": [3]})


def test_a_store_damaged_further_in_is_one_clear_line_too(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.put([record(str(i), "word " * 500) for i in range(200)])
    data = bytearray((tmp_path / "s").read_bytes())
    data[4096:] = b"\x55" * (len(data) - 4096)
    (tmp_path / "s").write_bytes(data)
    with pytest.raises(RunError, match="--fresh"), Store(tmp_path / "s") as store:
        store.get("7")
