"""Counting that takes long keeps nobody else from going on, and what is asked in one breath is still asked together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from longvid.engine.request import Request
from longvid.engine.scheduler import Engine
from longvid.errors import PromptTooLong
from longvid.run import Store
from tests.standins import ScriptedBackend


@dataclass
class Slow(ScriptedBackend):
    counts_slowly: bool = True
    seconds: float = 0.05
    counted: list[str] = field(default_factory=list)

    def count(self, request: Request) -> int:
        time.sleep(self.seconds)
        self.counted.append(request.prompt)
        if request.prompt == "odd":
            raise ValueError("nobody can count this")
        return super().count(request)


def asked(number: int) -> Request:
    return Request("write", f"Tell {number}.", 50)


def run(folder: Path, backend: ScriptedBackend, work: Callable[[Engine], Awaitable[Any]]) -> Any:
    async def within(store: Store) -> Any:
        async with Engine(store, captioner=backend, llm=backend) as engine:
            return await work(engine)

    with Store(folder / "answers.sqlite") as store:
        return asyncio.run(within(store))


def test_all_else_goes_on_while_prompts_are_counted_and_one_breath_is_one_batch(tmp_path: Path) -> None:
    backend, ticks = Slow(batch=8), [0]

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.005)
            ticks[0] += 1

    async def work(engine: Engine) -> None:
        clock = asyncio.create_task(tick())
        await asyncio.gather(*(engine.submit(asked(number)) for number in range(6)))
        clock.cancel()

    run(tmp_path, backend, work)
    # Six counts of 50 ms each.
    assert ticks[0] > 10
    assert [len(batch) for batch in backend.batches] == [6]
    assert backend.counted == [asked(number).prompt for number in range(6)]


def test_what_does_not_fit_or_cannot_be_counted_is_told_to_whoever_asked_and_to_nobody_else(tmp_path: Path) -> None:
    backend = Slow(batch=8, seconds=0.0)

    async def work(engine: Engine) -> list[Any]:
        requests = [asked(1), Request("write", "Tell 2.", 10**9), Request("write", "odd", 50), asked(1)]
        return await asyncio.gather(*map(engine.submit, requests), return_exceptions=True)

    first, long, odd, again = run(tmp_path, backend, work)
    assert first.text == again.text == "It says Tell 1.."
    assert isinstance(long, PromptTooLong)
    assert isinstance(odd, ValueError)


def test_a_run_that_ends_waits_for_no_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longvid.engine.scheduler.GRACE_SECONDS", 0.1)
    backend = Slow(seconds=3.0)

    async def work(engine: Engine) -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(engine.submit(asked(1)), 0.1)

    begun = time.monotonic()
    run(tmp_path, backend, work)
    assert time.monotonic() - begun < 2
    assert backend.batches == []
