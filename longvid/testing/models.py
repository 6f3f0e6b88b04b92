"""The scripted models of the conformance kit: a captioner that tells a story, an LLM that shortens, and their faults.

Both keep to their limits as a real model does: an answer is cut off at `max_tokens`. They record nothing; the events
of the run say what was asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from longvid.engine.prompts import CAPTION, EVENTS
from longvid.engine.request import Raw, Request
from longvid.testing.story import Story
from longvid.text import sentences

CHARACTERS_A_TOKEN = 4
TEMPLATE = 5
"""Tokens around every prompt."""
BESIDE = 119
"""Tokens that a question may take beside an answer as long as a caption: what is left with the published model."""
SHARE = 0.7
"""How much of the room for an answer a good LLM uses."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to fail: what is said in place of an answer, and a word of it that must never be quoted."""

    says: str
    finish: str
    never: str
    """Empty where the guards leave a part that may be used."""


FAULTS: Mapping[str, Fault] = {
    "says nothing": Fault("", "stop", ""),
    "says garbage": Fault("\x01\ufffd\ufffd {} ## qzgarbage \ufffd\ufffd\ufffd", "stop", "qzgarbage"),
    "refuses": Fault("I'm sorry, but I cannot help with that qzrequest.", "stop", "qzrequest"),
    "loops without end": Fault("Somebody comes in again. " * 40, "loop", ""),
    "breaks off": Fault("Then the qzfragment of a", "length", "qzfragment"),
    "says that no changes are needed": Fault(
        "No changes are needed, the existing summary is qzsufficient.", "stop", "qzsufficient"
    ),
}


def tokens(text: str) -> int:
    """Tokens of `text` alone. As with real tokenizers, those of two parts need not add up to those of the whole."""
    return -(-len(text.encode()) // CHARACTERS_A_TOKEN)


def vectors(texts: Sequence[str]) -> list[list[float]]:
    """In place of a model that compares texts by meaning: vectors of length 1, alike where letters are."""
    made = []
    for text in texts:
        counts = [1.0 + text.lower().count(letter) for letter in "etaoinshr"]
        length = math.hypot(*counts)
        made.append([count / length for count in counts])
    return made


def _cut(text: str, most: int) -> Raw:
    if tokens(text) <= most:
        return Raw(text, "stop", 0, tokens(text))
    cut = text.encode()[: most * CHARACTERS_A_TOKEN].decode(errors="ignore")
    return Raw(cut, "length", 0, most)


class ScriptedCaptioner:
    """Tells `story`. Of the chunks that `fails` names it only gives the fault. Implements `Backend`."""

    def __init__(
        self,
        story: Story,
        *,
        caption_tokens: int,
        fault: Fault | None = None,
        fails: Callable[[int], bool] = lambda chunk: True,
        batch: int = 4,
    ) -> None:
        self._story, self._fault, self._fails, self.batch = story, fault, fails, batch
        self.context = caption_tokens + BESIDE

    identity: Mapping[str, object] = {"class": "scripted captioner"}

    def count(self, request: Request) -> int:
        return TEMPLATE + tokens(request.prompt)

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Raw:
        if request.clip is None:
            raise ValueError("a captioner is asked about clips")
        chunk = request.clip.chunk
        if self._fault is not None and self._fails(chunk):
            return _failed(self._fault)
        if request.prompt == EVENTS:
            return _cut(self._story.events[chunk], request.max_tokens)
        if request.prompt == CAPTION:
            return _cut(self._story.captions[chunk], request.max_tokens)
        # To any other question: what is seen, from a sentence on that depends on the question.
        seen = sentences(self._story.captions[chunk])
        first = len(request.prompt) % len(seen)
        return _cut(" ".join([*seen[first:], *seen[:first]][:3]), request.max_tokens)


class ScriptedLLM:
    """Shortens: takes sentences of the prompt's sources, evenly and in order, as many as fit. Implements `Backend`."""

    def __init__(self, *, context: int, fault: Fault | None = None, batch: int = 4) -> None:
        self.context, self._fault, self.batch = context, fault, batch

    identity: Mapping[str, object] = {"class": "scripted LLM"}

    def count(self, request: Request) -> int:
        return TEMPLATE + tokens(request.prompt)

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        if self._fault is not None:
            return [_failed(self._fault) for _ in requests]
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Raw:
        # The first line is the instruction; a label such as "Part 3:" is none of the source's words.
        lines = request.prompt.split("\n")[1:]
        found = [sentence for line in lines for sentence in sentences(line.partition(": ")[2] or line)]
        room = int(request.max_tokens * SHARE)
        kept = list(range(len(found)))
        while kept and sum(tokens(found[i]) + 1 for i in kept) > room:
            step = len(kept) / max(1, len(kept) * 3 // 4)
            fewer = [kept[int(i * step)] for i in range(len(kept) * 3 // 4)]
            kept = fewer
        return _cut(" ".join(found[i] for i in kept) or "Nothing more is told.", request.max_tokens)


def _failed(fault: Fault) -> Raw:
    return Raw(fault.says, fault.finish, 0, tokens(fault.says))  # type: ignore[arg-type]
