"""The hosted LLM over a chat model: why an answer ended, what of it counts, who was asked, and what to do."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest

from longvid.engine.backends.langchain import LangChainLLM
from longvid.engine.guards import judge
from longvid.engine.request import Raw, Request
from longvid.engine.servers import patience
from longvid.engine.servers.settings import ServerSettings, open_hosted
from longvid.errors import LLMError
from tests.servers import QUICK

HALF = "The man takes the knife. He walks toward"


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", QUICK)


class Chat:
    """A chat model that says one thing and ends for one reason."""

    def __init__(self, details: dict[str, str], text: str = HALF, **known: Any) -> None:
        self.details, self.text = details, text
        self.__dict__.update(known)

    def invoke(self, prompt: str, max_tokens: int) -> Any:
        return SimpleNamespace(content=self.text, usage_metadata=None, response_metadata=self.details)


class Fails(Chat):
    """One whose provider answers with an error."""

    def __init__(self, message: str, **known: Any) -> None:
        super().__init__({})
        self.error = RuntimeError(message)
        self.error.__dict__.update(known)

    def invoke(self, prompt: str, max_tokens: int) -> Any:
        raise self.error


def hosted(
    monkeypatch: pytest.MonkeyPatch, chat: Chat, context: int | None = None, at_once: int | None = None
) -> LangChainLLM:
    package, models = ModuleType("langchain"), ModuleType("langchain.chat_models")
    models.init_chat_model = lambda name, temperature: chat  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "langchain", package)
    monkeypatch.setitem(sys.modules, "langchain.chat_models", models)
    return LangChainLLM("some:model", context=context, at_once=at_once)


def answer(monkeypatch: pytest.MonkeyPatch, details: dict[str, str], text: str = HALF) -> Raw:
    return hosted(monkeypatch, Chat(details, text)).answer([Request("write", "Tell it.", 50)])[0]


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


def test_what_it_thinks_aloud_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = judge(answer(monkeypatch, {}, "<think>I shall list it.</think>\n\nA man walks."))
    assert (verdict.text, verdict.status) == ("A man walks.", "ok")
    assert judge(answer(monkeypatch, {"finish_reason": "length"}, "<think>I shall list")).reason == "empty"


def test_an_answer_far_over_its_limit_is_cut_off_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    walks = " ".join(f"Then man number {n} walks past house {n + 7}." for n in range(40_000))
    verdict = judge(answer(monkeypatch, {"finish_reason": "stop"}, walks))
    assert (verdict.status, verdict.reason) == ("degraded", "cut-off")
    assert 0 < len(verdict.text) <= 400


@pytest.mark.parametrize(
    ("known", "endpoint"),
    [
        ({}, None),
        ({"base_url": "http://127.0.0.1:8000/v1/"}, "http://127.0.0.1:8000/v1"),
        ({"openai_api_base": "https://user:secret@one.example/v1?key=secret#secret"}, "https://one.example/v1"),
        (
            {"openai_api_base": None, "root_client": SimpleNamespace(base_url="https://two.example/v1/")},
            "https://two.example/v1",
        ),
        (
            {"client": SimpleNamespace(_client=SimpleNamespace(base_url="https://three.example"))},
            "https://three.example",
        ),
        ({"endpoint": "eastus"}, None),
    ],
)
def test_who_is_asked_is_part_of_its_identity_and_no_secret_is(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, Any], endpoint: str | None
) -> None:
    identity = hosted(monkeypatch, Chat({}, **known)).identity
    assert identity == {"class": "langchain", "name": "some:model", "endpoint": endpoint}


@pytest.mark.parametrize(
    ("known", "asked", "context"),
    [
        ({}, None, 16_384),
        ({}, 4096, 4096),
        ({"num_ctx": 8192}, None, 8192),
        ({"profile": {"max_input_tokens": 1_000_000}}, None, 32_768),
        ({"profile": {"max_input_tokens": 4096}}, None, 4096),
        ({"profile": {"max_input_tokens": 4096}}, 200_000, 200_000),
        ({"profile": {}, "num_ctx": None}, None, 16_384),
    ],
)
def test_its_context_is_what_the_user_says_else_what_is_known(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, Any], asked: int | None, context: int
) -> None:
    assert hosted(monkeypatch, Chat({}, **known), asked).context == context


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "--llm-context"), (401, "check its API key"), (403, "check what its API key may do"),
        (404, "check the model's name"), (418, "check the model's name"), (429, "raise the quota, then run again"),
        (500, "run again to go on"), (None, "run again to go on"),
    ],
)  # fmt: skip
def test_a_call_that_fails_is_told_with_the_remedy_that_fits(
    monkeypatch: pytest.MonkeyPatch, status: int | None, remedy: str
) -> None:
    known = ({"status_code": status}, {"response": SimpleNamespace(status_code=status)})
    for chat in (Fails("It failed.\nTwice.", **one) for one in known):
        with pytest.raises(LLMError, match=r"some:model did not answer: It failed\.; ") as caught:
            hosted(monkeypatch, chat).answer([Request("write", "Tell it.", 50)])
        assert remedy in str(caught.value)
        assert ("run again" in str(caught.value)) == (status in (429, 500, None))


def test_a_key_in_an_error_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = Fails("Incorrect API key provided: sk-secret-1234567890.", status_code=401)
    with pytest.raises(LLMError, match=r"API key provided: \(a key\)") as caught:
        hosted(monkeypatch, chat).answer([Request("write", "Tell it.", 50)])
    assert "secret" not in str(caught.value)


def test_without_langchain_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain", None)
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    with pytest.raises(LLMError, match=r"pip install 'longvid\[langchain\]'"):
        LangChainLLM("some:model")


class Timeout(Exception):
    """What a provider raises, by a name of its own."""


@pytest.mark.parametrize("known", [{"status_code": 429}, {"status_code": 503}, {}])
def test_what_may_pass_is_asked_again(monkeypatch: pytest.MonkeyPatch, known: dict[str, Any]) -> None:
    chat = Chat({}, "A man walks.")
    error: Exception = RuntimeError("slow down") if known else Timeout("late")
    error.__dict__.update(known)
    left = [error, error]
    says = chat.invoke

    def invoke(prompt: str, max_tokens: int) -> Any:
        if left:
            raise left.pop()
        return says(prompt, max_tokens)

    chat.invoke = invoke  # type: ignore[method-assign]
    asks = hosted(monkeypatch, chat)
    assert asks.answer([Request("write", "Tell it.", 50)])[0].text == "A man walks."
    assert asks.requests == 3


def test_an_exhausted_quota_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = hosted(monkeypatch, Fails("You exceeded your current quota.", status_code=429))
    with pytest.raises(LLMError, match="quota"):
        asks.answer([Request("write", "Tell it.", 50)])
    assert asks.requests == 1


@pytest.mark.parametrize(
    ("known", "elsewhere"),
    [
        ({}, "some:model"),
        ({"base_url": "https://one.example/v1"}, "one.example"),
        ({"base_url": "http://127.0.0.1:8000/v1"}, None),
        ({"base_url": "http://localhost:11434"}, None),
    ],
)
def test_nothing_goes_to_another_machine_unless_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, Any], elsewhere: str | None
) -> None:
    asks = hosted(monkeypatch, Chat({}, **known))
    assert asks.elsewhere == elsewhere
    assert open_hosted("some:model", ServerSettings(allow_remote=True, concurrency=7), None).batch == 7
    if elsewhere is not None:
        with pytest.raises(LLMError, match=f"^{elsewhere} is not this machine: .* --allow-remote$"):
            open_hosted("some:model", ServerSettings(), None)


class Secret:
    """As LangChain keeps keys."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_secret_value(self) -> str:
        return self.text


class Keyed(Fails):
    """A model with a key in a field of its class."""

    model_fields: ClassVar = {"api_key": SimpleNamespace(alias=None), "model_name": SimpleNamespace(alias="model")}

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.api_key = Secret(key)


def test_the_key_that_it_holds_is_checked_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LLMError, match="api_key holds no key") as refused:
        hosted(monkeypatch, Keyed("no", "keep-this\n"))
    assert "keep" not in str(refused.value)
    asks = hosted(monkeypatch, Keyed("bad key keep-this at http://me:w0rd@proxy", "keep-this"))
    with pytest.raises(LLMError, match=r"bad key \(a key\) at http://\*\*\*@proxy") as ended:
        asks.answer([Request("write", "Tell it.", 50)])
    assert "w0rd" not in str(ended.value)


def test_calls_in_flight_are_no_more_than_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    chat, now, most = Chat({}, "A man walks."), [0], [0]

    def invoke(prompt: str, max_tokens: int) -> Any:
        now[0] += 1
        most[0] = max(most[0], now[0])
        time.sleep(0.05)
        now[0] -= 1
        return SimpleNamespace(content="A man walks.", usage_metadata=None, response_metadata={})

    chat.invoke = invoke  # type: ignore[method-assign]
    asks = hosted(monkeypatch, chat, at_once=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: asks.answer([Request("write", f"Tell {n}.", 9)]), range(8)))
    assert most == [2]


@pytest.mark.parametrize(
    ("field", "alias", "passed"),
    [
        ("request_timeout", "timeout", {"timeout": 7.0}),
        ("default_request_timeout", None, {"default_request_timeout": 7.0}),
        ("client_kwargs", None, {"client_kwargs": {"timeout": 7.0}}),
    ],
)
def test_a_limit_of_time_reaches_the_model(
    monkeypatch: pytest.MonkeyPatch, field: str, alias: str | None, passed: dict[str, Any]
) -> None:
    kind = type("Timed", (Chat,), {"model_fields": {field: SimpleNamespace(alias=alias)}})
    hosted(monkeypatch, kind({}))
    made: list[dict[str, Any]] = []
    package = sys.modules["langchain.chat_models"]
    monkeypatch.setattr(package, "init_chat_model", lambda name, **more: made.append(more) or kind({}))
    LangChainLLM("some:model", seconds=7.0)
    assert made[-1] == {"temperature": 0, **passed}


def test_a_model_that_takes_no_limit_of_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    hosted(monkeypatch, Chat({}))
    with pytest.raises(LLMError, match="takes no limit of time through LangChain; leave out --timeout"):
        LangChainLLM("some:model", seconds=7.0)


def test_too_many_requests_are_waited_for_whatever_page_of_billing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"error": {"message": "Rate limit: see https://example.org/billing", "code": "rate_limit_exceeded"}}
    asks = hosted(monkeypatch, Fails("Error code: 429", status_code=429, body=body))
    with pytest.raises(LLMError, match="did not answer"):
        asks.answer([Request("write", "Tell it.", 50)])
    assert asks.requests == QUICK.tries
    spent = hosted(monkeypatch, Fails("429", status_code=429, body={"error": {"code": "insufficient_quota"}}))
    with pytest.raises(LLMError, match="raise the quota"):
        spent.answer([Request("write", "Tell it.", 50)])
    assert spent.requests == 1


def test_what_the_provider_withholds_is_told_as_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"message": "The response was filtered", "code": "content_filter"}
    asks = hosted(monkeypatch, Fails("Error code: 400", status_code=400, body=body))
    verdict = judge(asks.answer([Request("write", "Tell it.", 50)])[0])
    assert (verdict.text, verdict.reason, asks.requests) == ("", "refused", 1)


def test_a_prefix_says_that_langchain_is_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []
    hosted(monkeypatch, Chat({}))
    package = sys.modules["langchain.chat_models"]
    monkeypatch.setattr(package, "init_chat_model", lambda name, temperature: named.append(name) or Chat({}))
    assert LangChainLLM("langchain:openai:m").identity["name"] == "langchain:openai:m"
    assert named == ["openai:m"]
