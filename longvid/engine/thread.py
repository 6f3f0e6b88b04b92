"""The threads that compute or ask: calls wait for one that is free, and nobody waits for them without bound.

One thread computes on a device; as many as calls may be in flight ask servers. They are daemons: a call that never
returns, such as one to a server that never answers, does not keep the process.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_Call = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any] | None]
"""None in place of a call ends the thread that takes it."""


class DeviceThread:
    """Runs calls in the order they are given, `workers` of them at once. Threads start with the first calls."""

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    async def run(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises. Cancelling does not end the call, it only ends the waiting."""
        if len(self._threads) < self.workers:
            thread = threading.Thread(target=self._work, name="device", daemon=True)
            self._threads.append(thread)
            thread.start()
        return await self._put(call)

    async def close(self, seconds: float) -> bool:
        """Take no more calls, and wait at most `seconds` for those under way. Whether they have ended."""
        if not self._threads:
            return True
        lasts: list[asyncio.Future[None]] = [self._put(None) for _ in self._threads]
        _, left = await asyncio.wait(lasts, timeout=seconds)
        return not left

    def _put(self, call: Callable[[], T] | None) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._calls.put((loop, future, call))
        return future

    def _work(self) -> None:
        while True:
            loop, future, call = self._calls.get()
            value: Any = None
            failure: BaseException | None = None
            if call is not None:
                try:
                    value = call()
                except BaseException as error:
                    failure = error
            try:
                loop.call_soon_threadsafe(_settle, future, value, failure)
            except RuntimeError:  # nobody has waited so long: the loop is closed
                return
            if call is None:
                return
            del loop, future, call, value, failure  # what a batch leaves is not held until the next


def _settle(future: asyncio.Future[Any], value: Any, failure: BaseException | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(value)
    else:
        future.set_exception(failure)
