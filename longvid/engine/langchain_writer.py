"""A LangChain chat model as the writer, named `provider:model`. Only where LangChain is installed; never by default.

Its tokens cannot be counted here, so a prompt counts as one token for every two bytes: too many for any English text,
never too few. A call that fails stops the run with an error; what is finished stays, and the same command goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from longvid.engine.request import Finish, Raw, Request, Stopped
from longvid.engine.tracing import traced
from longvid.errors import WriterError

CONTEXT = 16_384
"""Tokens of prompt and answer; every chat model on offer takes at least this."""
BYTES_PER_TOKEN = 2
WHOLE = frozenset({"stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete", "completed"})
"""What providers call, in small letters, an answer that the model ended."""
CUT_OFF = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
"""The same of an answer that hit its limit. Whatever else is said, as "content_filter": it is not to be used."""


class LangChainWriter:
    """Implements `Backend` for requests without a clip."""

    def __init__(self, name: str) -> None:
        """`name` is `provider:model`. Raises WriterError where LangChain or the provider's package is missing."""
        try:
            from langchain.chat_models import init_chat_model
        except ImportError as error:
            raise WriterError(
                f"--writer {name} needs LangChain: pip install 'longvid[langchain]' and the provider's package"
            ) from error
        try:
            self._model: Any = init_chat_model(name, temperature=0)
        except Exception as error:
            raise WriterError(f"--writer {name} cannot be used: {_first_line(error)}") from error
        # One at a time: an answer that was paid for is stored before the next is asked for.
        self.name, self.batch, self.context = name, 1, CONTEXT

    @property
    def identity(self) -> Mapping[str, object]:
        return {"class": "langchain", "name": self.name}

    def count(self, request: Request) -> int:
        return -(-len(request.prompt.encode()) // BYTES_PER_TOKEN)

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        del seed  # a hosted model promises no reproducible sampling; the retry is simply another call
        results = []
        for request in requests:
            if stopped():
                raise Stopped
            try:
                # This thread is the engine's, to which the pipeline's own word on it does not come.
                with traced():
                    message = self._model.invoke(request.prompt, max_tokens=request.max_tokens)
            except Exception as error:
                raise WriterError(f"{self.name} did not answer: {_first_line(error)}; run again to go on") from error
            text = message.content if isinstance(message.content, str) else str(message.text)
            usage = getattr(message, "usage_metadata", None) or {}
            details = getattr(message, "response_metadata", None) or {}
            ended = (details.get(name) for name in ("finish_reason", "stop_reason", "done_reason"))
            finish = _finish(next((str(reason).lower() for reason in ended if reason), None))
            asked = int(usage.get("input_tokens") or self.count(request))
            said = int(usage.get("output_tokens") or -(-len(text.encode()) // BYTES_PER_TOKEN))
            results.append(Raw(text, finish, asked, said))
        return results


def _finish(reason: str | None) -> Finish:
    """Why an answer ended, by what the provider says; nothing said is nothing wrong."""
    if reason is None or reason in WHOLE:
        return "stop"
    return "length" if reason in CUT_OFF else "refused"


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n") or [""])[0] or type(error).__name__
