"""Answers as stored records, judged, and records as answers: which are asked for once more, and which of two counts.

Knows no model and no store; the engine asks, stores and tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from longvid.engine.guards import judge
from longvid.engine.refusals import refuses
from longvid.engine.request import Raw, Request
from longvid.run import Event, Record, canonical
from longvid.strategy.contract import Answer

RETRIED = frozenset({"looping", "empty", "garbled"})
"""Faults that a second, sampled answer may not have."""


def record_of(key: str, request: Request, raw: Raw, described: Mapping[str, object]) -> Record:
    """What is stored of `raw`, after the guards, as the answer to `request`; `described`: all that decides it."""
    verdict = judge(raw)
    # A hash stands for the prompt: it can be long, and whoever asked has what it is made of.
    told = {**described, "prompt": hashlib.sha256(request.prompt.encode()).hexdigest()}
    return Record(
        key=key,
        kind=request.kind,
        text=verdict.text,
        status=verdict.status,
        reason=verdict.reason,
        prompt_tokens=raw.prompt_tokens,
        answer_tokens=raw.answer_tokens,
        raw=raw.text,
        request=canonical(told),
    )


def is_retried(first: Record) -> bool:
    """Whether a first answer is so bad that another may be better."""
    return first.reason in RETRIED


def is_withheld(record: Record | None) -> bool:
    """Whether whoever runs the model kept its answer back: what is stored is then no answer of the model's."""
    return record is not None and record.reason == "refused" and not refuses(record.raw.strip())


def better(first: Record | None, second: Record) -> Record:
    """The retry where it is good, or where the first answer is nothing at all."""
    return second if first is None or second.status == "ok" or not first.text else first


def given(event: str, request: Request, answer: Answer, depth: int, **more: object) -> Event:
    """That `answer` was given to whoever asked."""
    details = {
        "status": answer.status,
        "reason": answer.reason,
        "prompt_tokens": answer.prompt_tokens,
        "answer_tokens": answer.answer_tokens,
        "depth": depth,
    }
    return Event(event, answer.key, request.kind, chunk_of(request), details | more)


def answer_of(record: Record, *, cached: bool) -> Answer:
    """What a strategy gets of `record`."""
    return Answer(
        text=record.text,
        status="ok" if record.status == "ok" else "degraded",
        reason=record.reason,  # type: ignore[arg-type]
        prompt_tokens=record.prompt_tokens,
        answer_tokens=record.answer_tokens,
        cached=cached,
        key=record.key,
    )


def chunk_of(request: Request) -> int | None:
    """The chunk that `request` asks about; None for what is written."""
    return None if request.clip is None else request.clip.chunk
