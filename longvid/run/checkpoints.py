"""LangGraph's checkpoints of unfinished graphs, read as plain data alone: a run folder may come from anybody.

What cannot be read is dropped: the answers are in the store, so a graph that begins anew asks nothing twice.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiosqlite
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from longvid.files import make_empty
from longvid.run.failures import failed, is_damaged


class PlainSerializer(JsonPlusSerializer):
    """Writes what LangGraph writes; reads it only where that builds no object, for building one calls what it names."""

    def __init__(self) -> None:
        super().__init__(__unpack_ext_hook__=_refuse)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        if data[0] == "json":  # the format of old, whose objects the hook does not see
            raise ValueError("checkpoints are no longer JSON")
        return super().loads_typed(data)


def _refuse(code: int, data: bytes) -> Any:
    raise ValueError(f"an object (kind {code}) is no plain data")


@asynccontextmanager
async def checkpointer(path: Path, thread: str) -> AsyncIterator[AsyncSqliteSaver]:
    """The checkpointer of the graph called `thread`, with what can be read of it in the file at `path`.

    Raises RunError where the file cannot be used, also while the graph runs.
    """
    with contextlib.suppress(OSError):  # SQLite says better what is wrong
        make_empty(path)
    try:
        _drop_unreadable(path, thread)
        async with aiosqlite.connect(path) as db:
            yield AsyncSqliteSaver(db, serde=PlainSerializer())
    except sqlite3.Error as error:
        raise failed(path, error) from error


def _drop_unreadable(path: Path, thread: str) -> None:
    """Remove what there is of `thread` if it cannot be read, or the whole file if SQLite cannot read that."""
    if path.exists() and not path.stat().st_size:
        return
    try:
        with closing(sqlite3.connect(path)) as db:
            saver = SqliteSaver(db, serde=PlainSerializer())
            if not _is_readable(saver, thread):
                saver.delete_thread(thread)
    except sqlite3.Error as error:
        if not is_damaged(error):
            raise
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _is_readable(saver: SqliteSaver, thread: str) -> bool:
    """Whether all checkpoints of `thread` can be read, those of the graphs inside it, too."""
    try:
        found = list(saver.list({"configurable": {"thread_id": thread}}))
    except sqlite3.Error:
        raise
    except Exception:  # whatever the bytes are made of
        return False
    return all(isinstance(saved.checkpoint, dict) for saved in found)
