"""The engine owns the device: it answers requests, batches what is asked at once, and remembers every answer.

Every answer passes the guards and is committed to the store before the caller gets it: a batch whole, and one by one
where rows come and go or a server is asked. A looping, empty or garbled answer is stored like any other and then asked
for once more with sampling, seeded by the run's seed: a request of its own, batched with its like. Where that fails,
the first answer stands. A device out of memory halves the batch and goes on. Nothing is ever cut to fit: what does not
fit the model's context is refused with both numbers. Knows nothing of films and strategies.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from longvid.engine.answers import RETRIED, answer_of, better, given, is_retried, is_withheld
from longvid.engine.counting import Counting, counts_slowly, require_fits
from longvid.engine.desk import RETRY, Desk
from longvid.engine.feed import Streams
from longvid.engine.jobs import Calls, Job, Progress, is_parallel, is_remote, sort_of, workers_of
from longvid.engine.memory import alone, no_memory, release, told
from longvid.engine.request import Backend, OutOfMemory, Request, Stopped
from longvid.engine.streaming import Stream
from longvid.engine.thread import DeviceThread
from longvid.errors import ModelError
from longvid.run import Event, Record, Store, key_of
from longvid.strategy.contract import Answer

KEY_VERSION = 2
"""Raise it when the guards or the decoding change what an answer would be: older answers are then not used."""

FLEETING = RETRIED | {"refused"}
"""Faults that a hosted model may not have another time; one on this machine says the same again."""

GATHER_SECONDS = 0.005
"""How long to wait for requests that are asked in the same breath as the first; a batch takes seconds."""

GRACE_SECONDS = 5.0
"""How long a run that ends waits for the call under way. A local model sees the end between two tokens; a server may
never answer, and what it would say is asked again by the next run."""

__all__ = ["Calls", "Engine", "Progress"]

log = logging.getLogger(__name__)

T = TypeVar("T")


class Engine:
    """Answers requests with `captioner` (those with a clip) and `llm` (those without).

    Use as an async context manager. `captioner` may be None where nothing may be watched: a request with a clip whose
    answer is not in the store is then a ModelError, and a bad one has the retry of whichever seed was last. The two may
    be one object.
    """

    def __init__(
        self,
        store: Store,
        *,
        captioner: Backend | None,
        llm: Backend,
        captioner_identity: dict[str, object] | None = None,
        seed: int = 0,
        again: bool = True,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        """`again`: whether a bad answer is asked for once more; else the first stands, unless it was withheld."""
        if captioner is None and captioner_identity is None:
            raise ValueError("without a captioner, watch_identity must say whose stored answers to use")
        self._desk = Desk(store, self._described, seed=seed, again=again)
        self.calls = self._desk.calls
        self.watched, self.written = self._desk.watched, self._desk.written
        self._store, self._captioner, self._llm = store, captioner, llm
        self._captioner_identity = dict(captioner.identity if captioner is not None else captioner_identity or {})
        self._seed, self._again = seed, again
        self._on_progress = on_progress or (lambda progress: None)
        self._queue: asyncio.Queue[Job] = asyncio.Queue()
        self._stream: Stream | None = None
        """What is under way with a model whose rows come and go."""
        self._pending: dict[str, asyncio.Future[Answer]] = {}
        self._asked: set[str] = set()
        """Keys of what was asked of a model in this process."""
        self._reused: list[Event] = []
        self._halt = threading.Event()
        self._device = DeviceThread()
        self._servers = DeviceThread(max([workers_of(b) for b in (captioner, llm) if is_parallel(b)] or [1]))
        self._tokens = Counting()
        self._under_way: set[asyncio.Task[None]] = set()
        """Calls to servers, and requests that are being counted."""
        self._largest: dict[int, int] = {}
        self._depth = 0
        """The longest chain of answers so far, each returned before the next was asked for: a clock without seconds."""
        self._worker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Engine:
        self._worker = asyncio.create_task(self._work(), name="engine")
        self._worker.add_done_callback(self._ended)
        return self

    def _ended(self, worker: asyncio.Task[None]) -> None:
        """Nobody waits for ever: when the worker ends, whatever is still asked for ends with its error."""
        error = None if worker.cancelled() else worker.exception()
        for future in self._pending.values():
            if not future.done():
                if error is None:
                    future.cancel()
                else:
                    future.set_exception(error)
        self._pending.clear()

    async def __aexit__(self, *_: object) -> None:
        self._halt.set()
        if self._worker is not None:
            for task in (tasks := (self._worker, *self._under_way)):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        # The device thread sees the halt between two decoded tokens; no answer of it is used any more. What a server
        # answers in the meantime is stored.
        threads = (self._device, self._servers, self._tokens)
        await asyncio.gather(*(one.close(GRACE_SECONDS) for one in threads))

    def halt(self) -> None:
        """End the batch under way at the next token. Safe from a signal handler."""
        self._halt.set()

    @property
    def llm(self) -> Backend:
        return self._llm

    def key(self, request: Request) -> str:
        """The key of the first, greedy answer to `request`: a hash of all that decides it."""
        return key_of(self._described(request))

    def room(self, request: Request) -> int:
        """Tokens that the prompt of `request` leaves for an answer; below 1 where it leaves none.

        Raises ModelError for a clip that nobody watches.
        """
        backend = self._backend(request)
        return backend.context - backend.count(request)

    async def reckoned(self, call: Callable[[], T]) -> T:
        """What `call` returns, which asks for `room`: beside all else, where counting may take long."""
        return await self._tokens.run(call) if any(map(counts_slowly, (self._captioner, self._llm))) else call()

    def stored(self, key: str) -> Answer | None:
        """The answer behind `key` if the store has it."""
        record = self._store.get(key)
        return None if record is None else answer_of(record, cached=True)

    def known(self, request: Request) -> Answer | None:
        """The answer to `request` if the store has all of it: a bad one is half of it where its retry is missing."""
        first = self._store.get(self.key(request))
        if first is None or not self._again or not is_retried(first):
            return None if first is None else answer_of(first, cached=True)
        second = self._store.get(self._desk.retry_key(first.key))
        if second is None and request.clip is not None and self._captioner is None:
            second = self._store.latest(f"{first.key}{RETRY}") or first
        return None if second is None else answer_of(better(first, second), cached=True)

    async def submit(self, request: Request, *, ahead: bool = False) -> Answer:
        """The answer to `request`, from the store or from the model; `ahead`: nobody waits for it yet.

        Raises PromptTooLong when prompt and `max_tokens` exceed the context, ModelError when the model cannot answer.
        """
        answer = await self._submit(request, depth := 0 if ahead else self._depth + 1)
        self._depth = max(self._depth, depth)
        return answer

    async def compute(self, call: Callable[[], T]) -> T:
        """What `call` returns, run where models compute, between batches. Raises ModelError where memory is short."""
        return await self._device.run(partial(alone, call))

    async def _submit(self, request: Request, depth: int) -> Answer:
        key = self.key(request)
        if self._worker is None or self._worker.done():
            raise RuntimeError("the engine has ended") from (self._failure())
        known = self.known(request)
        afresh = known is not None and self._worth_another_try(key, request, known)
        if known is not None and not afresh:
            return await self._reuse(request, known, depth)
        if key in self._pending:
            # Two chunks that look the same are asked about once; what is said of one is said of the other.
            found = replace(await asyncio.shield(self._pending[key]), cached=True)
            return await self._reuse(request, found, depth)
        backend = self._backend(request)
        if not counts_slowly(backend):
            require_fits(backend, request, backend.count(request))
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[key] = future
        self._asked.add(key)
        job = Job(key, request, depth, future, None if afresh else self._store.get(key))
        if counts_slowly(backend):
            self._start(self._enter(backend, job))
        else:
            self._put(job)
        return await asyncio.shield(future)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Go on with `work` beside all else, until the engine ends."""
        self._under_way.add(task := asyncio.create_task(work))
        task.add_done_callback(self._under_way.discard)

    async def _enter(self, backend: Backend, job: Job) -> None:
        """Queue `job` once it is known to fit; else whoever asked is told."""
        try:
            await self._tokens.require_fits(backend, job.request)
        except Exception as error:
            job.first = None
            self._fail([job], error)
        else:
            self._put(job)

    def _put(self, job: Job) -> None:
        """Queue `job`."""
        (self._queue if self._stream is None else self._stream.inbox).put_nowait(job)

    def _worth_another_try(self, key: str, request: Request, known: Answer) -> bool:
        """Whether `known`, of an earlier run, is a failure that a service may not repeat."""
        return (
            (self._again or is_withheld(self._store.get(key)))
            and known.reason in FLEETING
            and key not in self._asked
            and not getattr(self._llm if request.clip is None else self._captioner, "repeats", True)
        )

    async def _reuse(self, request: Request, known: Answer, depth: int) -> Answer:
        """Count and note an answer that was there, before whoever asked goes on: a report is made of what was given."""
        self.calls.cached += 1
        self._reused.append(given("cached", request, known, depth))
        # What is asked in the same breath did not wait for this answer, though it is here at once; nor do its events
        # take a commit each.
        await asyncio.sleep(0)
        if self._reused:
            events, self._reused = self._reused, []
            self._store.put((), events)
        self._on_progress(Progress(request.kind, True, not known.ok))
        return known

    def _failure(self) -> BaseException | None:
        worker = self._worker
        return worker.exception() if worker is not None and worker.done() and not worker.cancelled() else None

    def _backend(self, request: Request) -> Backend:
        if request.clip is None:
            return self._llm
        if self._captioner is None:
            raise ModelError(
                f"chunk {request.clip.chunk} has no stored answer to this question, and merge watches nothing; "
                "run summarize on the film"
            )
        return self._captioner

    def _described(self, request: Request) -> dict[str, object]:
        # Captions and questions share their answers: both ask about a clip.
        return {
            "v": KEY_VERSION,
            "model": dict(self._llm.identity) if request.clip is None else self._captioner_identity,
            "task": "write" if request.clip is None else "ask",
            "prompt": request.prompt,
            "max_tokens": request.max_tokens,
            "clip": None if request.clip is None else request.clip.digest,
        } | ({"line": request.line} if request.line is not None and is_remote(self._llm) else {})

    async def _work(self) -> None:
        held: list[Job] = []
        while True:
            if not held:
                held.append(await self._queue.get())
                await asyncio.sleep(GATHER_SECONDS)
            while not self._queue.empty():
                held.append(self._queue.get_nowait())
            for job in [job for job in held if is_parallel(self._backend(job.request))]:
                held.remove(job)
                self._start(self._run(self._backend(job.request), [job]))
            if held and self._tokens.busy:
                await self._tokens.wait()
                continue
            if not held:
                continue
            backend = self._backend(held[0].request)
            size = self._largest.get(id(backend), backend.batch)
            if isinstance(backend, Streams):
                held = await self._streamed(backend, size, held)
                continue
            batch = [job for job in held if sort_of(job) == sort_of(held[0])][:size]
            chosen = set(batch)
            held = [job for job in held if job not in chosen]
            await self._run(backend, batch)

    async def _run(self, backend: Backend, batch: Sequence[Job]) -> None:
        """Answer `batch` and settle its jobs; those whose answer is bad are asked again."""
        try:
            threads = self._servers if is_parallel(backend) else self._device
            records = await threads.run(partial(self._compute, backend, batch))
        except OutOfMemory as error:
            short = str(error)
        except Exception as error:
            return self._fail(batch, error)
        except BaseException:
            for job in batch:
                self._pending.pop(job.key, None)
                job.done.cancel()
            raise
        else:
            return self._answered(zip(batch, records, strict=True))
        done = 0 if self._halve(backend, batch, short) else len(batch)
        while done < len(batch):
            # The first part may have shown that even fewer fit.
            size = self._largest[id(backend)]
            await self._run(backend, batch[done : done + size])
            done += size

    async def _streamed(self, backend: Streams, size: int, held: Sequence[Job]) -> list[Job]:
        """Answer the first of `held`, its like, and what comes of its like in the meantime, in at most `size` rows.

        Returns what is still to be asked. New ones do not come in before older ones of another sort.
        """
        like, later = sort_of(held[0]), [job for job in held if sort_of(job) != sort_of(held[0])]
        stream = Stream([job for job in held if sort_of(job) == like], self._desk, self._halt.is_set)
        seed = None if held[0].first is None else self._seed
        call = partial(backend.stream, stream, size, watching=held[0].request.clip is not None, seed=seed)
        again: list[Job] = []
        self._stream = stream
        try:
            async for item in stream.run(self._device.run(partial(told, call))):
                if not isinstance(item, Job):
                    self._answered(item)
                elif is_parallel(self._backend(item.request)):
                    self._start(self._run(self._backend(item.request), [item]))
                elif later or sort_of(item) != like:
                    later.append(item)
                else:
                    stream.put(item)
        except OutOfMemory as error:
            batch = stream.under_way(size)
            again = batch if self._halve(backend, batch, str(error)) else []
        except Exception as error:
            self._fail(stream.under_way(size), error)
        finally:
            self._stream = None
        return [*again, *stream.rest(), *later]

    def _halve(self, backend: object, batch: Sequence[Job], short: str) -> bool:
        """Ask `backend` fewer at once, since memory was short for `batch`; one call alone fails, and it is False."""
        release()
        if len(batch) == 1:
            self._fail(batch, no_memory(short))
            return False
        half = len(batch) // 2
        self._largest[id(backend)] = half
        self._store.put((), [Event("halved", details={"batch": half})])
        return True

    def _answered(self, found: Iterable[tuple[Job, Record]]) -> None:
        """Give each record to whoever asked, or ask once more."""
        for job, record in found:
            if self._desk.is_asked_again(job, record):
                job.first = record
                self._put(job)
            else:
                self._settle(job, answer_of(better(job.first, record), cached=False))

    def _fail(self, batch: Sequence[Job], error: Exception) -> None:
        """What was asked ends with `error`; but a retry that fails leaves the first answer standing."""
        for job in batch:
            if job.first is None or isinstance(error, Stopped):
                self._pending.pop(job.key, None)
                if not job.done.done():
                    job.done.set_exception(error)
                continue
            log.warning("a retry failed, the first answer stands: %s", error)
            answer = answer_of(job.first, cached=False)
            self._store.put((), [given("end", job.request, answer, job.depth, failed=type(error).__name__)])
            self._settle(job, answer)

    def _settle(self, job: Job, answer: Answer) -> None:
        self._pending.pop(job.key, None)
        if not job.done.done():
            job.done.set_result(answer)
        self._on_progress(Progress(job.request.kind, False, not answer.ok))

    def _compute(self, backend: Backend, batch: Sequence[Job]) -> list[Record]:
        """Answer, guard and commit one batch, of first answers or of retries. Runs in a thread of its own."""
        if self._halt.is_set():
            raise Stopped
        begun = time.monotonic()
        self._desk.begin(batch)
        seed = None if batch[0].first is None else self._seed
        asked = [job.request for job in batch]
        raws = told(lambda: backend.answer(asked, seed=seed, stopped=self._halt.is_set))
        if self._halt.is_set() and not is_parallel(backend):
            raise Stopped
        return self._desk.end(batch, raws, [len(batch)] * len(batch), [time.monotonic() - begun] * len(batch))
