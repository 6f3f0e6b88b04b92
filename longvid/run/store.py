"""The content-addressed store of answers and texts: one SQLite file in WAL mode a run folder.

What is put is on disk when `put` returns; a batch is put as a whole or not at all. Knows nothing of models or films: a
key is whatever string the caller made of all that decides an answer.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from longvid.errors import RunError
from longvid.run.failures import failed, is_damaged

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, status TEXT NOT NULL, reason TEXT,
    prompt_tokens INTEGER NOT NULL, answer_tokens INTEGER NOT NULL, raw TEXT NOT NULL, request TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS texts (key TEXT PRIMARY KEY, text TEXT NOT NULL);
"""
COLUMNS = "key, kind, text, status, reason, prompt_tokens, answer_tokens, raw, request"
VERSION = 1
"""Layout of the tables, kept in SQLite's user_version; a store of another version is refused, never rewritten."""


@dataclass(frozen=True, slots=True)
class Record:
    """One answer as stored. `raw` is what the model said before the guards; `request` is the JSON the key hashes."""

    key: str
    kind: str
    text: str
    status: str
    reason: str | None
    prompt_tokens: int
    answer_tokens: int
    raw: str
    request: str


def key_of(request: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the canonical JSON of `request`."""
    return hashlib.sha256(canonical(request).encode()).hexdigest()


def canonical(request: Mapping[str, object]) -> str:
    """`request` as JSON with sorted keys and no spaces: equal requests give equal strings."""
    return json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Store:
    """Answers and texts of one run folder. Safe to use from several threads of one process."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """Open or create the store at `path`. Raises RunError if it is damaged, of another version or cannot be used.

        One that is not `durable` may lose its last answers with the machine's power; it is for checks of many runs.
        """
        self.path = path
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            # A store may come from anybody: bytes that are no UTF-8 are odd text, and a schema calls no functions.
            self._db.text_factory = lambda data: data.decode(errors="replace")
            self._db.execute("PRAGMA trusted_schema=OFF")
            # FULL: an answer costs seconds of a GPU, a sync to disk costs milliseconds.
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise RunError(
                    f"{path} was written by another version of longvid; summarize with --fresh or another -o DIR"
                )
            self._db.executescript(SCHEMA)
            self._db.execute(f"PRAGMA user_version={VERSION}")
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def get(self, key: str) -> Record | None:
        """The answer behind `key`, or None."""
        row = self._row(f"SELECT {COLUMNS} FROM answers WHERE key = ?", (key,))
        if row is None:
            return None
        record = Record(*row)
        counts = (record.prompt_tokens, record.answer_tokens)
        texts = (record.kind, record.text, record.status, record.reason or "", record.raw, record.request)
        if not (all(isinstance(text, str) for text in texts) and all(isinstance(count, int) for count in counts)):
            raise self._damaged("an answer is no text")
        return record

    def _row(self, query: str, values: tuple[str, ...]) -> tuple[Any, ...] | None:
        with self._lock:
            try:
                row: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
            except sqlite3.Error as error:
                raise self._failed(error) from error
        return row

    def put(self, records: Iterable[Record]) -> None:
        """Commit `records` in one transaction. A good answer that is there already stays as it is."""
        rows = [
            (r.key, r.kind, r.text, r.status, r.reason, r.prompt_tokens, r.answer_tokens, r.raw, r.request)
            for r in records
        ]
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(
                    f"INSERT INTO answers ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET "
                    "text = excluded.text, status = excluded.status, reason = excluded.reason, "
                    "prompt_tokens = excluded.prompt_tokens, answer_tokens = excluded.answer_tokens, "
                    "raw = excluded.raw WHERE answers.status != 'ok'",
                    rows,
                )
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise self._failed(error) from error

    def keep(self, text: str, key: str | None = None) -> str:
        """Store `text` under `key`, by default a hash of the text, and return the key. A key's first text stays."""
        key = "t" + hashlib.sha256(text.encode()).hexdigest() if key is None else key
        with self._lock:
            try:
                self._db.execute("INSERT INTO texts VALUES (?, ?) ON CONFLICT (key) DO NOTHING", (key, text))
            except sqlite3.Error as error:
                raise self._failed(error) from error
        return key

    def text(self, key: str) -> str:
        """The text behind the key of an answer or of a kept text. Raises KeyError if there is none."""
        query = "SELECT text FROM texts WHERE key = ? UNION ALL SELECT text FROM answers WHERE key = ?"
        row = self._row(query, (key, key))
        if row is None:
            raise KeyError(key)
        if not isinstance(row[0], str):
            raise self._damaged("a text is none")
        return row[0]

    def _failed(self, error: sqlite3.Error) -> RunError:
        # Only what is lost anyway is worth beginning anew: a full disk takes no answer away.
        return self._damaged(error) if is_damaged(error) else failed(self.path, error)

    def _damaged(self, reason: object) -> RunError:
        return RunError(f"{self.path} is damaged: {reason}; summarize with --fresh begins anew")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
