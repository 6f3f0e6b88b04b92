"""Checkpoints: what cannot be read is dropped, and nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TypedDict

import pytest
from langgraph.graph import END, START, StateGraph

from longvid.errors import RunError
from longvid.run.checkpoints import checkpointer


class State(TypedDict, total=False):
    key: object


def begin(path: Path, thread: str, key: object = "a") -> None:
    """Leave a graph called `thread` unfinished."""

    async def broken_off() -> None:
        graph = StateGraph(State)
        graph.add_node("one", lambda state: {"key": key})
        graph.add_node("two", lambda state: {})
        graph.add_edge(START, "one")
        graph.add_edge("one", "two")
        graph.add_edge("two", END)
        async with checkpointer(path, thread) as saver:
            compiled = graph.compile(checkpointer=saver, interrupt_before=["two"])
            await compiled.ainvoke({}, {"configurable": {"thread_id": thread}})

    asyncio.run(broken_off())


def kept(path: Path, thread: str) -> int:
    """How many checkpoints there are of `thread`, once it goes on."""

    async def count() -> int:
        async with checkpointer(path, thread) as saver:
            return len([saved async for saved in saver.alist({"configurable": {"thread_id": thread}})])

    return asyncio.run(count())


def test_a_thread_that_cannot_be_read_goes_alone(tmp_path: Path) -> None:
    for thread in ("one", "two"):
        begin(tmp_path / "g", thread)
    with closing(sqlite3.connect(tmp_path / "g")) as db, db:
        db.execute("UPDATE checkpoints SET checkpoint = x'c1' WHERE thread_id = 'one'")
    assert kept(tmp_path / "g", "one") == 0
    assert kept(tmp_path / "g", "two") > 0


def test_an_object_is_written_but_not_read(tmp_path: Path) -> None:
    begin(tmp_path / "g", "plain", ["a", 1, None, {"b": 2.5}])
    assert kept(tmp_path / "g", "plain") > 0
    begin(tmp_path / "g", "objects", {"a"})
    assert kept(tmp_path / "g", "objects") == 0


def test_a_file_that_is_no_database_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "g").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    begin(tmp_path / "g", "one")
    assert kept(tmp_path / "g", "one") > 0


def test_a_file_that_cannot_be_used_is_one_clear_line_and_stays(tmp_path: Path) -> None:
    (tmp_path / "g").mkdir()
    with pytest.raises(RunError, match="/g: unable to open database file; free some space"):
        kept(tmp_path / "g", "one")
    assert (tmp_path / "g").is_dir()
