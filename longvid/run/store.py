"""The content-addressed store of answers and texts, and what happened when: one SQLite file in WAL mode a run folder.

What is put is on disk when `put` returns; a batch is put as a whole, with its events, or not at all. Texts are kept in
pieces (`longvid.run.pieces`): of a text that grows, kept at every step, only what is new is stored. Knows nothing of
models or films: a key is whatever string the caller made of all that decides an answer.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from longvid.errors import RunError
from longvid.run.failures import failed, is_damaged
from longvid.run.pieces import cut

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, status TEXT NOT NULL, reason TEXT,
    prompt_tokens INTEGER NOT NULL, answer_tokens INTEGER NOT NULL, raw TEXT NOT NULL, request TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS pieces (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, pieces TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, thread TEXT NOT NULL, strategy TEXT NOT NULL, t REAL NOT NULL);
CREATE INDEX IF NOT EXISTS runs_by_thread ON runs (thread);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, t REAL NOT NULL, event TEXT NOT NULL,
    key TEXT, kind TEXT, chunk INTEGER, details TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_run ON events (run, event);
"""
VERSION = 2
"""Layout of the tables, kept in SQLite's user_version. A store of an older one is opened (its answers are of an older
version of keys, so they stay there unused); one of a newer is refused, never rewritten."""

COLUMNS = "key, kind, text, status, reason, prompt_tokens, answer_tokens, raw, request"
TEXT, NUMBER = (str,), (int,)
TYPES = (TEXT, TEXT, TEXT, TEXT, (str, type(None)), NUMBER, NUMBER, TEXT, TEXT)
"""Of an answer's columns: a store may come from anybody, and SQLite keeps anything anywhere."""


@dataclass(frozen=True, slots=True)
class Record:
    """One answer as stored. `raw` is what the model said before the guards, `request` JSON of what the key hashes."""

    key: str
    kind: str
    text: str
    status: str
    reason: str | None
    prompt_tokens: int
    answer_tokens: int
    raw: str
    request: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run, such as a call that began: no text of any model."""

    event: str
    key: str | None = None
    kind: str | None = None
    chunk: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    """JSON-plain."""


def key_of(request: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the canonical JSON of `request`."""
    return hashlib.sha256(canonical(request).encode()).hexdigest()


def canonical(request: Mapping[str, object]) -> str:
    """`request` as JSON with sorted keys and no spaces: equal requests give equal strings."""
    return json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Store:
    """Answers, texts and events of one run folder. Safe to use from several threads of one process."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """Open or create the store at `path`. Raises RunError if it is damaged, of a newer version or cannot be used.

        One that is not `durable` may lose its last answers with the machine's power; it is for checks of many runs.
        """
        self.path = path
        self.older = False
        """Whether an earlier longvid had written it, until it was opened now."""
        self._lock = threading.Lock()
        self._run = 0
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            # FULL: an answer costs seconds of a GPU, a sync to disk costs milliseconds.
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
            self._db.execute("PRAGMA journal_mode=WAL")
            # A store may come from anybody: bytes that are no UTF-8 are odd text, and a schema calls no functions.
            self._db.text_factory = lambda data: data.decode(errors="replace")
            self._db.execute("PRAGMA trusted_schema=OFF")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if not 0 <= version <= VERSION:
                raise RunError(
                    f"{path} was written by another version of longvid; summarize with --fresh or another -o DIR"
                )
            if version != VERSION:
                self.older = version > 0
                self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT")
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def get(self, key: str) -> Record | None:
        """The answer behind `key`, or None."""
        return self._record(f"SELECT {COLUMNS} FROM answers WHERE key = ?", (key,))

    def latest(self, start: str) -> Record | None:
        """The answer that was put last of those whose key begins with `start`, or None."""
        after = start[:-1] + chr(ord(start[-1]) + 1)
        return self._record(
            f"SELECT {COLUMNS} FROM answers WHERE key >= ? AND key < ? ORDER BY rowid DESC LIMIT 1", (start, after)
        )

    def _record(self, query: str, values: tuple[str, ...]) -> Record | None:
        rows = self.rows(query, values)
        if not rows:
            return None
        row: tuple[Any, ...] = rows[0]
        if any(type(value) not in types for value, types in zip(row, TYPES, strict=True)):
            raise self._damaged("an answer in it is none")
        # What the guards left as it was is stored once.
        record = Record(*row)
        return record if record.raw else replace(record, raw=record.text)

    def put(self, records: Iterable[Record], events: Iterable[Event] = ()) -> None:
        """Commit `records` and `events` in one transaction. A good answer that is there already stays as it is."""
        rows = [
            (
                r.key,
                r.kind,
                r.text,
                r.status,
                r.reason,
                r.prompt_tokens,
                r.answer_tokens,
                _unlike(r.raw, r.text),
                r.request,
            )
            for r in records
        ]
        now = round(time.time(), 3)
        happened = [
            (self._run, now, e.event, e.key, e.kind, e.chunk, json.dumps(dict(e.details), ensure_ascii=False))
            for e in events
        ]
        with self._transaction() as db:
            if rows:
                db.executemany(
                    f"INSERT INTO answers ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET "
                    "text = excluded.text, status = excluded.status, reason = excluded.reason, "
                    "prompt_tokens = excluded.prompt_tokens, answer_tokens = excluded.answer_tokens, "
                    "raw = excluded.raw WHERE answers.status != 'ok'",
                    rows,
                )
            db.executemany("INSERT INTO events VALUES (NULL,?,?,?,?,?,?,?)", happened)

    def begin(self, thread: str, strategy: str) -> None:
        """Begin a run of `thread`; events from here on are its own. Those without any belong to no thread."""
        with self._transaction() as db:
            values = (thread, strategy, round(time.time(), 3))
            self._run = int(db.execute("INSERT INTO runs VALUES (NULL,?,?,?)", values).lastrowid or 0)

    def keep(self, text: str, key: str | None = None) -> str:
        """Store `text` under `key`, by default a hash of the text, and return the key. A key's first text stays."""
        data = text.encode(errors="surrogatepass")
        key = "t" + hashlib.sha256(data).hexdigest() if key is None else key
        if self.rows("SELECT 1 FROM kept WHERE key = ?", (key,)):
            return key
        pieces = [(hashlib.sha256(piece).digest()[:20], piece) for piece in cut(data)]
        with self._transaction() as db:
            db.executemany("INSERT INTO pieces VALUES (NULL,?,?) ON CONFLICT (digest) DO NOTHING", pieces)
            ids = [
                db.execute("SELECT id FROM pieces WHERE digest = ?", (digest,)).fetchone()[0] for digest, _ in pieces
            ]
            listed = json.dumps(ids, separators=(",", ":"))
            db.execute("INSERT INTO kept VALUES (?,?) ON CONFLICT (key) DO NOTHING", (key, listed))
        return key

    def text(self, key: str) -> str:
        """The text behind the key of an answer or of a kept text. Raises KeyError if there is none."""
        for (pieces,) in self.rows("SELECT pieces FROM kept WHERE key = ?", (key,)):
            query = "SELECT data FROM json_each(?) AS one JOIN pieces ON pieces.id = one.value ORDER BY one.key"
            try:
                return b"".join(data for (data,) in self.rows(query, (pieces,))).decode(errors="surrogatepass")
            except (TypeError, ValueError) as error:
                raise self._damaged("a text in it is none") from error
        record = self.get(key)
        if record is None:
            raise KeyError(key)
        return record.text

    def details(self, stored: object) -> dict[str, Any]:
        """The details of an event as they lie in the store."""
        try:
            value = json.loads(stored)  # type: ignore[arg-type]
        except (TypeError, ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise self._damaged("an event in it is none")
        return value

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """What SQLite answers to `query`, which changes nothing."""
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise self._failed(error) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                # A database that was closed or is damaged takes no further order.
                if not isinstance(error, sqlite3.ProgrammingError) and self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> RunError:
        # Only what is lost anyway is worth beginning anew: a full disk takes no answer away.
        if is_damaged(error):
            return self._damaged(error)
        return failed(self.path, error)

    def _damaged(self, why: object) -> RunError:
        return RunError(f"{self.path} is damaged: {why}; summarize with --fresh begins anew")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _unlike(raw: str, text: str) -> str:
    """`raw` where the guards changed something; else it is stored once, as `text`."""
    return "" if raw == text else raw
