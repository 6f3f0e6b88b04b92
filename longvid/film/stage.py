"""A stage of a pipeline: one thread that works off a short queue. Knows nothing of what passes through."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Stage(Generic[T]):
    """Calls `work` on every item put, in order, in a thread of its own; `put` waits while `depth` items are queued.

    What `work` raises comes out of the next `put` or of `close`, once, and the items left are dropped. As a context
    manager it works off what is queued on leaving, or drops it where the body has failed.
    """

    def __init__(self, work: Callable[[T], None], *, depth: int, name: str) -> None:
        self._work = work
        self._items: queue.Queue[tuple[T] | None] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            if self._stopped:
                continue
            try:
                self._work(item[0])
            except BaseException as error:  # handed to the caller's thread
                self._error = error
                self._stopped = True

    def put(self, item: T) -> None:
        self._raise()
        self._items.put((item,))

    def close(self) -> None:
        """Waits until the queue has been worked off and the thread has ended."""
        if self._thread.is_alive():
            self._items.put(None)
            self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def __enter__(self) -> Stage[T]:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
            return
        self._stopped = True
        self._items.put(None)
        self._thread.join()
