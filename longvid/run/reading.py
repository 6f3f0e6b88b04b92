"""The answers of a run folder, read beside whoever may be writing there: nothing is made, locked or changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from longvid.run.failures import failed

MOST_ROWS = 200_000
"""Answers that are read of one folder; a film of a hundred hours, asked ten times, has fewer."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer about a clip. `clip` is the digest of what was looked at."""

    kind: str
    text: str
    ok: bool
    clip: str


def answers_about_clips(path: Path, kinds: Sequence[str]) -> list[Stored]:
    """The answers of `kinds` in the store at `path`, oldest first; none where there is no store.

    Raises RunError where it cannot be read.
    """
    if not path.is_file():
        return []
    try:
        with closing(_open(path)) as db:
            return list(_rows(db, kinds))
    except sqlite3.Error as error:
        raise failed(path, error) from error


def _open(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. Where the folder cannot be written, SQLite reads a log that no other can change
    only if it is told so."""
    name = f"file:{quote(str(path.absolute()), errors='surrogateescape')}"
    for options in ("mode=ro", "mode=ro&immutable=1"):
        db = sqlite3.connect(f"{name}?{options}", uri=True)
        # A store may come from anybody.
        db.text_factory = lambda data: data.decode(errors="replace")
        try:
            db.execute("PRAGMA trusted_schema=OFF")
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            db.close()
            continue
        return db
    raise sqlite3.OperationalError("it cannot be opened for reading")


def _rows(db: sqlite3.Connection, kinds: Sequence[str]) -> Iterator[Stored]:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchall():
        return
    query = (
        "SELECT kind, text, status, request FROM answers WHERE kind IN (SELECT value FROM json_each(?)) "
        "ORDER BY rowid LIMIT ?"
    )
    for kind, text, status, request in db.execute(query, (json.dumps(list(kinds)), MOST_ROWS)):
        try:
            clip = json.loads(request)["clip"]
        except (TypeError, ValueError, LookupError, RecursionError):
            continue
        if isinstance(kind, str) and isinstance(text, str) and isinstance(clip, str):
            yield Stored(kind, text, status == "ok", clip)
