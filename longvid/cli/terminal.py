"""What the user sees on stderr: notes, errors, progress bars with the time left. Results go to stdout elsewhere.

Bars are drawn only on a terminal; in a pipe nothing but notes and errors is printed. NO_COLOR is honoured by rich.
"""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from longvid.text import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STAGES = {"scan": "scanning", "frames": "reading frames", "answers": "watching and writing"}


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


def log_traceback() -> str:
    """Append the exception being handled to the log; return where, or where it could not be written."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
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
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> TerminalMonitor:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(elapsed_when_finished=True),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def film(self, name: str) -> None:
        """A new film begins: its bars start anew."""
        with self._lock:
            if self._progress is not None:
                for task in self._tasks.values():
                    self._progress.remove_task(task)
            self._tasks.clear()
        if self._verbose:
            self.note(name)

    def note(self, message: str) -> None:
        with self._lock:
            if not self._quiet:
                note(message)

    def detail(self, message: str) -> None:
        """A note for `-v` alone."""
        if self._verbose:
            self.note(message)

    def advance(self, stage: str, done: float, total: float) -> None:
        with self._lock:
            if self._progress is None:
                return
            if stage not in self._tasks:
                self._tasks[stage] = self._progress.add_task(STAGES.get(stage, stage), total=total)
            self._progress.update(self._tasks[stage], completed=done, total=total)


def _line(message: str) -> str:
    """`message` as one harmless line: a film's name may hold terminal escapes and line breaks."""
    return " ".join(printable(message).split("\n"))
