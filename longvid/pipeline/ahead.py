"""Watching while the film is still being read: the questions that a strategy is sure to ask of every chunk.

Their answers lie in the store when the strategy asks, so nothing of a run hangs on them: what was not asked early is
asked then, and an error comes again where somebody waits for the answer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from longvid.engine.prompts import CAPTION, EVENTS
from longvid.engine.request import ClipRef, Request
from longvid.strategy.contract import Answer, Capability, Limits

if TYPE_CHECKING:
    from longvid.engine.models import Models
    from longvid.engine.scheduler import Engine
    from longvid.pipeline.ingest import Ingested
    from longvid.pipeline.job import Job

ABLE: frozenset[Capability] = frozenset({"caption", "events", "ask"})


def ahead_of(job: Job, models: Models, engine: Engine | None) -> Ahead | None:
    """None where nobody watches, or where what a chunk is asked hangs on the others or on what is said."""
    if engine is None or models.captioner is None or job.carry.active or job.hears == "said-only":
        return None
    limits = Limits(models.llm.context, models.caption_tokens, models.max_concurrency, 0, models.events_tokens)
    writes: frozenset[Capability] = frozenset({"write"} if models.writes else ())
    able = (ABLE if limits.events else ABLE - {"events"}) | writes
    question = job.strategy.asks_first(able | {"instruct"} if models.instructs else able, limits)
    if question not in able:
        return None
    plain = Request("caption", CAPTION, limits.caption) if question == "caption" else None
    # On a CPU a call alone costs several times its share of a batch, and the film is read by the same cores.
    on_cpu = getattr(getattr(models.captioner, "device", None), "is_cuda", True) is False
    group = models.captioner.batch if on_cpu else 1
    return Ahead(engine, plain or Request("events", EVENTS, limits.events), group)


class Ahead:
    """Takes clips from any thread, and asks about them in groups in the loop that it was made in."""

    def __init__(self, engine: Engine, plain: Request, group: int) -> None:
        self._engine, self._plain, self._group = engine, plain, group
        self._loop = asyncio.get_running_loop()
        self._waiting: list[ClipRef] = []
        self._asked: dict[str, asyncio.Task[Answer]] = {}

    def __call__(self, clip: ClipRef) -> None:
        self._loop.call_soon_threadsafe(self._take, clip)

    def _take(self, clip: ClipRef) -> None:
        self._waiting.append(clip)
        if len(self._waiting) >= self._group:
            clips, self._waiting = self._waiting, []
            for one in clips:
                self._ask(one)

    def _ask(self, clip: ClipRef) -> None:
        request = Request(self._plain.kind, self._plain.prompt, self._plain.max_tokens, clip)
        if clip.digest not in self._asked:
            task = self._asked[clip.digest] = asyncio.create_task(self._engine.submit(request, ahead=True))
            task.add_done_callback(lambda done: None if done.cancelled() else done.exception() and None)

    def settle(self, read: Ingested) -> None:
        """The film has been read: the strategy will ask again for what was asked, and those are no answers that were
        there before."""
        self._engine.calls.cached -= len(self._asked.keys() & {clip.digest for clip in read.clips.values()})
