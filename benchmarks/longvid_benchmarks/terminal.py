"""Long work on a terminal: a progress bar with the time left, and Ctrl-C that cleans up."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Advance(Protocol):
    """Told how much is done and how much there is, and what is being done now where that is not the work's title."""

    def __call__(self, done: float, total: float, doing: str | None = None) -> None: ...


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it Ctrl-C raises KeyboardInterrupt, so that what is half made is removed. Only for the main thread.

    Outside of it a command that has nothing to keep ends at once (`longvid.cli.console.quick_interrupt`).
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Advance]:
    """A function to be told how much is done and how much there is; it does nothing in a pipe or when `quiet`."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total, doing=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total, doing=None: progress.update(
            task, description=doing or title, completed=done, total=total
        )
