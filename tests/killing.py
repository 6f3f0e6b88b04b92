"""Runs longvid in a process of its own that kills itself (SIGKILL) at a chosen moment.

    python -m tests.killing PHASE COUNT ARGUMENTS...

PHASE is where: `scanning` (the COUNT-th progress report of the scan), `watching` or `writing` (the COUNT-th decoded
token of captions or of the LLM), `committing-before` and `committing-after` (around the COUNT-th commit of answers),
`checkpointing` (the COUNT-th checkpoint of a graph). The program itself knows nothing of this: its own functions are
wrapped from outside.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

PHASES = ("scanning", "watching", "writing", "committing-before", "committing-after", "checkpointing")


def die_at(count: int) -> Callable[[], None]:
    """A function that kills this process when it is called for the `count`-th time."""
    left = count

    def tick() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return tick


class DyingDatabase:
    """A SQLite connection that kills the process around a COMMIT of answers."""

    def __init__(self, db: Any, tick: Callable[[], None], *, before: bool) -> None:
        self._db, self._tick, self._before = db, tick, before
        self._answers = False

    def executemany(self, statement: str, *rest: Any) -> Any:
        self._answers = self._answers or "INTO answers" in statement
        return self._db.executemany(statement, *rest)

    def execute(self, statement: str, *rest: Any) -> Any:
        commits = statement == "COMMIT" and self._answers
        if commits and self._before:
            self._tick()
        result = self._db.execute(statement, *rest)
        if commits and not self._before:
            self._tick()
        self._answers = self._answers and statement != "COMMIT"
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


def arm(phase: str, count: int) -> None:
    """Wrap what happens in `phase`, so that its `count`-th time is the process's last moment."""
    tick = die_at(count)
    if phase == "scanning":
        from longvid.pipeline.run import FilmRun

        told = FilmRun._read_progress

        def progress(self: Any, *args: Any) -> None:
            tick()
            told(self, *args)

        FilmRun._read_progress = progress  # type: ignore[method-assign]
    elif phase in ("watching", "writing"):
        from longvid.engine.backends.cogvlm2 import CogVLM2Backend
        from longvid.engine.backends.decoding import RowStops

        watching = False
        answered, stepped = CogVLM2Backend.answer, RowStops.__call__

        def answer(self: Any, requests: Any, **rest: Any) -> Any:
            nonlocal watching
            watching = requests[0].clip is not None
            return answered(self, requests, **rest)

        def step(self: Any, *args: Any, **rest: Any) -> Any:
            if watching == (phase == "watching"):
                tick()
            return stepped(self, *args, **rest)

        CogVLM2Backend.answer = answer  # type: ignore[method-assign]
        RowStops.__call__ = step  # type: ignore[method-assign]
    elif phase == "checkpointing":
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        put = AsyncSqliteSaver.aput

        async def aput(self: Any, *args: Any, **rest: Any) -> Any:
            tick()
            return await put(self, *args, **rest)

        AsyncSqliteSaver.aput = aput  # type: ignore[method-assign]
    elif phase in ("committing-before", "committing-after"):
        from longvid.run.store import Store

        opened = Store.__init__

        def init(self: Any, path: Any) -> None:
            opened(self, path)
            self._db = DyingDatabase(self._db, tick, before=phase == "committing-before")

        Store.__init__ = init  # type: ignore[method-assign]
    else:
        raise ValueError(phase)


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["longvid", *sys.argv[3:]]
    from longvid.cli import main

    main()
