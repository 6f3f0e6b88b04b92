"""Asking a model MVBench's questions through the engine: answers are stored as they come, and a run that was killed
goes on from them.

A clip's frames lie on disk only until its answer is stored; what stays is their hash, so a run that goes on decodes
nothing that is answered. The first answer counts, whatever it is: a second try would be another protocol. Knows no
scorer.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from longvid.engine.answers import is_withheld
from longvid.engine.pictures import described
from longvid.engine.request import ClipRef, Request
from longvid.engine.scheduler import Engine
from longvid.errors import FilmError, PromptTooLong
from longvid.film import write_clip
from longvid.pipeline.ingest import digest
from longvid.run import Store, key_of
from longvid_benchmarks.published.letters import by_option, ways_of
from longvid_benchmarks.published.likelihoods import Likelihoods
from longvid_benchmarks.published.protocols import Protocol
from longvid_benchmarks.published.questions import Question, Unasked
from longvid_benchmarks.published.watching import signature, watch
from longvid_benchmarks.terminal import Advance

if TYPE_CHECKING:
    from longvid.engine.models import Models

WITHHELD = "whoever runs the model kept its answer back (a content filter); a later run asks again"
CLIP_VERSION = 1
"""Raise it when the same question would be shown other frames."""
AHEAD = 2
"""Batches whose clips are made ready while others are asked."""
FIT = "crop"
"""How a square is filled, as published."""


class BrokenVideo(FilmError):
    """A question's video cannot be decoded: that question is not asked, and the others are."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model said to a question, before anybody read it."""

    question: Question
    text: str
    cached: bool
    """Whether an earlier run had asked."""
    logprobs: tuple[float, ...] | None = None
    """How likely the answer begins with each option's letter, where that was asked for."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What all questions of a run share."""

    models: Models
    protocol: Protocol
    store: Store
    folder: Path
    """Where clips lie while they are asked about."""
    likely: Likelihoods | None = None
    """Tells how likely each option's letter is, where that is wanted."""

    async def all(self, questions: Sequence[Question], advance: Advance) -> list[Answered | Unasked]:
        """One result a question, in order. Raises LongvidError where the model cannot answer."""
        captioner = self.models.captioner
        assert captioner is not None  # models are opened to watch
        slots = asyncio.Semaphore(AHEAD * max(1, captioner.batch))
        done = 0
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1), "clips") as threads:
            async with Engine(self.store, captioner=captioner, llm=self.models.llm, again=False) as engine:

                async def one(place: int, question: Question) -> Answered | Unasked:
                    nonlocal done
                    async with slots:
                        found = await self._ask(engine, threads, place, question)
                    done += 1
                    advance(done, len(questions))
                    return found

                tasks = [asyncio.create_task(one(place, each)) for place, each in enumerate(questions)]
                try:
                    return await asyncio.gather(*tasks)
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(
        self, engine: Engine, threads: ThreadPoolExecutor, place: int, question: Question
    ) -> Answered | Unasked:
        prompt = self.protocol.prompt(question.text, question.candidates)
        path = self.folder / f"{place}.clip"

        def request(clip: ClipRef) -> Request:
            return Request("ask", prompt, self.protocol.max_tokens, clip)

        try:
            key = await asyncio.to_thread(self._key, question)
            clip = self._stored(key, path, place)
            if clip is None or not self._known(engine, request(clip), question):
                loop = asyncio.get_running_loop()
                clip = await loop.run_in_executor(threads, partial(self.shown, question, path, place))
            answer = await engine.submit(request(clip))
            logprobs = None
            if self.likely is not None:
                found = await engine.compute(partial(self.likely.of, request(clip), self._ways(question)))
                logprobs = by_option(found, len(question.candidates))
        except BrokenVideo as error:
            return Unasked(question.task, question.number, "broken", str(error))
        except PromptTooLong as error:
            return Unasked(question.task, question.number, "too long", str(error))
        finally:
            path.unlink(missing_ok=True)
        record = self.store.get(answer.key)
        assert record is not None  # it was stored before it was given
        if is_withheld(record):
            return Unasked(question.task, question.number, "withheld", WITHHELD)
        return Answered(question, record.raw, answer.cached, logprobs)

    def _ways(self, question: Question) -> list[str]:
        return ways_of(self.protocol.wording.begun, len(question.candidates))

    def _known(self, engine: Engine, request: Request, question: Question) -> bool:
        """Whether an earlier run has all that is asked of `request`, so that no frame is needed."""
        record = self.store.get(engine.key(request))
        if record is None or is_withheld(record):
            return False
        return self.likely is None or self.likely.known(request, self._ways(question)) is not None

    def _key(self, question: Question) -> str:
        """What decides the frames of `question`, as a key of the store. Raises BrokenVideo where its video is gone."""
        try:
            seen = signature(question.video)
        except FilmError as error:
            raise BrokenVideo(str(error)) from error
        told = {
            "v": CLIP_VERSION,
            "video": seen,
            "part": [question.start, None if question.end == float("inf") else question.end],
            "frames": [self.protocol.frames, self.protocol.sampling],
            "picture": described(self.models.image_size),
            "fit": FIT,
        }
        return "c" + key_of(told)

    def _stored(self, key: str, path: Path, place: int) -> ClipRef | None:
        """The clip that an earlier run made, whose frames are gone."""
        try:
            told = json.loads(self.store.text(key))
            return ClipRef(path, str(told["digest"]), place, tuple(map(float, told["times"])))
        except (KeyError, TypeError, ValueError):
            return None

    def shown(self, question: Question, path: Path, place: int) -> ClipRef:
        """Decode the clip of `question` into `path`. Raises BrokenVideo, and FilmError where the disk is full."""
        key = self._key(question)
        try:
            clip = watch(question, self.protocol, self.models.transform(FIT))
        except FilmError as error:
            raise BrokenVideo(str(error)) from error
        write_clip(path, clip)
        ref = ClipRef(
            path,
            digest(clip, question.start),
            place,
            tuple(max(0.0, round(float(time) - question.start, 3)) for time in clip.times),
        )
        self.store.keep(json.dumps({"digest": ref.digest, "times": ref.times}), key)
        return ref
