"""What came of each film: rows of JSON in results.jsonl, appended as films end and whole after any kill.

A shard has a file of its own beside the others (results-2-of-4.jsonl). Of several rows of one film the latest counts.
Several processes may add to one file, where they come from the one that opened it.
A row that did not succeed gives way to that of another film at its path; one that is done never does.
Knows rows and files, and nothing of films and models.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from longvid.batch.shards import WHOLE, Shard
from longvid.errors import BatchError
from longvid.files import EVERYBODY, as_text, parse_json, read_bytes, write_whole

Row = Mapping[str, Any]
STATUSES = ("done", "degraded", "failed", "skipped")
LARGEST = 256 << 20
"""Bytes of a file of results; a row has about one thousand."""
ENDED = frozenset(STATUSES) - {"skipped"}
"""What a later run leaves as it is, unless it is told to try again."""


class Results:
    """The rows of one folder, of all shards; what is added goes to the file of one. Use as a context manager."""

    def __init__(self, folder: Path, shard: Shard = WHOLE) -> None:
        """Raises BatchError where another process adds to the same file, or nothing can be written."""
        self.path = folder / f"results{shard.name}.jsonl"
        self.summary_path = folder / f"summary{shard.name}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / f".results{shard.name}.lock", os.O_RDWR | os.O_CREAT, EVERYBODY)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        try:
            self._hold()
            self._own = self._mended()
            self._known = self.path.stat().st_size if self.path.exists() else 0
            """Bytes of the file whose rows are known."""
            self._news: list[Row] = []
            self.rows = latest([*read_folder(folder), *self._own.values()])
        except BaseException:
            os.close(self._lock)
            raise

    def _hold(self) -> None:
        """Keep other batches out: until this process, and all that it forks, have let go or ended."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BatchError(
                f"{self.path} is in use by another longvid batch; wait for it, choose another -o DIR, or share the "
                "films out with --shard"
            ) from None
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def add(self, row: Row) -> None:
        """Append `row` so that it survives a power cut. Raises BatchError."""
        data = _line(row)
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, EVERYBODY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                self._read_on(handle)
                if os.fstat(handle).st_size > self._known:  # what a process left that was killed while it appended
                    os.ftruncate(handle, self._known)
                left = memoryview(data)
                while left:
                    left = left[os.write(handle, left) :]
                os.fsync(handle)
                self._known += len(data)
            finally:
                os.close(handle)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self.rows[str(row["key"])] = self._own[str(row["key"])] = row

    def others(self) -> list[Row]:
        """The rows that other processes added since this was last asked. Raises BatchError."""
        try:
            handle = os.open(self.path, os.O_RDONLY)
            try:
                self._read_on(handle)
            finally:
                os.close(handle)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise _unwritable(self.path, error) from error
        news, self._news = self._news, []
        return news

    def _read_on(self, handle: int) -> None:
        """Take up the whole lines behind those that are known."""
        data = os.pread(handle, max(0, os.fstat(handle).st_size - self._known), self._known)
        for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
            try:
                row: Row = parse_json(line)
            except ValueError as error:
                raise BatchError(f"{as_text(self.path)}: {error}; another program has written into it") from error
            self.rows[str(row["key"])] = self._own[str(row["key"])] = row
            self._news.append(row)
            self._known += len(line)

    def replace(self, rows: Mapping[str, Row]) -> None:
        """Have `rows`, by key, in place of all that is there; `summarize` writes them."""
        self.rows, self._own = dict(rows), dict(rows)

    def summarize(self, summary: Mapping[str, Any]) -> None:
        """Write the summary, and leave one row a film in the file. Raises BatchError."""
        write_rows(self.path, latest(self._own.values()).values())
        write_summary(self.summary_path, summary)

    def _mended(self) -> dict[str, Row]:
        """The rows of our own file, without what a kill has cut off."""
        if not self.path.exists():
            return {}
        rows = latest(read_rows(self.path))
        write_rows(self.path, rows.values())
        return rows

    def __enter__(self) -> Results:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)


def latest(rows: Iterable[Row]) -> dict[str, Row]:
    """The latest row of each film and set of options, by key, in the order in which they ended.

    A film that was mended or has come is another film at the same path, and takes the place of the one that was there.
    A row that is done stays whatever comes to its path: films are moved, names are used again, and of several machines
    each has films of its own at the same path.
    """
    found: dict[str, Row] = {}
    there: dict[tuple[str, str], str] = {}
    for row in sorted(rows, key=lambda row: str(row.get("ended", ""))):
        key, place = str(row["key"]), (str(row.get("path", row["key"])), str(row.get("asked")))
        before = there.get(place)
        if before in found and found[before]["status"] != "done":
            del found[before]
        found.pop(key, None)
        found[key], there[place] = row, key
    return found


def read_folder(folder: Path) -> list[Row]:
    """All rows of the files of results in `folder`; none where there are none. Raises BatchError."""
    paths = sorted(folder.glob("results.jsonl")) + sorted(folder.glob("results-*-of-*.jsonl"))
    return [row for path in paths for row in read_rows(path)]


def read_rows(path: Path) -> list[Row]:
    """The rows of the file at `path`; a last line that is not whole is none yet. Raises BatchError where the file
    cannot be read, or another line is no row."""
    try:
        lines = read_bytes(path, LARGEST).split(b"\n")
    except OSError as error:
        raise BatchError(f"{as_text(path)}: cannot be read ({error.strerror}); check its permissions") from error
    except ValueError as error:
        raise BatchError(f"{as_text(path)}: {error}; choose another -o DIR for further films") from error
    rows: list[Row] = []
    for number, line in enumerate(lines[:-1], 1):
        try:
            row = parse_json(line)
            if not isinstance(row, dict) or not _is_row(row):
                raise ValueError("no row of a batch")
        except ValueError as error:
            raise BatchError(
                f"{as_text(path)}, line {number}: {error}; remove the line, and the film is done again"
            ) from error
        rows.append(row)
    return rows


def _is_row(row: Mapping[str, Any]) -> bool:
    """Whether `row` has what is counted, of the right kind: it may come from anybody."""
    counted = [row.get(name, {}) for name in ("seconds", "calls", "tokens")]
    return (
        isinstance(row.get("key"), str)
        and row.get("status") in STATUSES
        and (row["status"] != "failed" or isinstance(row.get("kind"), str))
        and all(isinstance(group, dict) for group in counted)
        and all(isinstance(n, int | float) for n in (row.get("duration", 0), *(n for g in counted for n in g.values())))
    )


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Replace `path` with `rows` in one step. Raises BatchError."""
    _write(path, b"".join(map(_line, rows)))


def write_summary(path: Path, summary: Mapping[str, Any]) -> None:
    """Replace `path` with `summary` in one step. Raises BatchError."""
    _write(path, json.dumps(summary, indent=1).encode() + b"\n")


def _line(row: Row) -> bytes:
    return json.dumps(row).encode() + b"\n"


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> BatchError:
    return BatchError(
        f"{as_text(path)} cannot be written: {error.strerror}; free some space or choose another -o DIR, and run again"
    )
