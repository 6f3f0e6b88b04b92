"""What the user sees on stderr: notes, errors, progress bars with the time left. Results go to stdout elsewhere.

Bars are drawn only on a terminal; in a pipe nothing but notes and errors is printed. NO_COLOR is honoured by rich.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from longvid.files import as_text
from longvid.text import printable
from longvid.text.shown import without_logins

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STAGES = {
    "scan": "scanning",
    "frames": "reading frames",
    "clips": "writing clips",
    "steps": "training",
    "hear": "hearing",
    "index": "reading changed runs",
    "answers": "watching and writing",
    "awaited": "answers awaited: {left}",
}


def fail(message: str) -> None:
    """Print one error line on stderr."""
    print(f"longvid: error: {_line(message)}", file=sys.stderr)


def note(message: str) -> None:
    """Print one note on stderr."""
    print(f"longvid: {_line(message)}", file=sys.stderr)


def log_path() -> Path:
    """Where tracebacks go."""
    import platformdirs

    return Path(platformdirs.user_log_dir("longvid", appauthor=False)) / "longvid.log"


@contextmanager
def quick_interrupt() -> Iterator[None]:
    """Until work begins, Ctrl-C ends the process at once: there is nothing to keep.

    Python's own handler raises wherever the program happens to be, and an exception in a destructor is lost: an
    interrupt during the seconds of importing could go unheard.
    """

    def leave(number: int, frame: object) -> None:
        os._exit(128 + number)

    try:
        before = signal.signal(signal.SIGINT, leave)
    except ValueError:  # not the main thread: whoever runs us there sees to it
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def log_traceback() -> str:
    """Append the exception being handled to the log; return where, or where it could not be written."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        return f"no file, since {path} cannot be written: {error.strerror}"
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("longvid.faults")
    log.propagate = False
    log.addHandler(handler)
    try:
        log.exception("longvid %s", " ".join(sys.argv[1:]))
    finally:
        log.removeHandler(handler)
        handler.close()
    return str(path)


class TerminalMonitor:
    """Shows notes, and progress bars while stderr is a terminal. Use as a context manager around the work."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet, self._verbose = quiet, verbose
        self._lock = threading.RLock()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._warned: set[str] = set()

    def __enter__(self) -> TerminalMonitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def film(self, name: str) -> None:
        """A new film begins, with bars of its own until `stop`."""
        self.stop()
        self._warned.clear()
        self.detail(name)
        if self._quiet or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        with self._lock:
            self._tasks.clear()
            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(elapsed_when_finished=True),
                console=Console(stderr=True),
                transient=True,
                # The result goes to stdout as it is, never through the console of the bars.
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._progress.start()

    def stop(self) -> None:
        """Take the bars away, so that what follows is printed as it is."""
        with self._lock:
            if self._progress is not None:
                self._progress.stop()
                self._progress = None

    def note(self, message: str) -> None:
        if not self._quiet:
            self._print(f"longvid: {_line(message)}")

    def warn(self, message: str) -> None:
        """One line for what will not be as it should be; also where notes are quiet."""
        self._warned.add(message)
        self._print(f"longvid: {_line(message)}")

    def degraded(self, film: str, message: str) -> None:
        """One line for what of `film` is not as it should be, unless its warning has been given; also where notes are
        quiet, since it decides the exit status."""
        if message not in self._warned:
            # A warning of the film itself may name it already.
            named = message if message.startswith(f"{film}: ") else f"{film}: {message}"
            self._print(f"longvid: {_line(named)}")

    def error(self, message: str) -> None:
        """One error line, above the bars while there are any."""
        self._print(f"longvid: error: {_line(message)}")

    def _print(self, line: str) -> None:
        with self._lock:
            if self._progress is None:
                print(line, file=sys.stderr)
            else:
                # Never wrapped: a command in it must stay one line.
                self._progress.console.print(line, soft_wrap=True, markup=False, highlight=False)

    def result(self, work: Callable[[], None]) -> None:
        """Print a part of the result, by `work`, while there are bars."""
        with self._lock:
            shown = self._progress
            if shown is None:
                work()
                return
            shown.stop()
            try:
                work()
            finally:
                shown.start()

    def detail(self, message: str) -> None:
        """A note for `-v` alone."""
        if self._verbose:
            self.note(message)

    def advance(self, stage: str, done: float, total: float) -> None:
        with self._lock:
            if self._progress is None:
                return
            title = STAGES.get(stage, stage).format(left=round(total - done))
            if stage not in self._tasks:
                self._tasks[stage] = self._progress.add_task(title, total=total)
            self._progress.update(self._tasks[stage], description=title, completed=done, total=total)


def _line(message: str) -> str:
    """`message` as one harmless line: a film's name may hold terminal escapes and line breaks, and an address that
    somebody wrote a password."""
    return " ".join(without_logins(printable(as_text(message))).split("\n"))
