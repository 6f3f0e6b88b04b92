"""Jobs on their way through a model whose rows come and go: between the event loop and the thread that computes.

Each answer is committed as it comes, and those that end in the same step together. Knows no backend.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from typing import Any

from longvid.engine.desk import Desk
from longvid.engine.jobs import Job
from longvid.engine.request import Raw, Request
from longvid.run import Record

Answered = list[tuple[Job, Record]]


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
        """By ticket, with the moment at which they were taken."""
        self._tickets = 0

    def put(self, job: Job) -> None:
        """Let `job`, of the same sort, be asked too."""
        with self._lock:
            self._waiting.append(job)

    async def run(self, call: Coroutine[Any, Any, None]) -> AsyncIterator[Job | Answered]:
        """What comes until `call` returns, which asks the model. Raises what it raises."""
        running = asyncio.ensure_future(call)
        running.add_done_callback(lambda _: self.inbox.put_nowait(None))
        try:
            while (item := await self.inbox.get()) is not None:
                yield item
        finally:
            running.cancel()
        await running

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

    def take(self, most: int) -> list[tuple[int, Request]]:
        with self._lock:
            jobs = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        if not jobs:
            return []
        found = []
        for job in jobs:
            self._tickets += 1
            self._taken[self._tickets] = (job, time.monotonic())
            found.append((self._tickets, job.request))
        self._desk.begin(jobs)
        return found

    def give(self, answers: Sequence[tuple[int, Raw]]) -> None:
        if not answers:
            return
        beside, now = len(self._taken), time.monotonic()
        taken = [self._taken[ticket] for ticket, _ in answers]
        jobs = [job for job, _ in taken]
        records = self._desk.end(jobs, [raw for _, raw in answers], beside, [now - begun for _, begun in taken])
        for ticket, _ in answers:
            del self._taken[ticket]
        self._loop.call_soon_threadsafe(self.inbox.put_nowait, list(zip(jobs, records, strict=True)))

    def stopped(self) -> bool:
        return self._halted()
