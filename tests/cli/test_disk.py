"""A disk that fails under a run is one line with its remedy, status 1, and never advice that throws answers away."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from longvid.run import Store
from tests.cli.program import longvid

Full = Callable[[], Any]


@contextmanager
def no_file_grows() -> Iterator[None]:
    """SQLite says "disk I/O error" where its lock file cannot be made, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    opened = Store.__init__

    def init(self: Store, path: Path) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            opened(self, path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    with patch.object(Store, "__init__", init):
        yield


@contextmanager
def checkpoints_have_no_room() -> Iterator[None]:
    setup = AsyncSqliteSaver.setup

    async def full(self: AsyncSqliteSaver) -> None:
        await setup(self)
        await (await self.conn.executescript("VACUUM; PRAGMA max_page_count=1")).close()

    with patch.object(AsyncSqliteSaver, "setup", full):
        yield


@pytest.mark.parametrize(
    ("full", "file", "reason"),
    [
        (no_file_grows, "answers.sqlite", "disk I/O error"),
        (checkpoints_have_no_room, "graph.sqlite", "database or disk is full"),
    ],
)
def test_a_full_disk_is_one_line_with_its_remedy_and_the_run_goes_on_later(
    tmp_path: Path, full: Full, file: str, reason: str
) -> None:
    said = tmp_path / "said.jsonl"
    said.write_text('{"start": 0, "end": 60, "caption": "A man sits."}\n')
    command = ("merge", "--captions", said, "--strategy", "concat")
    assert longvid(*command).returncode == 0
    with full():
        failed = longvid(*command)
    (line,) = failed.stderr.splitlines()
    assert (failed.returncode, failed.stdout) == (1, "")
    assert line.startswith(f"longvid: error: cannot use {tmp_path / 'said.longvid' / file}: {reason}; free some space")
    assert "--fresh" not in line
    with sqlite3.connect(tmp_path / "said.longvid" / "answers.sqlite") as db:
        assert db.execute("SELECT count(*) FROM answers").fetchone() == (1,)
    db.close()
    assert longvid(*command).returncode == 0
