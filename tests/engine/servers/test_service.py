"""A server that watches and writes is one server: calls at once, what it says of itself, and what it counted."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from longvid.engine.backends.endpoint import EndpointBackend
from longvid.engine.request import Request
from longvid.engine.servers import service
from longvid.engine.servers.addresses import read_address
from longvid.engine.servers.settings import ServerSettings, open_server
from longvid.engine.servers.tokens import estimated
from longvid.engine.usage import requests_of
from longvid.errors import LLMError
from tests.servers import Answer, Asked, Server, says, serving


def holds(value: object) -> Answer:
    return Answer(json.dumps(value).encode())


def lists(server: Server, **entry: object) -> None:
    entries = [{"id": name, **entry} for name in ("m", "other")]
    server.others["/v1/models"] = lambda body: holds({"data": entries})


def pair(server: Server, other: str) -> tuple[EndpointBackend, EndpointBackend]:
    """One that watches and, as `other`, one that writes."""
    settings = ServerSettings(concurrency=2)
    eye = EndpointBackend(read_address(server.name), error=LLMError, at_once=2)
    return eye, open_server(server.name.replace("#m", f"#{other}"), LLMError, settings, None, beside=eye)


@pytest.mark.parametrize("other", ["m", "other"])
def test_calls_at_once_are_those_of_both_models_together(other: str) -> None:
    def slowly(asked: Asked) -> Answer:
        time.sleep(0.1)
        return says("A man walks.")

    with serving(Server(reply=slowly)) as server:
        lists(server)
        eye, hand = pair(server, other)
        with ThreadPoolExecutor(8) as pool:
            for n, backend in enumerate([eye, hand] * 4):
                pool.submit(backend.answer, [Request("write", f"Tell {n}.", 9)])
        assert (len(server.asked), server.most) == (8, 2)
        assert requests_of(eye, hand) == 8


def test_servers_that_are_two_keep_to_their_own_number() -> None:
    with serving() as one, serving() as two:
        eye = EndpointBackend(read_address(one.name), error=LLMError, at_once=2)
        hand = open_server(two.name, LLMError, ServerSettings(concurrency=3), None, beside=eye)
        assert hand.service is not eye.service
        for backend in (eye, hand):
            backend.answer([Request("write", "Tell.", 9)])
        assert requests_of(eye, hand) == 2


def test_a_model_is_asked_for_once_and_its_lines_are_counted_once() -> None:
    seen: Counter[str] = Counter()

    def count(body: Any) -> Answer:
        seen[body["prompt"]] += 1
        return holds({"count": len(body["prompt"].split())})

    with serving() as server:
        lists(server, owned_by="vllm")
        listed, server.others["/tokenize"] = server.others["/v1/models"], count
        server.others["/v1/models"] = lambda body: (seen.update(["list"]), listed(body))[1]
        eye, hand = pair(server, "m")
        for backend in (eye, hand):
            backend.count(Request("write", "A man walks.", 1))
        assert (seen["list"], seen["A man walks."]) == (1, 1)


@pytest.mark.parametrize("fault", ["slow", "fails"])
def test_a_tokenizer_that_is_slow_or_gone_is_given_up_and_tokens_are_estimated(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(service, "COUNTING_SECONDS", 0.3)
    asked: list[str] = []

    def count(body: Any) -> Answer:
        asked.append(body["prompt"])
        if len(asked) == 1:
            return holds({"count": 2})
        return Answer(b"{}", 200, stall=5.0) if fault == "slow" else Answer(b"gone", 503)

    with serving() as server:
        lists(server, owned_by="vllm")
        server.others["/tokenize"] = count
        backend = EndpointBackend(read_address(server.name), error=LLMError, watches=False)
        around, text = backend.count(Request("write", "", 1)), "A man walks.\nA dog runs off.\n" * 3
        begun = time.monotonic()
        for _ in range(2):
            assert backend.count(Request("write", text, 1)) == around + estimated(text)
        assert time.monotonic() - begun < 3
        assert len(asked) == 2


def test_slots_that_a_server_names_are_believed_up_to_a_bound() -> None:
    with serving() as server:
        lists(server, owned_by="llamacpp")
        props = {"default_generation_settings": {"n_ctx": 2048}, "total_slots": 1_000_000}
        server.others["/props"] = lambda body: holds(props)
        backend = EndpointBackend(read_address(server.name), error=LLMError, watches=False)
        assert (backend.batch, backend.workers) == (service.MOST_AT_ONCE, service.MOST_AT_ONCE + 4)
