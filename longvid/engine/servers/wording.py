"""How a question to a server is written: what the protocol leaves open is tried, and what a server refuses is learnt.

Knows no address; several threads may share one.
"""

from __future__ import annotations

import threading
from typing import Any

from longvid.engine.servers import held
from longvid.engine.servers.complaints import Complaint

TEMPERATURE, TOP_P = 0.7, 0.9
"""Of the one retry after a looping or empty answer."""
UNTHINKING = {"chat_template_kwargs": {"enable_thinking": False}}
"""How servers with the model's own template are asked for no thinking aloud."""
LIMITS = ("max_tokens", "max_completion_tokens")
"""How the limit of an answer is written: as all servers knew it, and as OpenAI wants it now."""
LEFT_OUT = ("temperature", "top_p", "seed", "chat_template_kwargs", held.FIELD)
"""What can be left out of a request that a server does not take."""
MOST_WAYS = len(LIMITS) + len(LEFT_OUT)
"""In which one question may be written before one is taken."""


class Wording:
    """The way in which one model on one server is asked."""

    def __init__(self, kind: str) -> None:
        """`kind` of the server, "" where it is not known."""
        self._kind = kind
        self._limit = LIMITS[1 if kind == "openai" else 0]
        self._without: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def body(
        self, model: str, messages: list[Any], limit: int, seed: int | None, line: str | None = None
    ) -> dict[str, object]:
        """A request, as it is written by now. A `seed` asks for another answer than the likeliest; `line` is a pattern
        to which each line of the answer is held, where the server can be."""
        with self._lock:
            called, without = self._limit, self._without
        body: dict[str, object] = {"model": model, "messages": messages, called: limit, "temperature": 0.0}
        body |= held.held_to(self._kind, line)
        if seed is not None:
            body |= {"temperature": TEMPERATURE, "top_p": TOP_P, "seed": seed}
        if self._kind in ("vllm", "sglang", "llamacpp"):
            body |= UNTHINKING
        return {name: value for name, value in body.items() if name not in without}

    def learn(self, complaint: Complaint, body: dict[str, object]) -> bool:
        """Write requests in another way than `body`, by what is said of it. Whether there is another way."""
        limit = next(name for name in LIMITS if name in body)
        refused = next((name for name in LEFT_OUT if name in body and complaint.refuses(name)), None)
        if refused is None and held.FIELD in body and not complaint.too_long and not complaint.about:
            # Not every model of a server that decodes within a schema does, and few say that it is this.
            refused = held.FIELD
        with self._lock:
            if limit != LIMITS[1] and complaint.prefers(limit, LIMITS[1]):
                self._limit = LIMITS[1]
            elif refused is not None:
                self._without = self._without | {refused}
            else:
                # Another call may have learnt it in the meantime.
                return self._limit not in body or bool(self._without & body.keys())
        return True
