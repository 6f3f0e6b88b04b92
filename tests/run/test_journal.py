"""The journal: append-only, whole lines, readable after a kill."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from longvid.errors import RunError
from longvid.run.journal import Journal, answers, notes, read


def test_events_come_back_in_order(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.write("begin", key="a")
        journal.write("end", key="a", status="ok")
    assert [(event["event"], event["key"]) for event in read(tmp_path / "j")] == [("begin", "a"), ("end", "a")]


def test_a_half_written_line_swallows_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.write("begin", key="a")
    with (tmp_path / "j").open("ab") as file:
        file.write(b'{"t": 1, "event": "en')
    with Journal(tmp_path / "j") as journal:
        journal.write("begin", key="b")
    assert [event["key"] for event in read(tmp_path / "j")] == ["a", "b"]


def test_answers_and_notes_are_those_of_the_run_they_belong_to(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.write("run", thread="one")
        journal.write("end", kind="write", key="a", status="degraded")
        journal.write("end", kind="caption", key="b", status="degraded")
        journal.write("note", text="left out")
        journal.write("note", text="unreadable", degraded=True)
        journal.write("run", thread="two")
        journal.write("end", kind="write", key="c", status="degraded")
        journal.write("run", thread="one")
        journal.write("cached", kind="write", key="a", status="degraded")
        journal.write("end", kind="write", key="d", status="ok")
        journal.write("note", text="left out")
    assert {e["key"]: e["status"] for e in answers(tmp_path / "j", "one", ("write",))} == {
        "a": "degraded",
        "d": "ok",
    }
    assert answers(tmp_path / "j", "three", ("write", "caption")) == []
    assert answers(tmp_path / "missing", "one", ("write",)) == []
    assert notes(tmp_path / "j", "one") == ["left out"]
    assert notes(tmp_path / "j", "one", degraded=True) == ["unreadable"]


def test_an_answer_that_two_chunks_share_is_the_answer_of_both(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.write("run", thread="one")
        for name, chunk in (("end", 0), ("cached", 1), ("cached", 1)):
            journal.write(name, key="same", kind="caption", chunk=chunk, status="ok")
    assert [event["chunk"] for event in answers(tmp_path / "j", "one", ("caption",))] == [0, 1]


@pytest.mark.parametrize("call", ["os.open", "os.write"])
def test_a_disk_that_fails_is_one_clear_line(tmp_path: Path, call: str) -> None:
    (tmp_path / "j").write_text("half a line")
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with patch(call, side_effect=full), pytest.raises(RunError, match=r"/j: No space left on device; free some space"):
        Journal(tmp_path / "j")
    with (
        Journal(tmp_path / "j") as journal,
        patch("os.write", side_effect=full),
        pytest.raises(RunError, match=r"/j: No space left on device; free some space"),
    ):
        journal.write("begin", key="a")
