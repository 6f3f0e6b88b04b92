"""What is kept of calls to models: that they were begun, their answers after the guards, and how many there were.

Called from the threads that compute and ask. Knows no backend and no batch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from longvid.engine.answers import answer_of, better, chunk_of, given, is_retried, record_of
from longvid.engine.jobs import Calls, Job, Usage
from longvid.engine.request import Raw, Request
from longvid.run import Event, Record, Store

RETRY = "#"
"""Between the key of a first answer and the seed of its retry, in the retry's key."""


class Desk:
    """Notes calls in `store`; `described` says all that decides the answer to a request."""

    def __init__(
        self, store: Store, described: Callable[[Request], dict[str, object]], *, seed: int, again: bool
    ) -> None:
        """`again`: whether a bad answer is asked for once more."""
        self.calls = Calls()
        self.watched, self.written = Usage(), Usage()
        self._store, self._described = store, described
        self._seed, self._again = seed, again
        self._counting = threading.Lock()

    def retry_key(self, first: str) -> str:
        """The key of what is asked once more after the bad answer with the key `first`."""
        return f"{first}{RETRY}{self._seed}"

    def begin(self, jobs: Sequence[Job]) -> None:
        """Before `jobs` are asked, which are all first answers or all retries."""
        name = "begin" if jobs[0].first is None else "retry"
        self._store.put((), [Event(name, self._key(job), job.request.kind, chunk_of(job.request)) for job in jobs])

    def end(
        self, jobs: Sequence[Job], raws: Sequence[Raw], beside: Sequence[int], seconds: Sequence[float]
    ) -> list[Record]:
        """Guard and commit what was said to `jobs`, each one of `beside` that were under way, in its `seconds`."""
        records = [
            record_of(self._key(job), job.request, raw, self._described(job.request))
            for job, raw in zip(jobs, raws, strict=True)
        ]
        ends = [
            given(
                "end",
                job.request,
                answer_of(better(job.first, record), cached=False),
                job.depth,
                batch=others,
                seconds=round(took, 3),
            )
            for job, record, others, took in zip(jobs, records, beside, seconds, strict=True)
            if not self.is_asked_again(job, record)
        ]
        self._store.put(records, ends)
        for job, raw in zip(jobs, raws, strict=True):
            self._count(job.request, raw)
        return records

    def is_asked_again(self, job: Job, record: Record) -> bool:
        """Whether `record`, the answer to `job`, is a first one and bad."""
        return self._again and job.first is None and is_retried(record)

    def _key(self, job: Job) -> str:
        return job.key if job.first is None else self.retry_key(job.key)

    def _count(self, request: Request, raw: Raw) -> None:
        with self._counting:
            (self.written if request.kind == "write" else self.watched).add(raw)
            name = request.kind if request.kind in ("write", "ask") else "watch"
            setattr(self.calls, name, getattr(self.calls, name) + 1)
