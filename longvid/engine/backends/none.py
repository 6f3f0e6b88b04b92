"""`--llm none`: no language model. Strategies that can do without `write` render their text by code; a call is a
fault of the strategy that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from longvid.engine.request import Raw, Request
from longvid.errors import ModelError

NONE, FORMERLY = "none", "plain"
"""The name of no LLM, and its earlier one."""
CONTEXT = 2048
"""What strategies plan with; there is no model behind it."""


class NoLLM:
    """Implements `Backend` without answering."""

    identity: Mapping[str, object] = {"class": "plain"}
    context = CONTEXT
    batch = 1

    def count(self, request: Request) -> int:
        """A token a word and a half, about as English in a large vocabulary."""
        return 3 * len(request.prompt.split()) // 2

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        raise ModelError("--llm none writes nothing; this strategy asked it to")
