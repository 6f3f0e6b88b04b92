"""The journal of a run folder: one JSON object a line, only ever appended.

It says what was begun and what was finished, so that anybody can count which calls a killed run repeated, and what they
cost: `end` and `cached` have the tokens, and `depth`, the length of the chain of answers that ends there, each of which
was returned before the next was asked for. The store holds the answers; the journal holds no text of any model.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from longvid.files import EVERYBODY, parse_json
from longvid.run.failures import failed


class Journal:
    """Appends events to one file. A line is written by one system call, so lines of two processes never mix.

    Raises RunError where the file cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, EVERYBODY)
            # A line that a killed process left half written must not swallow the next one.
            size = os.fstat(self._fd).st_size
            if size and os.pread(self._fd, 1, size - 1) != b"\n":
                os.write(self._fd, b"\n")
        except OSError as error:
            raise failed(path, error) from error

    def write(self, event: str, **fields: Any) -> None:
        """Append `event` with the time (seconds since 1970) and the process id."""
        line = json.dumps({"t": round(time.time(), 3), "pid": os.getpid(), "event": event, **fields})
        try:
            os.write(self._fd, line.encode() + b"\n")
        except OSError as error:
            raise failed(self.path, error) from error

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The events of the journal at `path`, oldest first. Lines that are not whole are passed over."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            event = parse_json(line)
        except ValueError:
            continue
        if isinstance(event, dict) and "event" in event:
            yield event


def answers(path: Path, thread: str, kinds: Collection[str]) -> list[dict[str, Any]]:
    """The answers of `kinds` that the runs called `thread` asked for, in the order they came: `key`, `kind`, `chunk`,
    `status`, `reason`. Of what one chunk was asked more than once the latest; chunks that look the same share a key."""
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for event in _of(path, thread):
        if event["event"] in ("end", "cached") and event.get("kind") in kinds and isinstance(event.get("key"), str):
            asked = (event["key"], event["kind"], json.dumps(event.get("chunk")))
            found.pop(asked, None)
            found[asked] = event
    return list(found.values())


def notes(path: Path, thread: str, *, degraded: bool = False) -> list[str]:
    """The different notes of the runs called `thread`, in order: those that say what is not as it should be, or the
    others. A step that a kill repeats says the same again."""
    return list(
        dict.fromkeys(
            str(event.get("text"))
            for event in _of(path, thread)
            if event["event"] == "note" and bool(event.get("degraded")) == degraded
        )
    )


def _of(path: Path, thread: str) -> Iterator[dict[str, Any]]:
    """The events of the runs called `thread`: those between their `run` and the next one's."""
    ours = False
    for event in read(path):
        if event["event"] == "run":
            ours = event.get("thread") == thread
        elif ours:
            yield event
