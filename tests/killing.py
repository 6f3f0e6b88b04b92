"""Runs longvid in a process of its own that kills itself (SIGKILL) at a chosen moment.

The phase is where: `scanning` (the count-th progress report of the scan), `watching` or `writing` (the count-th decoded
token of captions or of the LLM), `committing-before` and `committing-after` (around the count-th commit of answers),
`checkpointing` (the count-th checkpoint of a graph). The program itself knows nothing of this: its own functions are
wrapped from outside.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.child import Child, run_longvid
from tests.cli.program import Ended

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
        from longvid.engine.backends.rows import Rows

        watches = False
        streamed, stepped = CogVLM2Backend.stream, Rows.go_on

        def stream(self: Any, *args: Any, watching: bool, **rest: Any) -> None:
            nonlocal watches
            watches = watching
            streamed(self, *args, watching=watching, **rest)

        def step(self: Any) -> Any:
            if watches == (phase == "watching"):
                tick()
            return stepped(self)

        CogVLM2Backend.stream = stream  # type: ignore[method-assign]
        Rows.go_on = step  # type: ignore[method-assign]
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


def killed_longvid(phase: str, count: int, *arguments: str | Path, folder: Path) -> Ended:
    """Run the program with `arguments` until that moment, or to its end if the moment does not come.

    What it says goes through files in `folder`.
    """
    with Child(_die, phase, count, arguments, folder=folder) as child:
        return child.ended()


def _die(phase: str, count: int, arguments: tuple[str | Path, ...]) -> None:
    arm(phase, count)
    run_longvid(*arguments)
