"""What the engine keeps of a request until it is answered, and what it counts. Knows no model and no store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from longvid.engine.request import Backend, Kind, Raw, Request
from longvid.run import Record
from longvid.strategy.contract import Answer


@dataclass(slots=True)
class Calls:
    """Calls of this process: what was made, retries included, and what was answered from the store (`cached`)."""

    watch: int = 0
    """The questions that all strategies share: captions, event lines, first looks."""
    ask: int = 0
    """A strategy's own questions about a clip."""
    write: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """One finished request, for whoever shows progress."""

    kind: Kind
    cached: bool
    degraded: bool


@dataclass(slots=True, eq=False)
class Job:
    key: str
    request: Request
    depth: int
    done: asyncio.Future[Answer]
    first: Record | None = None
    """The answer that is asked for once more; None where there is none yet."""


@dataclass(slots=True)
class Usage:
    """Answers that models gave to this process, retries included, and their tokens as the models count them."""

    answers: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0

    def add(self, raw: Raw) -> None:
        """Count one answer, unless a file gave it."""
        if raw.finish == "given":
            return
        self.answers += 1
        self.prompt_tokens += raw.prompt_tokens
        self.answer_tokens += raw.answer_tokens


def is_remote(backend: Backend | None) -> bool:
    """Whether `backend` asks a server."""
    return bool(getattr(backend, "remote", False))


def is_parallel(backend: Backend | None) -> bool:
    """Whether `backend` may be called from several threads, each with a call of its own, as servers and fleets are."""
    return is_remote(backend) or bool(getattr(backend, "parallel", False))


def workers_of(backend: Backend | None) -> int:
    """Threads that ask a server or a fleet: as many as calls may be in flight, or as it says itself."""
    return int(getattr(backend, "workers", getattr(backend, "batch", 1)))


def sort_of(job: Job) -> tuple[bool, bool]:
    """What jobs of one batch have in common: who answers, and how."""
    return job.request.clip is None, job.first is None
