"""Calls for several workers: whoever is free takes the next ones, and what a worker leaves behind is another's.

A thread a worker waits for it. A worker that dies costs what it was at: those calls go back into the line, each to be
asked alone from then on, and one that is in flight at three deaths is taken for their cause. So no call waits for the
worker that had it to come back, as it would with retries of Ray's own. Knows no Ray and no models.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from typing import Protocol

from longvid.engine.fleet.worker import Call, Fault
from longvid.engine.request import Raw, Request, Stopped
from longvid.errors import FilmError, ModelError
from longvid.files import as_text, read_bytes

DEATHS = 3
"""Workers that may die over one call before it is taken for the cause."""
OPENINGS = 3
"""How often a worker that cannot open its models is asked: a card is not free at once after a process on it died."""
GATHER_SECONDS = 0.01
"""How long to wait for calls that are made in the same breath; a batch takes seconds."""
POLL_SECONDS = 0.2
PAUSE_SECONDS = 5.0
"""Before a worker is asked again that could not open its models, or died while it did."""
MOST_BYTES = 1 << 30
"""Of a clip; one of the published model's has 3.6 MB."""
AWAY_SECONDS = 300.0
"""In which a fleet of which nobody is left must have somebody again."""

log = logging.getLogger(__name__)


class Lost(Exception):
    """The worker died, or cannot be reached, and what it was at is lost."""


class Station(Protocol):
    """One worker, as whoever asks sees it; called from one thread."""

    @property
    def name(self) -> str:
        """For messages."""

    def open(self, wait: Callable[[], bool]) -> Fault | None:
        """Have its models opened, once it is there. Raises Lost, also as soon as `wait()` says no."""

    def answer(self, calls: Sequence[Call], seed: int | None, wait: Callable[[], bool]) -> list[Raw] | Fault:
        """One result a call. Raises Lost, also as soon as `wait()` says no."""


@dataclass(slots=True, eq=False)
class _Waiting:
    call: Call
    seed: int | None
    done: Future[Raw] = field(default_factory=Future)
    deaths: int = 0

    @property
    def sort(self) -> tuple[bool, int | None]:
        """What calls that are asked together have in common."""
        return self.call[0].clip is None, self.seed


class Fleet:
    """The workers behind `stations`. Use as a context manager."""

    def __init__(
        self,
        stations: Sequence[Station],
        batches: tuple[int, int],
        tell: Callable[[str], None] = log.warning,
        *,
        away: float = AWAY_SECONDS,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """`batches`: calls that one worker is asked together, with a clip and without; `tell`: of workers that are
        lost, in one line, from any thread."""
        self.size = len(stations)
        self._batches, self._tell, self._away, self._pause = batches, tell, away, pause
        self._line: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._idle = 0
        self._present: set[str] = set()
        """Workers that have their models open."""
        self._seen = time.monotonic()
        """When last somebody was."""
        self._opening = {station.name for station in stations}
        """Workers that may yet be."""
        self._fault: Fault | None = None
        self._threads = [
            threading.Thread(target=self._serve, args=(station,), name=f"fleet {station.name}", daemon=True)
            for station in stations
        ]

    def __enter__(self) -> Fleet:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            left, self._line = list(self._line), deque()
            self._changed.notify_all()
        for waiting in left:
            waiting.done.cancel()
        for thread in self._threads:
            thread.join(timeout=10 * POLL_SECONDS)

    def ask(self, request: Request, seed: int | None, stopped: Callable[[], bool]) -> Raw:
        """The answer of whichever worker is free. From any thread, which waits.

        Raises Stopped, the LongvidError of the worker, FilmError where the clip is gone, and ModelError where workers
        die over it or none is left.
        """
        waiting = _Waiting((request, _bytes_of(request)), seed)
        with self._changed:
            if self._closed:
                raise Stopped
            self._line.append(waiting)
            self._changed.notify_all()
        while True:
            try:
                return waiting.done.result(POLL_SECONDS)
            except NotYet:
                if not stopped() and not self._hopeless():
                    continue
            except CancelledError:
                raise Stopped from None
            self._withdraw(waiting)
            if stopped():
                raise Stopped
            raise self._nobody()

    def _withdraw(self, waiting: _Waiting) -> None:
        with self._changed:
            if waiting in self._line:
                self._line.remove(waiting)

    def _hopeless(self) -> bool:
        """Whether nobody answers any more."""
        with self._changed:
            gone = not self._present and time.monotonic() - self._seen > self._away
            return gone or not (self._present or self._opening)

    def _nobody(self) -> Exception:
        if not self._opening and self._fault is not None:
            return self._fault.error()
        return ModelError(
            f"no worker has been there for {self._away:g} s; see that the cluster runs (`ray status`), and run again"
        )

    def _open(self) -> bool:
        return not self._closed

    def _serve(self, station: Station) -> None:
        """One worker's thread."""
        tries = 0
        while not self._closed:
            try:
                fault = station.open(self._open)
                if fault is None:
                    tries = 0
                    self._is_present(station.name)
                    self._work(station)
                    continue
            except Lost as lost:
                if self._is_away(station.name):
                    self._tell(f"{station.name} is lost ({lost}); its calls go to others, and to it once it is back")
            else:
                tries += 1
                if tries >= OPENINGS or fault.kind not in ("ModelError", "LLMError"):
                    return self._give_up(station, fault)
            with self._changed:
                self._changed.wait_for(lambda: self._closed, timeout=self._pause)
        return None

    def _is_present(self, name: str) -> None:
        with self._changed:
            self._present.add(name)

    def _is_away(self, name: str) -> bool:
        """Note that a worker is gone, now and not before; whether it is news."""
        with self._changed:
            news = name in self._present and not self._closed
            if self._present:
                self._seen = time.monotonic()
            self._present.discard(name)
            return news

    def _give_up(self, station: Station, fault: Fault) -> None:
        with self._changed:
            self._fault = fault
            self._opening.discard(station.name)
        self._tell(f"{station.name} is left out: {fault.message}")

    def _work(self, station: Station) -> None:
        """Have batch after batch answered. Raises Lost."""
        while batch := self._taken():
            try:
                said = station.answer([one.call for one in batch], batch[0].seed, self._open)
            except Lost as lost:
                self._returned(batch, lost)
                raise
            except Exception as error:  # whoever asks must hear of it, whatever it is
                for one in batch:
                    one.done.set_exception(error)
                continue
            if isinstance(said, Fault):
                for one in batch:
                    one.done.set_exception(said.error())
            else:
                for one, raw in zip(batch, said, strict=True):
                    one.done.set_result(raw)

    def _taken(self) -> list[_Waiting]:
        """The next calls that are asked together: a fair part of those that wait. None once the fleet is closed."""
        with self._changed:
            self._idle += 1
            try:
                self._changed.wait_for(lambda: self._closed or self._line)
                self._changed.wait_for(lambda: self._closed, timeout=GATHER_SECONDS)
                while not self._closed and not self._line:
                    self._changed.wait_for(lambda: self._closed or self._line)
                if self._closed:
                    return []
                first = self._line[0]
                like = [one for one in self._line if one.sort == first.sort and not one.deaths]
                most = min(self._batches[first.call[0].clip is None], -(-len(like) // self._idle))
                batch = [first] if first.deaths else like[:most]
                for one in batch:
                    self._line.remove(one)
                return batch
            finally:
                self._idle -= 1

    def _returned(self, batch: Sequence[_Waiting], lost: Lost) -> None:
        """Put back what a worker was at that died; what was at too many deaths is told."""
        with self._changed:
            if self._closed:
                for one in batch:
                    one.done.cancel()
                return
            for one in reversed(batch):
                one.deaths += 1
                if one.deaths >= DEATHS:
                    one.done.set_exception(
                        ModelError(
                            f"{DEATHS} workers died over one question ({lost}); memory may be short there: choose a "
                            "smaller --batch-size or --dtype, then --retry failed"
                        )
                    )
                else:
                    self._line.appendleft(one)
            self._changed.notify_all()


def _bytes_of(request: Request) -> bytes | None:
    if request.clip is None:
        return None
    try:
        return read_bytes(request.clip.path, MOST_BYTES)
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        raise FilmError(f"{as_text(request.clip.path)}: the clip cannot be read ({told}); run again") from error
