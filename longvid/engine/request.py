"""What is asked of a model and what it said, before and after the guards; and what a backend must offer.

These are the words that the engine, its backends and the tests share. No torch here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Kind = Literal["caption", "events", "survey", "ask", "write"]
"""What a request is for. All but `write` ask about a clip and share their answers: equal questions have equal keys.
`survey` is the first look that a carry takes before the answer that counts."""
Finish = Literal["stop", "length", "loop", "refused", "given"]


@dataclass(frozen=True, slots=True)
class ClipRef:
    """A clip on disk: where its frames are, and what identifies them."""

    path: Path
    digest: str
    """SHA-256 over frames and labels, hex: equal clips give equal answers."""
    chunk: int
    times: tuple[float, ...]
    """When each frame is shown, in seconds from the start of the chunk: what `seconds` labels say."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call: a question about a clip, or a prompt for the LLM (no clip)."""

    kind: Kind
    prompt: str
    max_tokens: int
    clip: ClipRef | None = None
    line: str | None = None
    """A pattern (regular expression) that every line of the answer should have: a server that can be held to it is."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What a backend returns for one request, before the guards."""

    text: str
    finish: Finish
    """`stop`: the model ended by itself; `length`: max_tokens were used up; `loop`: stopped for repeating itself;
    `refused`: withheld or broken off by whoever runs the model; `given`: no model's, but what a file says."""
    prompt_tokens: int
    answer_tokens: int


class Backend(Protocol):
    """A model on its device. Called from one thread at a time."""

    @property
    def identity(self) -> Mapping[str, object]:
        """All of the model and its settings that decides an answer, JSON-plain: part of every key."""

    @property
    def context(self) -> int:
        """Tokens that prompt and answer share."""

    @property
    def batch(self) -> int:
        """Requests that are worth running together."""

    def count(self, request: Request) -> int:
        """Tokens of the whole prompt, frames and template included."""

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        """One result a request, in order: greedy without `seed`, sampled with it. Ends early once `stopped()`."""


class OutOfMemory(Exception):
    """The device has no memory for this batch; fewer requests at once may pass."""


class Stopped(Exception):
    """The run was told to end while a batch was under way; what it computed is thrown away."""
