"""What engine and store take beside the model: requests that a stand-in answers at once, and the memory they leave."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from longvid.engine.feed import Feed
from longvid.engine.request import ClipRef, Raw, Request
from longvid.engine.scheduler import Engine
from longvid.run import Store

WORDS = "A man in a red coat walks to the house and looks through the window, where two women sit at a table. "


@dataclass(frozen=True, slots=True)
class Overhead:
    chunks: int
    seconds: float
    processor: float
    """Of each chunk, by the clock on the wall and by the processor's."""
    resident: int
    """Bytes of this process afterwards."""


class Instant:
    """A model that has its answer at once; its rows come and go."""

    context, batch = 2048, 16
    identity: Mapping[str, object] = {"class": "instant"}

    def count(self, request: Request) -> int:
        return 1700

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        return [Raw(WORDS * 3, "stop", 1700, 60) for _ in requests]

    def stream(self, feed: Feed, rows: int, *, watching: bool, seed: int | None = None) -> None:
        while taken := feed.take(1):
            ((ticket, request),) = taken
            feed.give([(ticket, self.answer([request])[0])])


def overhead(folder: Path, chunks: int) -> Overhead:
    """The captions of so many chunks, each committed alone, into a store in `folder`."""
    import psutil

    model = Instant()
    requests = [
        Request("caption", "What happens?", 320, ClipRef(folder, hashlib.sha256(str(n).encode()).hexdigest(), n, ()))
        for n in range(chunks)
    ]

    async def ask(store: Store) -> None:
        async with Engine(store, captioner=model, llm=model) as engine:
            await asyncio.gather(*map(engine.submit, requests))

    with Store(folder / f"{chunks}.sqlite") as store:
        begun, computed = time.perf_counter(), time.process_time()
        asyncio.run(ask(store))
        taken, processor = time.perf_counter() - begun, time.process_time() - computed
    return Overhead(chunks, taken / chunks, processor / chunks, int(psutil.Process().memory_info().rss))
