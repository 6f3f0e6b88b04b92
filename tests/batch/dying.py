"""Runs longvid with a scripted model in a process that kills itself (SIGKILL) at a chosen moment.

Moments are: each word of progress of reading, each write to a store, and before, within and after the writing of a row.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from longvid.batch import results
from longvid.pipeline.run import FilmRun
from longvid.run.store import Store
from tests.child import Child, run_longvid
from tests.cli.program import Ended
from tests.cli.scripted import answer_at_once
from tests.killing import die_at


def arm(count: int) -> None:
    """Make the `count`-th moment the last one of this process."""
    tick = die_at(count)

    def ticking(owner: Any, name: str) -> None:
        whole = getattr(owner, name)

        def work(*args: Any, **rest: Any) -> Any:
            tick()
            return whole(*args, **rest)

        setattr(owner, name, work)

    ticking(FilmRun, "_read_progress")
    ticking(Store, "put")
    add = results.Results.add

    def added(self: results.Results, row: results.Row) -> None:
        whole = results._line(row)
        with Path(self.path).open("ab") as file:
            file.write(whole[: len(whole) // 2])
            file.flush()
            tick()
            os.truncate(file.fileno(), os.fstat(file.fileno()).st_size - len(whole) // 2)
        add(self, row)
        tick()

    results.Results.add = added  # type: ignore[method-assign]


def dying_longvid(count: int, *arguments: str | Path, folder: Path) -> Ended:
    """Run the program with `arguments` until its `count`-th moment. What it says goes through files in `folder`."""
    with Child(_die, count, arguments, folder=folder) as child:
        return child.ended()


def _die(count: int, arguments: tuple[str | Path, ...]) -> None:
    arm(count)
    answer_at_once(pytest.MonkeyPatch())
    run_longvid(*arguments)
