"""What to say when a file of the run folder fails: the disk is full, or the rights are gone. Nothing is lost by it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from longvid.errors import RunError

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""The last is what our statements get where the tables are not ours."""


def is_damaged(error: sqlite3.Error) -> bool:
    """Whether it is the content of the file that SQLite cannot use, and not the disk that it lies on."""
    # The low byte is the code, what lies above says more of it. What SQLite did not say itself has none.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF in DAMAGED


def failed(path: Path, error: sqlite3.Error | OSError) -> RunError:
    """The error to raise where `path` cannot be read or written."""
    reason = error.strerror if isinstance(error, OSError) else error
    return RunError(f"cannot use {path}: {reason}; free some space or see that it can be written, and run again")
