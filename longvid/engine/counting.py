"""Counting the tokens of prompts beside the event loop, where that asks a server or puts a clip through a processor.

In the order in which it is asked, so that requests come out as they went in. Knows no store and no answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from longvid.engine.request import Backend, Request
from longvid.engine.thread import DeviceThread
from longvid.errors import PromptTooLong

T = TypeVar("T")

SETTLE_SECONDS = 0.005
"""In which what waited for a count goes on, perhaps to the next."""


class Counting:
    """Whether requests fit. Used from one event loop."""

    def __init__(self) -> None:
        self._thread = DeviceThread()
        self._left = 0
        self._done = asyncio.Event()

    @property
    def busy(self) -> bool:
        """Whether something is being counted."""
        return self._left > 0

    async def wait(self) -> None:
        """Until nothing is being counted: what was asked in one breath is then asked together."""
        while self._left:
            self._done.clear()
            await self._done.wait()
            await asyncio.sleep(SETTLE_SECONDS)

    async def run(self, call: Callable[[], T]) -> T:
        """What `call`, which counts, returns or raises."""
        self._left += 1
        try:
            return await self._thread.run(call)
        finally:
            self._left -= 1
            if not self._left:
                self._done.set()

    async def require_fits(self, backend: Backend, request: Request) -> None:
        """Raises PromptTooLong where prompt and answer of `request` exceed the context of `backend`."""
        require_fits(backend, request, await self.run(partial(backend.count, request)))

    async def close(self, seconds: float) -> None:
        """Wait at most `seconds` for what is being counted."""
        await self._thread.close(seconds)


def counts_slowly(backend: Backend | None) -> bool:
    """Whether counting a prompt for `backend` may take so long that nothing else may wait for it."""
    return bool(getattr(backend, "counts_slowly", False))


def require_fits(backend: Backend, request: Request, tokens: int) -> None:
    """Raises PromptTooLong where a prompt of `tokens` and the answer of `request` exceed the context of `backend`."""
    if request.max_tokens < 1 or tokens + request.max_tokens > backend.context:
        raise PromptTooLong(
            f"a prompt of {tokens} tokens and an answer of {request.max_tokens} exceed the model's "
            f"{backend.context} tokens"
        )
