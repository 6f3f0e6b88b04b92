"""A full-text index of passages of any number of films, in memory or in a file: SQLite's FTS5.

Every passage is found by its own words, and every chunk by all that is known of it. Knows no run folder: what is in the
index is what was put there, under whatever name and signature.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from longvid.asking.passages import Kind, Passage, Source
from longvid.asking.words import searchable
from longvid.errors import RunError
from longvid.files import as_text, make_empty
from longvid.run.failures import failed, is_damaged

VERSION = 2
"""Layout of the tables, and how texts are cut into words; an index of another is made anew."""
WORDS = "fts5(body, tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")"
"""Tables of words as `searchable` has them, which marks do not end."""
SCHEMA = f"""
CREATE TABLE films (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, film TEXT NOT NULL, path TEXT NOT NULL, signature TEXT NOT NULL
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, film INTEGER NOT NULL, chunk INTEGER NOT NULL, kind TEXT NOT NULL, times TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX passages_by_film ON passages (film);
CREATE TABLE chunks (id INTEGER PRIMARY KEY, film INTEGER NOT NULL, chunk INTEGER NOT NULL);
CREATE INDEX chunks_by_film ON chunks (film);
CREATE VIRTUAL TABLE passage_words USING {WORDS};
CREATE VIRTUAL TABLE chunk_words USING {WORDS};
"""
TABLES = ("films", "passages", "chunks", "passage_words", "chunk_words")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. `score`: the higher the better, to be compared within one search."""

    id: int
    run: str
    film: str
    chunk: int
    passage: Passage
    score: float


class Index:
    """An open index. Close it, or use it as a context manager. For one thread at a time, whichever."""

    def __init__(self, path: Path | None = None) -> None:
        """The index in the file at `path`, made where there is none; None is one in memory. One that is damaged or of
        another version begins anew: all of it can be read again. Raises RunError where it cannot be written."""
        self.path = path
        try:
            try:
                self._db = self._open()
            except sqlite3.DatabaseError as error:
                if path is None or not is_damaged(error):
                    raise
                path.unlink(missing_ok=True)
                self._db = self._open()
        except (OSError, sqlite3.Error) as error:
            raise failed(path or Path(), error) from error

    def _open(self) -> sqlite3.Connection:
        place = ":memory:" if self.path is None else self.path
        if self.path is not None:
            make_empty(self.path)
        db = sqlite3.connect(place, isolation_level=None, timeout=30, check_same_thread=False)
        try:
            db.text_factory = lambda data: data.decode(errors="replace")
            db.execute("PRAGMA trusted_schema=OFF")
            if self.path is not None:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=NORMAL")
            if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                drop = "".join(f"DROP TABLE IF EXISTS {name};" for name in TABLES)
                db.executescript(f"BEGIN IMMEDIATE; {drop} {SCHEMA} PRAGMA user_version={VERSION}; COMMIT")
            db.execute("SELECT count(*) FROM films").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def signatures(self) -> dict[str, str]:
        """Every run that is in the index, with the signature that it was put in under."""
        with self._usable():
            return dict(self._db.execute("SELECT run, signature FROM films").fetchall())

    def put(self, run: str, source: Source, signature: str = "") -> None:
        """Put the passages of `source` in place of whatever the index has of `run`."""
        with self._usable():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._remove(run)
                film = self._db.execute(
                    "INSERT INTO films (run, film, path, signature) VALUES (?,?,?,?)",
                    (run, source.film, as_text(source.path), signature),
                ).lastrowid
                bodies: dict[int, list[str]] = {}
                for passage in source.passages:
                    chunk, body = source.chunk_at(passage.time), searchable(passage.text)
                    row = (film, chunk, passage.kind, json.dumps(passage.times), passage.text)
                    id = self._db.execute(
                        "INSERT INTO passages (film, chunk, kind, times, text) VALUES (?,?,?,?,?)", row
                    ).lastrowid
                    self._db.execute("INSERT INTO passage_words (rowid, body) VALUES (?,?)", (id, body))
                    for time in passage.times:
                        bodies.setdefault(source.chunk_at(time), []).append(body)
                for chunk, texts in bodies.items():
                    id = self._db.execute("INSERT INTO chunks (film, chunk) VALUES (?,?)", (film, chunk)).lastrowid
                    body = "\n".join(dict.fromkeys(texts))
                    self._db.execute("INSERT INTO chunk_words (rowid, body) VALUES (?,?)", (id, body))
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def remove(self, run: str) -> None:
        """Take `run` out of the index."""
        with self._usable():
            self._remove(run)

    def _remove(self, run: str) -> None:
        for (film,) in self._db.execute("SELECT id FROM films WHERE run = ?", (run,)).fetchall():
            for table in ("passages", "chunks"):
                words = "passage_words" if table == "passages" else "chunk_words"
                self._db.execute(f"DELETE FROM {words} WHERE rowid IN (SELECT id FROM {table} WHERE film = ?)", (film,))
                self._db.execute(f"DELETE FROM {table} WHERE film = ?", (film,))
            self._db.execute("DELETE FROM films WHERE id = ?", (film,))

    def find(self, expression: str, most: int, runs: frozenset[str] | None = None) -> list[Hit]:
        """The passages that match the FTS5 `expression`, the best first; of `runs` alone where these are named."""
        query = (
            "SELECT p.id, f.run, f.film, p.chunk, p.kind, p.times, p.text, -bm25(passage_words) FROM passage_words w "
            "JOIN passages p ON p.id = w.rowid JOIN films f ON f.id = p.film WHERE passage_words MATCH ? "
            "AND (? IS NULL OR f.run IN (SELECT value FROM json_each(?))) "
            "ORDER BY bm25(passage_words), f.film, f.run, p.id LIMIT ?"
        )
        named = None if runs is None else json.dumps(sorted(runs))
        with self._usable():
            rows = self._db.execute(query, (expression, named, named, most)).fetchall() if expression else []
        return [_hit(*row) for row in rows]

    def chunks(self, expression: str, most: int) -> list[int]:
        """The chunks that match the FTS5 `expression`, the best first; for an index of one film."""
        query = (
            "SELECT c.chunk FROM chunk_words w JOIN chunks c ON c.id = w.rowid WHERE chunk_words MATCH ? "
            "ORDER BY bm25(chunk_words), c.chunk LIMIT ?"
        )
        with self._usable():
            return [chunk for (chunk,) in self._db.execute(query, (expression, most))] if expression else []

    def of_chunk(self, chunk: int | None = None) -> list[Hit]:
        """All passages of `chunk`, in order; None: of all chunks. For an index of one film."""
        query = (
            "SELECT p.id, f.run, f.film, p.chunk, p.kind, p.times, p.text, 0.0 FROM passages p "
            "JOIN films f ON f.id = p.film WHERE ? IS NULL OR p.chunk = ? ORDER BY p.id"
        )
        with self._usable():
            return [_hit(*row) for row in self._db.execute(query, (chunk, chunk))]

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self.path is not None and is_damaged(error):
                raise RunError(f"{self.path} is damaged: {error}; delete it, and it is made anew") from error
            raise failed(self.path or Path("the index in memory"), error) from error

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _hit(id: int, run: str, film: str, chunk: int, kind: Kind, times: str, text: str, score: float) -> Hit:
    return Hit(id, run, film, chunk, Passage(kind, tuple(map(float, json.loads(times))), text), score)
