"""The work of a batch: films one after another, with the next ones read ahead, and a row for each as it ends.

Reading ahead is ordinary reading into the run folders, a film or more before its turn: whatever happens to it, the turn
itself begins by looking what is there. Knows neither where films come from nor what is printed.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from longvid.api import Models, Monitor, Report
from longvid.api import read as read_film
from longvid.api import summarize as summarize_film
from longvid.batch.deaths import Deadly
from longvid.batch.results import Results, Row
from longvid.batch.stores import discard, fetch
from longvid.batch.tasks import Task
from longvid.batch.turns import Turns
from longvid.errors import LongvidError, RunInUse
from longvid.files import as_text
from longvid.run.journal import read as events_of

WAIT = 0.5
"""Seconds until it is looked again whether there is a film that no other process is at."""
READING = frozenset({"scan", "frames", "clips", "hear"})
"""Stages before anything is asked."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """When the work stops, and how far it runs ahead."""

    ahead: int = 1
    """Films that are read, or being read, before their turn."""
    ahead_bytes: int = 20_000_000_000
    """No further film is begun ahead while clips of films that were read ahead, and whose turn has not come, have so
    many bytes: it may be passed by the films that are being read."""
    max_failures: int | None = None
    at_once: int = 1
    """Films whose turns run side by side: where many answer, one film alone does not keep them busy."""


@dataclass(slots=True)
class Clock:
    """A monitor that passes everything on, and notes how long reading took."""

    behind: Monitor
    begun: float = field(default_factory=time.monotonic)
    read: float = 0.0
    """Seconds until the last word of reading; 0 where nothing was read."""

    def note(self, message: str) -> None:
        self.behind.note(message)

    def warn(self, message: str) -> None:
        self.behind.warn(message)

    def advance(self, stage: str, done: float, total: float) -> None:
        if stage in READING:
            self.read = time.monotonic() - self.begun
        self.behind.advance(stage, done, total)


class Batch:
    """The films of `turns`, done with `models`; rows go to `results`."""

    def __init__(
        self,
        turns: Turns,
        models: Models,
        results: Results,
        monitor_of: Callable[[Task, int], Monitor],
        explain: Callable[[BaseException], str],
        bounds: Bounds,
        silent: Monitor,
    ) -> None:
        """`monitor_of` is told of each turn, with its number from 0; `explain` says what nobody foresaw."""
        self._turns, self._models, self._results = turns, models, results
        self._monitor_of, self._explain, self._bounds, self._silent = monitor_of, explain, bounds, silent
        self._next: deque[tuple[int, Task]] = deque()
        """Films that are this process's, in the order of their turns."""
        self._going: dict[int, asyncio.Task[Row]] = {}
        """Turns that run, by the number of the film."""
        self._deadly = Deadly(results.path.parent)
        self._films: dict[int, Task] = {}
        """Whose those are."""
        self._alone = False
        """Whether the turn that runs is of a film over which a process died: if another does, it is known why."""
        self._ahead: dict[int, asyncio.Task[float]] = {}
        self._sizes: dict[int, int] = {}
        """Bytes of clips that were read ahead, by the number of the film."""

    async def run(self, ended: Callable[[Row], None]) -> int:
        """Do it all and tell `ended` of each row; the number of films that are left where there were too many failures.

        Raises BatchError where a row cannot be kept.
        """
        with self._deadly:
            return await self._run(ended)

    async def _run(self, ended: Callable[[Row], None]) -> int:
        failures, most = 0, self._bounds.max_failures
        try:
            while await self._filled() or self._going:
                if most is not None and failures + self._turns.failures >= most:
                    return len(self._going) + len(self._next) + self._turns.left
                self._begin()
                self._read_ahead()
                reading = [work for work in self._ahead.values() if not work.done()]
                done, _ = await asyncio.wait([*self._going.values(), *reading], return_when=asyncio.FIRST_COMPLETED)
                for number in [number for number, turn in self._going.items() if turn in done]:
                    row = self._going[number].result()
                    self._results.add(row)
                    self._deadly.forget(self._films[number])
                    if self._films[number].address:
                        discard(self._films[number].path)
                    self._turns.end(number)
                    del self._going[number], self._films[number]
                    self._alone = False
                    ended(row)
                    failures += row["status"] == "failed"
        finally:
            under_way = (*self._going.values(), *self._ahead.values())
            for work in under_way:
                work.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
        return 0

    def _begin(self) -> None:
        """Begin the turns of the next films, as many as run side by side; one film has one turn at a time."""
        for number, task in list(self._next):
            if len(self._going) >= self._bounds.at_once or self._alone:
                return
            suspect = self._deadly.of(task).all > 0
            if suspect and (self._going or any(not work.done() for work in self._ahead.values())):
                return
            if _film(task) not in map(_film, self._films.values()):
                self._alone = suspect
                self._next.remove((number, task))
                self._films[number] = task
                self._going[number] = asyncio.create_task(self._turn(number, task))

    async def _filled(self) -> bool:
        """Take films until there are as many as are read ahead; whether there is one, waiting for it if need be."""
        while True:
            most = self._bounds.at_once + self._bounds.ahead
            while len(self._going) + len(self._next) < most and (taken := self._turns.take()) is not None:
                self._next.append(taken)
            if self._next or self._going or not self._turns.awaited:
                return bool(self._next)
            await asyncio.sleep(WAIT)

    def _read_ahead(self) -> None:
        """Begin to read the films behind the one whose turn it is, as far as the bounds let."""
        before = set(map(_film, self._films.values()))
        for number, task in self._next:
            if self._alone or self._deadly.of(task).all:
                return
            # One film has one run folder, in which one run at a time can be at work.
            readable = task.fingerprint is not None and task.fingerprint not in before
            before.add(_film(task))
            if number in self._ahead or not readable:
                continue
            taken = sum(self._sizes.values()) + task.known.size
            if taken > self._bounds.ahead_bytes or sum(self._sizes.values()) >= self._bounds.ahead_bytes:
                return
            self._sizes[number] = task.known.size
            self._ahead[number] = asyncio.create_task(self._read(number, task))

    async def _read(self, number: int, task: Task) -> float:
        """Read a film before its turn; the seconds that it took."""
        clock = Clock(self._silent)
        with self._deadly.at(task):
            await self._fetch(task)
            run = await read_film(task.path, task.job, self._models, clock)
        if run is not None:
            self._sizes[number] += sum(path.stat().st_size for path in run.glob("clips/*/*") if path.is_file())
        return clock.read

    async def _fetch(self, task: Task) -> None:
        """Have `task`'s film on this machine where it is in a store. Raises FilmError."""
        if not task.address:
            return
        stop = threading.Event()
        try:
            most = self._bounds.ahead_bytes
            await asyncio.to_thread(fetch, task.address, task.known, task.path, most, stop)
        finally:
            stop.set()

    async def _read_before(self, number: int) -> float:
        """Wait for what is being read ahead of this film; the seconds that it took.

        What was wrong may have passed by now, such as a full disk or a lock; if not, the turn meets it and says so.
        """
        try:
            return await self._ahead.pop(number) if number in self._ahead else 0.0
        except Exception:
            return 0.0
        finally:
            self._sizes.pop(number, None)

    async def _turn(self, number: int, task: Task) -> Row:
        """One film, to its row."""
        monitor = self._monitor_of(task, number)
        begun, clock = datetime.now(UTC), Clock(monitor)
        told: dict[str, Any] = {}
        seconds = {"total": 0.0, "read": 0.0, "watch": 0.0, "write": 0.0}
        try:
            seconds["read"] = await self._read_before(number)
            self._deadly.require_harmless(task)
            with self._deadly.at(task):
                await self._fetch(task)
                report = await summarize_film(task.path, task.job, self._models, clock)
            told = _told(report, seconds)
        except RunInUse as error:
            told = {"status": "skipped", **_fault(error, str(error))}
        except LongvidError as error:
            told = {"status": "failed", **_fault(error, str(error))}
        except (Exception, SystemExit) as error:
            # Whatever is wrong with one film, the others of a night's batch are still worth doing.
            told = {
                "status": "failed",
                **_fault(error, f"{task.address or as_text(task.path)}: {self._explain(error)}"),
            }
        seconds["read"] = seconds["read"] or clock.read
        seconds["total"] = time.monotonic() - clock.begun
        return {
            "key": task.key,
            "asked": task.asked,
            "film": as_text(task.path.name),
            "path": task.name,
            "also": list(task.also),
            "fingerprint": task.fingerprint,
            "options": {name: as_text(value) for name, value in task.options.items()},
            **told,
            "seconds": {name: round(value, 3) for name, value in seconds.items()},
            "begun": begun.isoformat(timespec="milliseconds"),
            "ended": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }


def _film(task: Task) -> str:
    """What a film is known by."""
    return task.fingerprint or task.key


def _fault(error: BaseException, message: str) -> dict[str, Any]:
    """What a row says of `error`: what follows the last semicolon of a message is the remedy."""
    head, found, remedy = as_text(message).rpartition("; ")
    return {"kind": type(error).__name__, "error": as_text(message), "remedy": remedy if found and head else None}


def _told(report: Report, seconds: dict[str, float]) -> dict[str, Any]:
    """What a row says of a film that has been watched; `seconds` gets those of its calls."""
    prompt = answer = 0
    spans: dict[str, list[float]] = {"watch": [], "write": []}
    for event in events_of(Path(report.run) / "answers.sqlite", last=True):
        if event["event"] in ("begin", "retry", "end"):
            spans["write" if event["kind"] == "write" else "watch"].append(event["t"])
        if event["event"] == "end":
            prompt += event.get("prompt_tokens", 0)
            answer += event.get("answer_tokens", 0)
    seconds |= {name: max(times) - min(times) for name, times in spans.items() if times}
    return {
        "status": "degraded" if report.problems else "done",
        "problems": list(report.problems),
        "duration": round(report.duration, 3),
        "chunks": len(report.chunks),
        "calls": dict(report.calls),
        "tokens": {"prompt": prompt, "answer": answer},
        **({"usage": report.usage} if report.usage else {}),
        "run": as_text(report.run),
        "outputs": list(report.outputs),
    }
