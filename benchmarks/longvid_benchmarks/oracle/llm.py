"""`--llm oracle`: a perfect LLM of invented stories, so that what is lost is lost by the strategy itself.

It reads the prompt that a strategy asks and answers from its sources alone (`oracle.author`): every event and link that
these tell, names where they tie them to looks, no filler, and by kind what exceeds the words asked for. What a strategy
asks it to confirm, it confirms. Knows the prompts of the built-in strategies and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from longvid.engine.backends.none import CONTEXT, NoLLM
from longvid.engine.models import Models
from longvid.engine.request import Raw, Request
from longvid.errors import LLMError
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.oracle.asking import Answerer
from longvid_benchmarks.oracle.author import AUTHOR, Author
from longvid_benchmarks.oracle.reading import READER, Reader
from longvid_benchmarks.oracle.replies import reply
from longvid_benchmarks.storyfilm.generator import VERSION
from longvid_benchmarks.storyfilm.story import Story

ORACLE = "oracle"
"""The name of this LLM."""


class OracleLLM:
    """Implements `Backend` for one story; without one it only says what it would be."""

    context = CONTEXT
    made_for = "StoryFilm"
    batch = 1

    def __init__(self, story: Story | None = None) -> None:
        self._author = None if story is None else Author(story)
        self._reader = None if story is None else Reader(story)
        self._answerer = None if story is None or self._author is None else Answerer(story, self._author)
        film = None if story is None else [story.seed, len(story.chunks), *([story.said] if story.said else [])]
        versions = {"author": AUTHOR, "reader": READER, "storyfilm": VERSION}
        self.identity: Mapping[str, object] = {"class": ORACLE, **versions, "film": film}

    def count(self, request: Request) -> int:
        return NoLLM().count(request)

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Raw:
        if self._author is None or self._reader is None:
            raise LLMError("--llm oracle knows invented stories alone; use it with --films storyfilm")
        asked_to_read = prompts.reading(request.prompt)
        answered = self._answerer.reply(request.prompt) if self._answerer is not None else None
        try:
            if answered is not None:
                text = answered
            else:
                text = self._reader.reply(*asked_to_read) if asked_to_read else reply(self._author, request.prompt)
        except ValueError as error:
            raise LLMError(f"--llm oracle answers the built-in strategies alone: {error}") from error
        asked, said = (self.count(Request("write", part, 1)) for part in (request.prompt, text))
        return Raw(text, "stop" if said <= request.max_tokens else "length", asked, said)


def for_story(models: Models, story: Story | None) -> Models:
    """`models` for the runs over a film of `story`: an oracle must know it."""
    if not isinstance(models.llm, OracleLLM):
        return models
    return with_oracle(models, story)


def with_oracle(models: Models, story: Story | None = None) -> Models:
    """`models` with an oracle, of `story`, in place of their LLM."""
    return Models(
        models.name,
        models.captioner_identity,
        models.captioner,
        OracleLLM(story),
        ORACLE,
        image_size=models.image_size,
        caption_tokens=models.caption_tokens,
        events_tokens=models.events_tokens,
        made_for=models.made_for,
    )
