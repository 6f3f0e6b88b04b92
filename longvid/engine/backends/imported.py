"""Captions from outside in the place of a model that watches: a backend that answers from what a file says.

It knows the two standard questions and nothing else; no picture is looked at and no file is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath

from longvid.captions.imported import ImportedCaptions
from longvid.engine.models import Models
from longvid.engine.prompts import CAPTION, EVENTS, EVENTS_TOKENS
from longvid.engine.request import ClipRef, Raw, Request
from longvid.errors import ModelError

BATCH = 4096
"""Answers stored together. There is no device to fill, so a strategy may ask for all at once: its waves of calls then
say nothing of how its calls depend on one another, which is what an event's `depth` is to show."""
NOBODY = "none"
"""The model that watches where nothing that is seen is told."""
CONTEXT = 1 << 30
"""Whatever the file says fits: its length is not a model's."""


class ImportedAnswers:
    """Implements `Backend` for the clips of `given_clips`."""

    context, batch = CONTEXT, BATCH

    def __init__(self, imported: ImportedCaptions) -> None:
        self._texts = {CAPTION: imported.prose, EVENTS: imported.events}
        self._name = PurePath(imported.name).name
        self.identity: Mapping[str, object] = {"class": "given", "digest": imported.digest}

    def count(self, request: Request) -> int:
        return 0

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        """What the file says. Raises ModelError for a question that it does not answer."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Raw:
        texts = self._texts.get(request.prompt)
        if texts is None or request.clip is None:
            raise ModelError(
                f"{self._name} answers no such question about a chunk; run summarize on the film, or choose a "
                "strategy that needs no more than the file holds"
            )
        text = texts[request.clip.chunk]
        return Raw(text, "given", 0, len(text.split()))


def imported_clips(imported: ImportedCaptions) -> dict[int, ClipRef]:
    """For each chunk what stands for its clip: there are no frames, so no path leads anywhere."""
    return {
        chunk.index: ClipRef(
            Path(PurePath(imported.name).name),
            hashlib.sha256(f"{imported.digest} {chunk.index}".encode()).hexdigest(),
            chunk.index,
            (),
        )
        for chunk in imported.chunks
    }


def with_imported(imported: ImportedCaptions, models: Models) -> Models:
    """The LLM of `models`, with `given` in the captioner's place; the longest text decides what an answer may hold."""
    answers = ImportedAnswers(imported)

    def longest(texts: Sequence[str] | None) -> int:
        return max((models.llm.count(Request("write", text, 1)) for text in texts or ()), default=0) + 1

    return Models(
        f"captions from {PurePath(imported.name).name}" if imported.capabilities else NOBODY,
        answers.identity,
        answers,
        models.llm,
        models.llm_name,
        image_size=models.image_size,
        caption_tokens=longest(imported.prose),
        events_tokens=longest(imported.events)
        if imported.events is not None
        else max(EVENTS_TOKENS, longest(imported.prose)),
    )
