"""What happened in the runs of a folder, read from its store: which calls were begun and answered, and what they cost.

A call begins with `begin`, or with `retry` where a first answer was bad; `end` is the answer that was given, `cached`
one that was there. Both have the tokens, and `depth`, the length of the chain of answers that ends there, each of which
was returned before the next was asked for. `note` is a line for the outputs. No text of any model is here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from longvid.run.store import Record, Store

EVENTS = "SELECT t, run, event, key, kind, chunk, details FROM events"
THREAD = "run IN (SELECT id FROM runs WHERE thread = ?)"


def read(path: Path, *, last: bool = False) -> Iterator[dict[str, Any]]:
    """The events of the store at `path`, oldest first, or those of its last run alone; none where there is no store.

    Safe while another process writes.
    """
    if not path.is_file():
        return
    where = " WHERE run = (SELECT max(id) FROM runs)" if last else ""
    with closing(sqlite3.connect(path)) as db:
        try:
            rows = db.execute(f"{EVENTS}{where} ORDER BY id").fetchall()
        except sqlite3.OperationalError:  # its tables are not made yet
            return
    yield from map(_event, rows)


def answers(store: Store, thread: str, kinds: Iterable[str]) -> list[tuple[int | None, str, Record]]:
    """Chunk, kind and answer of what the runs called `thread` asked for and were given, in the order it came.

    Of what one chunk was asked more than once the latest; chunks that look the same share an answer.
    """
    wanted = json.dumps(list(kinds))
    rows = store.rows(
        f"SELECT chunk, kind, key, max(id) AS latest FROM events WHERE {THREAD} AND event IN ('end', 'cached') "
        "AND kind IN (SELECT value FROM json_each(?)) GROUP BY key, kind, chunk ORDER BY latest",
        (thread, wanted),
    )
    found = ((chunk, kind, store.get(key)) for chunk, kind, key, _ in rows)
    return [(chunk, kind, record) for chunk, kind, record in found if record is not None]


def notes(store: Store, thread: str, *, degraded: bool = False) -> list[str]:
    """The different notes of the runs called `thread`, in order: those that say what is not as it should be, or the
    others. A step that a kill repeats says the same again."""
    rows = store.rows(f"SELECT details FROM events WHERE {THREAD} AND event = 'note' ORDER BY id", (thread,))
    said = [store.details(details) for (details,) in rows]
    return list(dict.fromkeys(str(note.get("text")) for note in said if bool(note.get("degraded")) == degraded))


def _event(row: tuple[Any, ...]) -> dict[str, Any]:
    named = zip(("t", "run", "event", "key", "kind", "chunk"), row[:-1], strict=True)
    return {**dict(named), **json.loads(row[-1])}
