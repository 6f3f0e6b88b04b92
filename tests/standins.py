"""Stand-ins for what a test must control word by word: a backend and a strategy's context.

They say what a function of the prompt tells them to; everything around them (engine, store, graphs) is real.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from longvid.engine.guards import judge
from longvid.engine.request import OutOfMemory, Raw, Request
from longvid.errors import PromptTooLong
from longvid.film import Chunk
from longvid.strategy import Answer, Capability, Limits

Says = Callable[[str], Raw]


def plainly(text: str) -> Raw:
    """An answer that the model ended by itself."""
    return Raw(text, "stop", 10, len(text.split()))


def tokens(text: str) -> int:
    """Tokens of a text for the stand-ins: its words, with a template of five around them."""
    return len(text.split()) + 5


@dataclass
class ScriptedBackend:
    """A `Backend` that answers by `says` and records every batch."""

    says: Says = field(default=lambda prompt: plainly(f"It says {prompt}."))
    batch: int = 4
    context: int = 2048
    room: int | None = None
    """Most requests that the pretended device has memory for."""
    name: str = "scripted"
    batches: list[list[Request]] = field(default_factory=list)
    seeds: list[int | None] = field(default_factory=list)

    @property
    def identity(self) -> Mapping[str, object]:
        return {"class": self.name}

    def count(self, request: Request) -> int:
        return tokens(request.prompt)

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        if self.room is not None and len(requests) > self.room:
            raise OutOfMemory("pretended")
        self.batches.append(list(requests))
        self.seeds.append(seed)
        return [self.says(request.prompt) for request in requests]


def make_chunks(n: int, seconds: float = 60.0) -> tuple[Chunk, ...]:
    """`n` chunks of one scene each."""
    borders = [seconds * i for i in range(n + 1)]
    return tuple(Chunk(i, a, b, ((a, b),), ()) for i, (a, b) in enumerate(pairwise(borders)))


class ScriptedContext:
    """A strategy's `Context` over n chunks that answers by functions and checks every call against the limits.

    A question may take `beside` tokens beside an answer as long as a caption: 119 with the published model's frames.
    """

    def __init__(
        self,
        n: int,
        *,
        caption: Callable[[int], Raw],
        writes: Says,
        limits: Limits | None = None,
        events: Callable[[int], Raw] | None = None,
        asks: Callable[[int, str], Raw] | None = None,
        capabilities: frozenset[Capability] = frozenset({"caption", "events", "ask", "write"}),
        beside: int = 119,
    ) -> None:
        self.chunks = make_chunks(n)
        self.limits = limits or Limits(context=2048, caption=320, max_concurrency=4, words=200)
        self.capabilities = capabilities
        self._ask_tokens = self.limits.caption + beside
        self._caption, self._writes = caption, writes
        self._events, self._asks = events or caption, asks or (lambda index, question: caption(index))
        self._answers: dict[str, Answer] = {}
        self._texts: dict[str, str] = {}
        self.captions = self.lines = self.asks = 0
        self.questions: list[tuple[int, str]] = []
        self.prompts: list[str] = []
        self.notes: list[str] = []
        self.degraded: list[str] = []

    def rng(self, label: str) -> random.Random:
        return random.Random(label)

    def _answer(self, key: str, raw: Raw) -> Answer:
        verdict = judge(raw)
        answer = Answer(verdict.text, verdict.status, verdict.reason, 1, 1, False, key)
        self._answers[key] = answer
        return answer

    async def caption(self, chunk: Chunk) -> Answer:
        key = f"c{chunk.index}"
        if key not in self._answers:
            self.captions += 1
            self._answer(key, self._caption(chunk.index))
        return self._answers[key]

    async def events(self, chunk: Chunk) -> Answer:
        key = f"e{chunk.index}"
        if key not in self._answers:
            self.lines += 1
            self._answer(key, self._events(chunk.index))
        return self._answers[key]

    async def ask(self, chunk: Chunk, question: str, *, max_tokens: int) -> Answer:
        if not 1 <= max_tokens <= self.ask_room(chunk, question):
            raise PromptTooLong(f"an answer of {max_tokens} exceeds {self.ask_room(chunk, question)}")
        key = f"a{chunk.index} {max_tokens} {question}"
        if key not in self._answers:
            self.asks += 1
            self.questions.append((chunk.index, question))
            self._answer(key, self._asks(chunk.index, question))
        return self._answers[key]

    def ask_room(self, chunk: Chunk, question: str) -> int:
        return self._ask_tokens - tokens(question)

    async def write(self, prompt: str, *, max_tokens: int, line: str | None = None) -> Answer:
        if max_tokens < 1 or self.count(prompt) + max_tokens > self.limits.context:
            raise PromptTooLong(f"{self.count(prompt)} + {max_tokens} > {self.limits.context}")
        key = "w" + hashlib.sha256(f"{max_tokens} {prompt}".encode()).hexdigest()
        if key not in self._answers:
            self.prompts.append(prompt)
            raw = self._writes(prompt)
            words = list(re.finditer(r"\S+", raw.text))
            if len(words) > max_tokens:
                raw = Raw(raw.text[: words[max_tokens - 1].end()], "length", 1, max_tokens)
            self._answer(key, raw)
        return self._answers[key]

    def count(self, text: str) -> int:
        return tokens(text)

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        raise AssertionError("nothing here compares texts by meaning")

    def keep(self, text: str) -> str:
        key = "t" + hashlib.sha256(text.encode()).hexdigest()
        self._texts[key] = text
        return key

    def text(self, key: str) -> str:
        return self._texts[key] if key in self._texts else self._answers[key].text

    def answer(self, key: str) -> Answer:
        return self._answers[key]

    def note(self, message: str, *, degraded: bool = False) -> None:
        (self.degraded if degraded else self.notes).append(message)
