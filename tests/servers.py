"""A server on loopback that speaks the OpenAI protocol and misbehaves on demand, and pauses that take no time.

How it answers is a function of what it is asked; whatever is asked is kept. `python -m tests.servers` runs
longvid, or asks many questions, with the short pauses, for tests that need a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.engine.servers import patience

if TYPE_CHECKING:
    from longvid.engine.scheduler import Engine

QUICK = patience.Pauses(first=0.01, longest=0.05, named=5.0)


@dataclass(frozen=True)
class Answer:
    """What goes back: bytes behind a status and headers. `cut`: bytes after which the connection breaks; `stall`,
    `drip`: seconds before the body, and between its bytes."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: float = 0.0
    drip: float = 0.0


def says(text: str | None, finish: str | None = "stop", *, usage: bool = True, **message: object) -> Answer:
    """An answer of a chat model."""
    told = {"role": "assistant", "content": text, **message}
    value: dict[str, object] = {"id": "c", "object": "chat.completion", "model": "m"}
    value["choices"] = [{"index": 0, "message": told, "finish_reason": finish}]
    if usage:
        value["usage"] = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return Answer(json.dumps(value).encode())


def fails(status: int, message: str = "no", **more: Any) -> Answer:
    """An error as the protocol has it, of this status; `after` becomes its Retry-After."""
    after = more.pop("after", None)
    headers = {} if after is None else {"Retry-After": str(after)}
    return Answer(json.dumps({"error": {"message": message, "type": "x"} | more}).encode(), status, headers)


@dataclass
class Asked:
    """A request that came."""

    path: str
    body: Any
    headers: dict[str, str]
    at: float

    @property
    def has_pictures(self) -> bool:
        return isinstance(self.body["messages"][0]["content"], list)

    @property
    def prompt(self) -> str:
        """The text of its message, without what stands beside pictures."""
        content = self.body["messages"][0]["content"]
        return content if isinstance(content, str) else str(content[-1]["text"])


@dataclass
class Server:
    """What it has been asked, and how it answers: `reply` to questions, `others` by path to all else."""

    reply: Callable[[Asked], Answer] = lambda asked: says("A man walks to the house.")
    others: dict[str, Callable[[Any], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    most: int = 0
    """The most questions that it had open at once."""
    port: int = 0
    connections: int = 0
    """Those that are accepted and not yet read to their end."""
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """Its model, as an option has it."""
        return f"http://127.0.0.1:{self.port}/v1#m"

    def take(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            self._open += 1
            self.most = max(self.most, self._open)
        try:
            return self.reply(asked)
        finally:
            with self._lock:
                self._open -= 1

    def count_connection(self, more: int) -> None:
        with self._lock:
            self.connections += more

    def settle(self, seconds: float = 30.0) -> None:
        """Wait until all that clients have sent which are gone now is read. Raises TimeoutError after so long."""
        # Connections are accepted in order: when this one is answered, those before it are counted.
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v1/models") as answer:
            answer.read()
        end = time.monotonic() + seconds
        while self.connections:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.connections} connections are open after {seconds:g} s")
            time.sleep(0.01)

    def other(self, path: str, body: Any) -> Answer:
        if path in self.others:
            return self.others[path](body)
        if path == "/v1/models":
            return Answer(json.dumps({"object": "list", "data": [{"id": "m"}]}).encode())
        return fails(404, "no such path")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Server

    def do_GET(self) -> None:
        self._send(self.served.other(self.path, None))

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(data)
        if self.path.endswith("/chat/completions"):
            asked = Asked(self.path, body, {k.lower(): v for k, v in self.headers.items()}, time.monotonic())
            self._send(self.served.take(asked))
        else:
            self._send(self.served.other(self.path, body))

    def _send(self, answer: Answer) -> None:
        with contextlib.suppress(OSError):
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.flush()
            time.sleep(answer.stall)
            if answer.drip:
                for byte in answer.body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(answer.drip)
            else:
                self.wfile.write(answer.body[: answer.cut])
            if answer.cut is not None:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        del format, args


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    served: Server

    def process_request(self, request: Any, client_address: Any) -> None:
        self.served.count_connection(1)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.served.count_connection(-1)


@contextmanager
def serving(served: Server | None = None) -> Iterator[Server]:
    """A server that runs until the block ends."""
    served = served or Server()
    http = _Threads(("127.0.0.1", 0), type("Handler", (_Handler,), {"served": served}))
    http.served, served.port = served, http.server_port
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def ask_all(store: Path, name: str, count: int, at_once: int) -> Engine:
    """Ask the server called `name` so many questions, `Tell 0.` and so on, and store the answers."""
    from longvid.engine.backends.endpoint import EndpointBackend
    from longvid.engine.request import Request
    from longvid.engine.scheduler import Engine
    from longvid.engine.servers.addresses import read_address
    from longvid.errors import LLMError
    from longvid.run import Store

    llm = EndpointBackend(read_address(name), error=LLMError, watches=False, at_once=at_once)

    async def work(kept: Store) -> Engine:
        async with Engine(kept, captioner=None, llm=llm, captioner_identity={}) as engine:
            await asyncio.gather(*(engine.submit(Request("write", f"Tell {n}.", 50)) for n in range(count)))
            return engine

    with Store(store) as kept:
        return asyncio.run(work(kept))


def ask_quickly(store: Path, name: str, count: int, at_once: int) -> None:
    """The same with short pauses, as the work of a process of its own."""
    patience.PAUSES = QUICK
    ask_all(store, name, count, at_once)


if __name__ == "__main__":
    from longvid.cli import main

    patience.PAUSES = QUICK
    sys.argv = ["longvid", *sys.argv[1:]]
    main()
