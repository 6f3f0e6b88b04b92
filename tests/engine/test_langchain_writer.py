"""The hosted writer over a chat model that says why it ended: whole, cut off, or withheld."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from longvid.engine.guards import judge
from longvid.engine.langchain_writer import LangChainWriter
from longvid.engine.request import Raw, Request
from longvid.errors import WriterError

HALF = "The man takes the knife. He walks toward"


class Chat:
    """A chat model that says one thing and ends for one reason."""

    def __init__(self, details: dict[str, str]) -> None:
        self.details = details

    def invoke(self, prompt: str, max_tokens: int) -> Any:
        return SimpleNamespace(content=HALF, usage_metadata=None, response_metadata=self.details)


def answer(monkeypatch: pytest.MonkeyPatch, details: dict[str, str]) -> Raw:
    package, models = ModuleType("langchain"), ModuleType("langchain.chat_models")
    models.init_chat_model = lambda name, temperature: Chat(details)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "langchain", package)
    monkeypatch.setitem(sys.modules, "langchain.chat_models", models)
    return LangChainWriter("some:model").answer([Request("write", "Tell it.", 50)])[0]


@pytest.mark.parametrize("reason", ["content_filter", "SAFETY", "refusal", "something new"])
def test_an_answer_that_was_withheld_never_becomes_text(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    verdict = judge(answer(monkeypatch, {"finish_reason": reason}))
    assert (verdict.text, verdict.status, verdict.reason) == ("", "degraded", "refused")


@pytest.mark.parametrize("details", [{"stop_reason": "max_tokens"}, {"finish_reason": "MAX_TOKENS"}])
def test_an_answer_that_hit_its_limit_keeps_its_whole_sentences(
    monkeypatch: pytest.MonkeyPatch, details: dict[str, str]
) -> None:
    verdict = judge(answer(monkeypatch, details))
    assert (verdict.text, verdict.reason) == ("The man takes the knife.", "cut-off")


@pytest.mark.parametrize("details", [{}, {"finish_reason": "STOP"}, {"stop_reason": "end_turn"}])
def test_an_answer_that_the_model_ended_is_whole(monkeypatch: pytest.MonkeyPatch, details: dict[str, str]) -> None:
    assert answer(monkeypatch, details).finish == "stop"


def test_without_langchain_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain", None)
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    with pytest.raises(WriterError, match=r"pip install 'longvid\[langchain\]'"):
        LangChainWriter("some:model")
