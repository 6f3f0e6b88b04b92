"""The one thread that computes: calls run in it one after another, and nobody waits for it without bound.

It is a daemon: a call that never returns, such as one to a server that never answers, does not keep the process.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_Call = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class DeviceThread:
    """Runs calls in the order they are given. The thread starts with the first."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises. Cancelling does not end the call, it only ends the waiting."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="device", daemon=True)
            self._thread.start()
        return await self._put(call)

    async def close(self, seconds: float) -> bool:
        """Take no more calls, and wait at most `seconds` for the one under way. Whether it has ended."""
        if self._thread is None:
            return True
        last = self._put(lambda: None)
        self._calls.put(None)
        done, _ = await asyncio.wait({last}, timeout=seconds)
        return bool(done)

    def _put(self, call: Callable[[], T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._calls.put((loop, future, call))
        return future

    def _work(self) -> None:
        while (one := self._calls.get()) is not None:
            loop, future, call = one
            value: Any = None
            failure: BaseException | None = None
            try:
                value = call()
            except BaseException as error:
                failure = error
            try:
                loop.call_soon_threadsafe(_settle, future, value, failure)
            except RuntimeError:  # nobody has waited so long: the loop is closed
                return
            del one, future, call, value, failure  # what a batch leaves is not held until the next


def _settle(future: asyncio.Future[Any], value: Any, failure: BaseException | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(value)
    else:
        future.set_exception(failure)
