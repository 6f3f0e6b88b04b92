"""A strategy's context without an engine: gold says what chunks show, an author answers the LLM's prompts.

The strategies are the real ones and so are their prompts; only what is around them (store, device) is left
out, so that a film's worth of prompts takes well under a second. Records every prompt with its answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Sequence
from typing import Any

from longvid.engine.guards import judge
from longvid.engine.request import Raw
from longvid.errors import PromptTooLong
from longvid.strategy import Answer, Capability, Chunk, Limits, Strategy

Says = Callable[[str, int], str]
"""(prompt, most tokens) -> answer."""


class OfflineContext:
    """Implements `longvid.strategy.Context` over texts.

    Args:
        captions, lines: what gold says of each chunk, as prose and as event lines.
        write: answers the LLM's prompts. ask: answers questions about a chunk by its index.
        count: tokens of a prompt of the LLM.
    """

    def __init__(
        self,
        chunks: Sequence[Chunk],
        captions: Sequence[str],
        lines: Sequence[str],
        *,
        write: Says,
        ask: Callable[[int, str], str],
        count: Callable[[str], int],
        limits: Limits,
        capabilities: frozenset[Capability],
    ) -> None:
        self.chunks, self.limits, self.capabilities = tuple(chunks), limits, capabilities
        self.count = count
        self.asked: list[tuple[str, str]] = []
        """(prompt, answer) of every write."""
        self._captions, self._lines, self._write, self._ask = captions, lines, write, ask
        self._answers: dict[str, Answer] = {}
        self._texts: dict[str, str] = {}

    def rng(self, label: str) -> random.Random:
        return random.Random(label)

    async def caption(self, chunk: Chunk) -> Answer:
        return self._kept(f"c{chunk.index}", self._captions[chunk.index])

    async def events(self, chunk: Chunk) -> Answer:
        return self._kept(f"e{chunk.index}", self._lines[chunk.index])

    async def ask(self, chunk: Chunk, question: str, *, max_tokens: int) -> Answer:
        return self._kept(f"a{chunk.index} {question}", self._ask(chunk.index, question))

    def ask_room(self, chunk: Chunk, question: str) -> int:
        return self.limits.caption

    async def write(self, prompt: str, *, max_tokens: int, line: str | None = None) -> Answer:
        if max_tokens < 1 or self.count(prompt) + max_tokens > self.limits.context:
            raise PromptTooLong(f"{self.count(prompt)} and {max_tokens} tokens exceed {self.limits.context}")
        key = f"w{max_tokens} {prompt}"
        if key not in self._answers:
            text = self._write(prompt, max_tokens)
            self.asked.append((prompt, text))
            self._kept(key, text)
        return self._answers[key]

    def _kept(self, key: str, text: str) -> Answer:
        if key not in self._answers:
            verdict = judge(Raw(text, "stop", 1, 1))
            self._answers[key] = Answer(verdict.text, verdict.status, verdict.reason, 1, 1, False, key)
        return self._answers[key]

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        raise RuntimeError("nothing here compares texts by meaning: `capabilities` has no embed")

    def keep(self, text: str) -> str:
        key = hashlib.sha256(text.encode()).hexdigest()
        self._texts[key] = text
        return key

    def text(self, key: str) -> str:
        return self._texts[key] if key in self._texts else self._answers[key].text

    def answer(self, key: str) -> Answer:
        return self._answers[key]

    def note(self, message: str, *, degraded: bool = False) -> None:
        """What a run would note is nothing to learn."""

    def run(self, strategy: Strategy[Any]) -> str:
        """The text that `strategy` makes of the film."""
        graph = strategy.build(self)
        state = asyncio.run(graph.ainvoke({}, {"recursion_limit": 10_000}))
        return self.text(state["result"])
