"""What other programs are told to send to LangSmith stays here, unless longvid itself is asked to send it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import BoundedSemaphore, Lock

import pytest

from tests.cli.program import Ended, longvid

SWITCHES = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING")


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What a LangSmith of this machine's gets."""
    from langsmith import utils

    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            got.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_POST = do_PATCH = do_GET

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("LANGSMITH_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_x")
    utils.get_env_var.cache_clear()
    yield got
    server.shutdown()
    server.server_close()
    thread.join()
    utils.get_env_var.cache_clear()


def merge(folder: Path) -> Ended:
    from langchain_core.tracers.langchain import wait_for_all_tracers

    (folder / "said.jsonl").write_text('{"start": 0, "end": 60, "caption": "A man sits."}\n')
    done = longvid("merge", "--captions", folder / "said.jsonl", "--strategy", "concat", "-q")
    wait_for_all_tracers()
    return done


@pytest.mark.parametrize("switch", SWITCHES)
def test_what_is_for_other_programs_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, received: list[bytes], switch: str
) -> None:
    monkeypatch.setenv(switch, "true")
    done = merge(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert not received
    # Nor does a process that a strategy starts.
    assert switch not in os.environ


def test_where_longvid_is_asked_it_sends_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, received: list[bytes]
) -> None:
    monkeypatch.setenv("LONGVID_TRACING", "1")
    done = merge(tmp_path)
    assert done.returncode == 0
    assert done.stderr == "longvid: LONGVID_TRACING is set: prompts and captions are sent to LangSmith\n"
    assert received


def test_who_calls_longvid_from_a_program_that_traces_sends_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch, received: list[bytes]
) -> None:
    from langchain_core.language_models import FakeListChatModel
    from langchain_core.tracers.langchain import wait_for_all_tracers

    from longvid.engine.backends.langchain import LangChainLLM
    from longvid.engine.request import Request

    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    llm = LangChainLLM.__new__(LangChainLLM)
    llm._model, llm.name = FakeListChatModel(responses=["A man sits."]), "some:model"
    llm._lock, llm.requests, llm._slots, llm._keys = Lock(), 0, BoundedSemaphore(1), {}
    assert llm.answer([Request("write", "Tell it.", 50)])[0].text == "A man sits."
    wait_for_all_tracers()
    assert not received
