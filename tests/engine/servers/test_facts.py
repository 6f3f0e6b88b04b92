"""What servers say of themselves: each kind in its way, and hostile ones nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from longvid.engine.backends.endpoint import EndpointBackend
from longvid.engine.request import Request
from longvid.engine.servers import patience
from longvid.engine.servers.addresses import read_address
from longvid.errors import LLMError
from tests.servers import QUICK, Answer, Server, fails, serving


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", QUICK)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as served:
        yield served


def lists(server: Server, **entry: Any) -> None:
    server.others["/v1/models"] = lambda body: says({"object": "list", "data": [{"id": "m"} | entry]})


def says(value: object) -> Answer:
    return Answer(json.dumps(value).encode())


def opened(server: Server, name: str = "", **more: Any) -> EndpointBackend:
    return EndpointBackend(read_address(name or server.name), error=LLMError, watches=False, **more)


def words(body: Any) -> Answer:
    """A tokenizer that counts words, as vLLM's and llama.cpp's answer."""
    text = body.get("prompt") or body["content"]
    return says({"count": len(text.split()), "tokens": text.split(), "max_model_len": 9})


def test_vllm_says_its_context_and_counts_each_line_once(server: Server) -> None:
    counted: list[str] = []

    def count(body: Any) -> Answer:
        counted.append(body["prompt"])
        return words(body)

    lists(server, owned_by="vllm", max_model_len=9000)
    server.others["/tokenize"] = count
    asks = opened(server)
    assert (asks.context, asks.batch) == (9000, 8)
    around = asks.count(Request("write", "", 1))
    assert asks.count(Request("write", "A man walks.\nA dog runs off.\n", 1)) == around + 7
    assert asks.count(Request("write", "A dog runs off.\nA man walks.\n", 1)) == around + 7
    assert counted[1:] == ["A man walks.\n", "A dog runs off.\n"]
    assert opened(server, context=4096, at_once=3).context == 4096
    asks.answer([Request("write", "Tell it.", 9)])
    assert server.asked[0].body["chat_template_kwargs"] == {"enable_thinking": False}


def test_a_tokenizer_that_is_not_there_or_says_nonsense_is_not_used(server: Server) -> None:
    lists(server, owned_by="vllm")
    estimate = opened(server).count(Request("write", "A man walks.", 1))
    for nonsense in ({"count": -1}, {"count": 10**9}, {"count": True}, {"count": "7"}, [], {}):
        server.others["/tokenize"] = lambda body, nonsense=nonsense: says(nonsense)  # type: ignore[misc]
        assert opened(server).count(Request("write", "A man walks.", 1)) == estimate


def test_llama_cpp_says_the_context_of_a_slot_and_its_slots(server: Server) -> None:
    lists(server, owned_by="llamacpp", meta={"n_ctx_train": 131072})
    server.others["/props"] = lambda body: says({"default_generation_settings": {"n_ctx": 2048}, "total_slots": 4})
    server.others["/tokenize"] = words
    asks = opened(server)
    assert (asks.context, asks.batch) == (2048, 4)
    assert asks.count(Request("write", "A man walks.", 1)) - asks.count(Request("write", "", 1)) == 3


@pytest.mark.parametrize(
    ("running", "shown", "context"),
    [
        ([{"model": "m", "context_length": 8192}], {}, 8192),
        ([{"model": "other", "context_length": 8192}], {"parameters": "stop x\nnum_ctx                 6000"}, 6000),
        ([], {"model_info": {"llama.context_length": 131072}, "parameters": "num_ctx many"}, 4096),
        (None, [], 4096),
    ],
)
def test_ollama_takes_what_it_runs_with_and_not_what_the_model_could(
    server: Server, running: Any, shown: Any, context: int
) -> None:
    server.others["/api/ps"] = lambda body: says({"models": running})
    server.others["/api/show"] = lambda body: says(shown)
    asks = opened(server, f"ollama://127.0.0.1:{server.port}#m")
    assert (asks.context, asks.batch) == (context, 2)


@pytest.mark.parametrize(
    ("asked", "runs"),
    [("llama3", "llama3:latest"), ("llama3:latest", "llama3"), ("hf.co/Org/Name-GGUF", "hf.co/org/name-gguf:latest")],
)
def test_ollama_runs_a_model_under_its_name_with_a_tag(server: Server, asked: str, runs: str) -> None:
    server.others["/api/ps"] = lambda body: says({"models": [{"name": "x:8b"}, {"name": runs, "context_length": 8192}]})
    assert opened(server, f"ollama://127.0.0.1:{server.port}#{asked}").context == 8192


@pytest.mark.parametrize("owner", ["somebody", "library", None])
@pytest.mark.parametrize("kind", ["http", "openai"])
def test_ollama_is_known_by_its_version_whoever_made_the_model(
    server: Server, monkeypatch: pytest.MonkeyPatch, owner: str | None, kind: str
) -> None:
    lists(server, owned_by=owner)
    server.others["/api/version"] = lambda body: says({"version": "0.12.1"})
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.port}/v1")
    asks = opened(server, "openai:m" if kind == "openai" else "")
    assert (asks.facts.kind, asks.context, asks.batch) == ("ollama", 4096, 2)


@pytest.mark.parametrize("kind", ["", "vllm", "llamacpp", "ollama", "lmstudio"])
def test_a_server_of_which_only_the_protocol_is_open_is_asked_all_the_same(server: Server, kind: str) -> None:
    lists(server)
    for path in ("/props", "/tokenize", "/api/version", "/api/ps", "/api/show", "/api/v0/models/m"):
        server.others[path] = lambda body: fails(403, "not for you")
    asks = opened(server, f"{kind or 'http'}://127.0.0.1:{server.port}/v1#m")
    assert asks.answer([Request("write", "Tell it.", 9)])[0].text


def test_lm_studio_says_the_context_that_it_loaded(server: Server) -> None:
    server.others["/api/v0/models/m"] = lambda body: says({"loaded_context_length": 5000, "max_context_length": 99999})
    assert opened(server, f"lmstudio://127.0.0.1:{server.port}#m").context == 5000


@pytest.mark.parametrize("value", ["9000", -5, True, 1 << 40, None, [9000]])
def test_a_context_that_is_none_is_not_believed(server: Server, value: object) -> None:
    lists(server, max_model_len=value)
    assert opened(server).context == 16_384


@pytest.mark.parametrize("listed", [None, [], {"data": {}}, {"data": [7, {"id": 8}, None]}, {"data": [{}]}, "x"])
def test_a_list_of_models_that_is_none_says_nothing(server: Server, listed: object) -> None:
    server.others["/v1/models"] = lambda body: says(listed)
    assert opened(server).facts.model == "m"
    with pytest.raises(LLMError, match=r"names no model; write http://127\.0\.0\.1:\d+/v1#NAME"):
        opened(server, f"http://127.0.0.1:{server.port}/v1")


@pytest.mark.parametrize("kind", ["", "vllm", "llamacpp", "ollama", "lmstudio", "sglang"])
@pytest.mark.parametrize("status", [404, 405, 501, 400])
def test_a_server_that_knows_none_of_this_is_asked_all_the_same(server: Server, kind: str, status: int) -> None:
    for path in ("/v1/models", "/props", "/tokenize", "/api/ps", "/api/show", "/api/v0/models/m"):
        server.others[path] = lambda body: fails(status)
    asks = opened(server, f"{kind or 'http'}://127.0.0.1:{server.port}/v1#m")
    assert asks.context == (4096 if kind == "ollama" else 16_384)
    assert asks.answer([Request("write", "Tell it.", 9)])[0].text


def test_the_only_model_of_a_server_needs_no_name_and_one_of_several_does(server: Server) -> None:
    lists(server)
    assert opened(server, f"http://127.0.0.1:{server.port}").facts.model == "m"
    server.others["/v1/models"] = lambda body: says({"data": [{"id": "a\x1b[2J"}, {"id": "b"}]})
    with pytest.raises(LLMError, match="names no model; it has a, b; write"):
        opened(server, f"http://127.0.0.1:{server.port}")


def test_a_context_beyond_what_answers_bear_is_used_only_where_the_user_says_so(server: Server) -> None:
    lists(server, context_length=1_000_000)
    assert opened(server).context == 32_768
    assert opened(server, context=200_000).context == 200_000
