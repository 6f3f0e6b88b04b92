"""What a strategy is given for one film: the `Context` of `longvid.strategy`, over an engine and a store."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from longvid.captions.imported import as_prose
from longvid.carry import Carrier
from longvid.engine.request import ClipRef, Request
from longvid.engine.scheduler import Engine
from longvid.film import Chunk
from longvid.run import Store
from longvid.strategy.contract import Answer, Capability, Limits

RETOLD = ".retold"
"""Ends the key of a caption that is made of event lines."""


class FilmContext:
    """One film's chunks and the calls that may be made about them. Implements `longvid.strategy.Context`.

    `retold`: nobody watches, and of captions and event lines only these are stored, so captions are made of them.
    """

    def __init__(
        self,
        chunks: Sequence[Chunk],
        clips: Mapping[int, ClipRef],
        engine: Engine,
        carrier: Carrier,
        store: Store,
        limits: Limits,
        seed: int,
        capabilities: frozenset[Capability],
        on_note: Callable[[str, bool], None],
        *,
        retold: bool = False,
        embedder: Callable[[Sequence[str]], Sequence[Sequence[float]]] | None = None,
    ) -> None:
        self.chunks = tuple(chunks)
        self.capabilities = capabilities
        self.limits = limits
        self._seed = seed
        self._clips = dict(clips)
        self._engine = engine
        self._carrier = carrier
        self._store = store
        self._on_note = on_note
        self._retold = retold
        self._embedder = embedder

    def rng(self, label: str) -> random.Random:
        return random.Random(f"{self._seed} {label}")

    @property
    def can(self) -> frozenset[Capability]:
        """The earlier name of `capabilities`."""
        return self.capabilities

    async def caption(self, chunk: Chunk) -> Answer:
        if not self._retold:
            return await self._carrier.answer("caption", chunk)
        self.note(
            "the run has no captions: its event lines stand for them; `longvid caption` on the film adds captions"
        )
        return _retell(await self._carrier.answer("events", chunk))

    async def events(self, chunk: Chunk) -> Answer:
        return await self._carrier.answer("events", chunk)

    async def ask(self, chunk: Chunk, question: str, *, max_tokens: int) -> Answer:
        return await self._engine.submit(Request("ask", question, max_tokens, self._clips[chunk.index]))

    def ask_room(self, chunk: Chunk, question: str) -> int:
        return self._engine.room(Request("ask", question, 1, self._clips[chunk.index]))

    async def write(self, prompt: str, *, max_tokens: int, line: str | None = None) -> Answer:
        return await self._engine.submit(Request("write", prompt, max_tokens, line=line))

    def count(self, text: str) -> int:
        return self._engine.llm.count(Request("write", text, 1))

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        if self._embedder is None:
            raise RuntimeError("nothing here compares texts by meaning: `capabilities` has no embed")
        return self._embedder(texts)

    def keep(self, text: str) -> str:
        return self._store.keep(text)

    def text(self, key: str) -> str:
        return text_of(self._store, key)

    def note(self, message: str, *, degraded: bool = False) -> None:
        self._on_note(message, degraded)

    def answer(self, key: str) -> Answer:
        known = self._engine.stored(key.removesuffix(RETOLD))
        if known is None:
            raise KeyError(key)
        return _retell(known) if key.endswith(RETOLD) else known


def text_of(store: Store, key: str) -> str:
    """The text behind a key that a context gave. Raises KeyError if there is none."""
    text = store.text(key.removesuffix(RETOLD))
    return as_prose(text) if key.endswith(RETOLD) else text


def _retell(lines: Answer) -> Answer:
    """A caption out of the event lines of a chunk."""
    return replace(lines, key=f"{lines.key}{RETOLD}", text=as_prose(lines.text))
