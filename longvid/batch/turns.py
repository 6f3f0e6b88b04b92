"""Which film comes next: one after another, or of several processes to each those that no other is at.

Several processes share films by locks, one a film's content, in a folder beside the results. What a process was at that
died is free again, and its film is another's. Knows no models.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from filelock import FileLock, Timeout

from longvid.batch.results import Results, Row
from longvid.batch.tasks import Task
from longvid.errors import BatchError
from longvid.files import as_text

FOLDER = ".claims"


class Turns(Protocol):
    """Films to be done by one process."""

    def take(self) -> tuple[int, Task] | None:
        """The next film, which is this process's until `end`, and its number; None where there is none now."""

    def end(self, number: int) -> None:
        """That film has its row."""

    @property
    def awaited(self) -> bool:
        """Whether there may be one later, though there is none now."""

    @property
    def left(self) -> int:
        """Films that nobody has taken, as far as is known."""

    @property
    def failures(self) -> int:
        """Films that failed with other processes."""


class InOrder:
    """All of `tasks` for one process."""

    awaited = False
    failures = 0

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = deque(enumerate(tasks))

    def take(self) -> tuple[int, Task] | None:
        return self._tasks.popleft() if self._tasks else None

    def end(self, number: int) -> None:
        pass

    @property
    def left(self) -> int:
        return len(self._tasks)


class Shared:
    """Those of `tasks` that no other process is at, or has done from the time `since` on (ISO 8601, UTC)."""

    def __init__(self, tasks: Sequence[Task], results: Results, since: str) -> None:
        self._tasks, self._results, self._since = dict(enumerate(tasks)), results, since
        self._folder = results.path.parent / FOLDER
        self._mine: dict[int, FileLock] = {}
        self.failures = 0

    def take(self) -> tuple[int, Task] | None:
        """Raises BatchError where nothing can be claimed."""
        self._look()
        for number, task in list(self._tasks.items()):
            # What is done with one film is done in one run folder: one process at a time.
            lock = FileLock(self._folder / f"{task.fingerprint or task.key}.lock", timeout=0)
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                lock.acquire()
            except Timeout:
                continue
            except OSError as error:
                where = as_text(self._folder)
                raise BatchError(f"{where} cannot be written: {error.strerror}; choose another -o DIR") from error
            self._look()  # whoever had the lock has written its row before it let go
            if number in self._tasks:
                self._mine[number] = lock
                return number, self._tasks.pop(number)
            lock.release()
        return None

    def end(self, number: int) -> None:
        self._mine.pop(number).release()

    @property
    def awaited(self) -> bool:
        return bool(self._tasks)

    @property
    def left(self) -> int:
        return len(self._tasks)

    def _look(self) -> None:
        """Forget the films that others have done since."""
        for row in self._results.others():
            self.failures += row["status"] == "failed"
        rows, since = self._results.rows, self._since
        self._tasks = {number: task for number, task in self._tasks.items() if not is_done(task, rows, since)}


def is_done(task: Task, rows: Mapping[str, Row], since: str) -> bool:
    """Whether `task` has a row that was made from `since` on."""
    return task.key in rows and str(rows[task.key].get("ended", "")) >= since
