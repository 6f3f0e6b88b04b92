"""Jobs on their way through a model whose rows come and go: between the event loop and the thread that computes.

A thread of its own commits what happens, all that has come since its last commit together, so that no row waits for the
disk. Knows no backend.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from longvid.engine.desk import Desk
from longvid.engine.jobs import Job
from longvid.engine.request import Raw, Request
from longvid.run import Record

Answered = list[tuple[Job, Record]]


@dataclass(frozen=True, slots=True)
class _Note:
    """A job that was begun, or what was said to it: `beside` is how many were under way, in its `seconds`."""

    ticket: int
    job: Job
    raw: Raw | None = None
    beside: int = 0
    seconds: float = 0.0


class Stream:
    """Jobs of one sort; implements `Feed` for the thread that computes."""

    def __init__(self, jobs: Iterable[Job], desk: Desk, halted: Callable[[], bool]) -> None:
        self.inbox: asyncio.Queue[Job | Answered | None] = asyncio.Queue()
        """What comes while it is under way: jobs that are new, answers, and at last None. Of the event loop."""
        self._loop = asyncio.get_running_loop()
        self._desk, self._halted = desk, halted
        self._lock = threading.Lock()
        self._waiting = deque(jobs)
        self._taken: dict[int, tuple[Job, float]] = {}
        """What was taken and is not committed yet, by ticket, with the moment at which it was taken."""
        self._computing = 0
        self._tickets = 0
        self._notes: queue.SimpleQueue[_Note | None] = queue.SimpleQueue()
        self._clerk = threading.Thread(target=self._write, name="clerk", daemon=True)
        self._broken: Exception | None = None
        """Why nothing can be committed."""

    # -- of the event loop ---------------------------------------------------------------------------------------

    async def run(self, call: Coroutine[Any, Any, None]) -> AsyncIterator[Job | Answered]:
        """What comes until `call` returns, which asks the model. Raises what it raises."""
        self._clerk.start()
        running = asyncio.ensure_future(self._committed(call))
        running.add_done_callback(lambda _: self.inbox.put_nowait(None))
        try:
            while (item := await self.inbox.get()) is not None:
                yield item
        finally:
            running.cancel()
            await asyncio.wait([running])
        running.result()

    async def _committed(self, call: Coroutine[Any, Any, None]) -> None:
        """`call`, and all that it gave committed."""
        try:
            await call
        finally:
            self._notes.put(None)
            await asyncio.to_thread(self._clerk.join)
            if self._broken is not None:
                raise self._broken

    def put(self, job: Job) -> None:
        """Let `job`, of the same sort, be asked too."""
        with self._lock:
            self._waiting.append(job)

    def under_way(self, most: int) -> list[Job]:
        """What was taken and not answered; where nothing was, the first `most` that wait. Once it has ended."""
        taken = [job for job, _ in self._taken.values()]
        return taken or [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def rest(self) -> list[Job]:
        """What waits. Once it has ended."""
        came = []
        while not self.inbox.empty():
            came.append(self.inbox.get_nowait())
        return [*self._waiting, *(item for item in came if isinstance(item, Job))]

    # -- of the thread that computes -----------------------------------------------------------------------------

    def take(self, most: int) -> list[tuple[int, Request]]:
        found = []
        with self._lock:
            for _ in range(min(most, len(self._waiting))):
                self._tickets += 1
                job = self._waiting.popleft()
                self._taken[self._tickets] = (job, time.monotonic())
                found.append((self._tickets, job.request))
                self._notes.put(_Note(self._tickets, job))
        self._computing += len(found)
        return found

    def give(self, answers: Sequence[tuple[int, Raw]]) -> None:
        now, beside = time.monotonic(), self._computing
        for ticket, raw in answers:
            job, begun = self._taken[ticket]
            self._notes.put(_Note(ticket, job, raw, beside, now - begun))
        self._computing -= len(answers)

    def stopped(self) -> bool:
        return self._broken is not None or self._halted()

    # -- of the thread that commits ------------------------------------------------------------------------------

    def _write(self) -> None:
        last = False
        while not last:
            notes = [self._notes.get()]
            while not self._notes.empty():
                notes.append(self._notes.get())
            last = None in notes
            try:
                self._commit([note for note in notes if note is not None])
            except Exception as error:
                self._broken = error
                return

    def _commit(self, notes: Sequence[_Note]) -> None:
        begun = [note.job for note in notes if note.raw is None]
        if begun:
            self._desk.begin(begun)
        ended = [note for note in notes if note.raw is not None]
        if not ended:
            return
        jobs, raws = [note.job for note in ended], [note.raw for note in ended if note.raw is not None]
        records = self._desk.end(jobs, raws, [note.beside for note in ended], [note.seconds for note in ended])
        with self._lock:
            for note in ended:
                del self._taken[note.ticket]
        self._loop.call_soon_threadsafe(self.inbox.put_nowait, list(zip(jobs, records, strict=True)))
