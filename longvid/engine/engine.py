"""The engine owns the device: it answers requests, batches what is asked at once, and remembers every answer.

Every answer passes the guards and is committed to the store before the caller gets it; a batch is committed whole, so
that a killed run forms the same batches again. A looping, empty or garbled answer is asked once more with sampling,
seeded by the run's seed. A device out of memory halves the batch and goes on. Nothing is ever cut to fit: what does not
fit the model's context is refused with both numbers. Knows nothing of films and strategies.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from longvid.engine.guards import judge
from longvid.engine.request import Backend, Kind, OutOfMemory, Raw, Request, Stopped
from longvid.errors import ModelError, PromptTooLong
from longvid.run import Journal, Record, Store, canonical, key_of
from longvid.strategy.contract import Answer

KEY_VERSION = 1
"""Raise it when the guards or the decoding change what an answer would be: older answers are then not used."""

RETRIED = frozenset({"looping", "empty", "garbled"})
"""Faults that a second, sampled answer may not have."""

FLEETING = RETRIED | {"refused"}
"""Faults that a hosted model may not have another time; one on this machine says the same again."""

GATHER_SECONDS = 0.005
"""How long to wait for requests that are asked in the same breath as the first; a batch takes seconds."""


@dataclass(slots=True)
class Calls:
    """Calls of this process: made (`watch`, `ask`, `write`) and answered from the store (`cached`)."""

    watch: int = 0
    ask: int = 0
    write: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """One finished request, for whoever shows progress."""

    kind: Kind
    cached: bool
    degraded: bool


@dataclass(slots=True, eq=False)
class _Job:
    key: str
    request: Request
    depth: int
    done: asyncio.Future[Answer]


class Engine:
    """Answers requests with `watcher` (those with a clip) and `writer` (those without).

    Use as an async context manager. `watcher` may be None where nothing may be watched: a request with a clip whose
    answer is not in the store is then a ModelError. The two may be one object. `watch_seed` is the seed of requests
    with a clip where it differs from `seed`, that of the run whose captions are merged again.
    """

    def __init__(
        self,
        store: Store,
        journal: Journal,
        *,
        watcher: Backend | None,
        writer: Backend,
        watch_identity: dict[str, object] | None = None,
        seed: int = 0,
        watch_seed: int | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        if watcher is None and watch_identity is None:
            raise ValueError("without a watcher, watch_identity must say whose stored answers to use")
        self.calls = Calls()
        self._store, self._journal = store, journal
        self._watcher, self._writer = watcher, writer
        self._watch_identity = dict(watcher.identity if watcher is not None else watch_identity or {})
        self._seeds = {"write": seed, "ask": seed if watch_seed is None else watch_seed}
        self._on_progress = on_progress or (lambda progress: None)
        self._queue: asyncio.Queue[_Job] = asyncio.Queue()
        self._pending: dict[str, asyncio.Future[Answer]] = {}
        self._asked: set[str] = set()
        """Keys of what was asked of a model in this process."""
        self._halt = threading.Event()
        self._device = ThreadPoolExecutor(max_workers=1, thread_name_prefix="device")
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
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        # The device thread sees the halt between two decoded tokens; no answer of it is used any more.
        await asyncio.get_running_loop().run_in_executor(None, self._device.shutdown)

    def halt(self) -> None:
        """End the batch under way at the next token. Safe from a signal handler."""
        self._halt.set()

    @property
    def writer(self) -> Backend:
        return self._writer

    def key(self, request: Request) -> str:
        """The key of the answer to `request`: a hash of all that decides it."""
        return key_of(self._described(request))

    def room(self, request: Request) -> int:
        """Tokens that the prompt of `request` leaves for an answer; below 1 where it leaves none.

        Raises ModelError for a clip that nobody watches.
        """
        backend = self._backend(request)
        return backend.context - backend.count(request)

    def stored(self, key: str) -> Answer | None:
        """The answer behind `key` if the store has it."""
        record = self._store.get(key)
        return None if record is None else _answer(record, cached=True)

    async def submit(self, request: Request) -> Answer:
        """The answer to `request`, from the store or from the model.

        Raises PromptTooLong when prompt and `max_tokens` exceed the context, ModelError when the model cannot answer.
        """
        depth = self._depth + 1
        answer = await self._submit(request, depth)
        self._depth = max(self._depth, depth)
        return answer

    async def _submit(self, request: Request, depth: int) -> Answer:
        key = self.key(request)
        if self._worker is None or self._worker.done():
            raise RuntimeError("the engine has ended") from (self._failure())
        known = self.stored(key)
        if known is not None and not self._worth_another_try(key, request, known):
            self._reuse(key, request, known, depth)
            # What is asked in the same breath did not wait for this answer, though it is here at once.
            await asyncio.sleep(0)
            return known
        if key in self._pending:
            # Two chunks that look the same are asked about once; what is said of one is said of the other.
            found = replace(await asyncio.shield(self._pending[key]), cached=True)
            self._reuse(key, request, found, depth)
            return found
        backend = self._backend(request)
        tokens = backend.count(request)
        if request.max_tokens < 1 or tokens + request.max_tokens > backend.context:
            raise PromptTooLong(
                f"a prompt of {tokens} tokens and an answer of {request.max_tokens} exceed the model's "
                f"{backend.context} tokens"
            )
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[key] = future
        self._asked.add(key)
        self._queue.put_nowait(_Job(key, request, depth, future))
        return await asyncio.shield(future)

    def _worth_another_try(self, key: str, request: Request, known: Answer) -> bool:
        """Whether `known`, of an earlier run, is a failure that a service may not repeat."""
        return (
            known.reason in FLEETING
            and key not in self._asked
            and request.clip is None
            and not getattr(self._writer, "repeats", True)
        )

    def _reuse(self, key: str, request: Request, known: Answer, depth: int) -> None:
        """Count and note an answer that another request was given, too."""
        self.calls.cached += 1
        self._journal.write(
            "cached",
            key=key,
            kind=request.kind,
            chunk=_chunk(request),
            status=known.status,
            reason=known.reason,
            prompt_tokens=known.prompt_tokens,
            answer_tokens=known.answer_tokens,
            depth=depth,
        )
        self._on_progress(Progress(request.kind, True, not known.ok))

    def _failure(self) -> BaseException | None:
        worker = self._worker
        return worker.exception() if worker is not None and worker.done() and not worker.cancelled() else None

    def _backend(self, request: Request) -> Backend:
        if request.clip is None:
            return self._writer
        if self._watcher is None:
            raise ModelError(
                f"chunk {request.clip.chunk} has no stored answer to this question, and merge watches nothing; "
                "run summarize on the film"
            )
        return self._watcher

    def _described(self, request: Request) -> dict[str, object]:
        return {
            "v": KEY_VERSION,
            "model": dict(self._writer.identity) if request.clip is None else self._watch_identity,
            "task": _task(request),
            "prompt": request.prompt,
            "max_tokens": request.max_tokens,
            "clip": None if request.clip is None else request.clip.digest,
            "seed": self._seeds[_task(request)],
        }

    async def _work(self) -> None:
        held: list[_Job] = []
        while True:
            if not held:
                held.append(await self._queue.get())
                await asyncio.sleep(GATHER_SECONDS)
            while not self._queue.empty():
                held.append(self._queue.get_nowait())
            backend = self._backend(held[0].request)
            size = self._largest.get(id(backend), backend.batch)
            watches = held[0].request.clip is not None
            batch: list[_Job] = []
            later: list[_Job] = []
            for job in held:
                fits = len(batch) < size and (job.request.clip is not None) == watches
                (batch if fits else later).append(job)
            held = later
            await self._run(backend, batch)

    async def _run(self, backend: Backend, batch: Sequence[_Job]) -> None:
        loop = asyncio.get_running_loop()
        try:
            records = await loop.run_in_executor(self._device, self._compute, backend, batch)
        except BaseException as error:
            for job in batch:
                self._pending.pop(job.key, None)
                if not job.done.done():
                    if isinstance(error, Exception):
                        job.done.set_exception(error)
                    else:
                        job.done.cancel()
            if not isinstance(error, Exception):
                raise
            return
        for job, record in zip(batch, records, strict=True):
            self._pending.pop(job.key, None)
            self._count(job.request)
            if not job.done.done():
                job.done.set_result(_answer(record, cached=False))
        for job, record in zip(batch, records, strict=True):
            self._on_progress(Progress(job.request.kind, False, record.status != "ok"))

    def _count(self, request: Request) -> None:
        if request.clip is None:
            self.calls.write += 1
        else:
            self.calls.watch += 1
            self.calls.ask += 1

    def _compute(self, backend: Backend, batch: Sequence[_Job]) -> list[Record]:
        """Answer, guard, retry and commit one batch. Runs in the device thread."""
        begun = time.monotonic()
        for job in batch:
            self._journal.write("begin", key=job.key, kind=job.request.kind, chunk=_chunk(job.request))
        raws = self._generate(backend, [job.request for job in batch])
        records = [self._record(backend, job, raw) for job, raw in zip(batch, raws, strict=True)]
        self._store.put(records)
        for job, record in zip(batch, records, strict=True):
            self._journal.write(
                "end",
                key=job.key,
                kind=job.request.kind,
                chunk=_chunk(job.request),
                status=record.status,
                reason=record.reason,
                prompt_tokens=record.prompt_tokens,
                answer_tokens=record.answer_tokens,
                depth=job.depth,
                batch=len(batch),
                seconds=round(time.monotonic() - begun, 3),
            )
        return records

    def _generate(self, backend: Backend, requests: Sequence[Request], seed: int | None = None) -> list[Raw]:
        try:
            return backend.answer(requests, seed=seed, stopped=self._halt.is_set)
        except OutOfMemory as error:
            if len(requests) == 1:
                raise ModelError(
                    f"the device has no memory for a single call ({error}); "
                    "choose --device cpu, a smaller --dtype or a machine with more memory"
                ) from error
        half = len(requests) // 2
        self._largest[id(backend)] = half
        self._journal.write("halved", batch=half)
        return self._generate(backend, requests[:half]) + self._generate(backend, requests[half:])

    def _record(self, backend: Backend, job: _Job, raw: Raw) -> Record:
        verdict = judge(raw)
        if verdict.reason in RETRIED:
            # The key hashes the run's seed among all else, so it seeds the retry of this request and no other.
            seed = int(job.key[:14], 16)
            self._journal.write("retry", key=job.key, kind=job.request.kind, chunk=_chunk(job.request))
            again = self._generate(backend, [job.request], seed)[0]
            self._count(job.request)
            second = judge(again)
            if second.status == "ok" or not verdict.text:
                raw, verdict = again, second
        if self._halt.is_set():
            raise Stopped
        return Record(
            key=job.key,
            kind=job.request.kind,
            text=verdict.text,
            status=verdict.status,
            reason=verdict.reason,
            prompt_tokens=raw.prompt_tokens,
            answer_tokens=raw.answer_tokens,
            raw=raw.text,
            request=canonical(self._described(job.request)),
        )


def _answer(record: Record, *, cached: bool) -> Answer:
    return Answer(
        text=record.text,
        status="ok" if record.status == "ok" else "degraded",
        reason=record.reason,  # type: ignore[arg-type]
        prompt_tokens=record.prompt_tokens,
        answer_tokens=record.answer_tokens,
        cached=cached,
        key=record.key,
    )


def _task(request: Request) -> str:
    """Captions and questions share their answers: both ask about a clip."""
    return "write" if request.clip is None else "ask"


def _chunk(request: Request) -> int | None:
    return None if request.clip is None else request.clip.chunk
