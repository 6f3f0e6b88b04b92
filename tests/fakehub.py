"""A hub of models on loopback that goes wrong in one way: nothing that a test fetches leaves this machine.

    with hub({"config.json": b"{}"}, mode="cut") as address: ...

Answers what the hub's client asks before and while it downloads `some/model`. Knows no other model.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from huggingface_hub import constants, file_download

COMMIT = "a" * 40


def go_online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub may be asked, and its client does not wait between two tries."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    # Its address was read when the client was imported, and it would be asked what programs there are.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    clock = {name: getattr(file_download.time, name) for name in ("time", "monotonic")}
    monkeypatch.setattr(file_download, "time", SimpleNamespace(sleep=lambda seconds: None, **clock))


@contextmanager
def hub(
    files: Mapping[str, bytes],
    mode: str = "ok",
    status: int = 200,
    code: str = "",
    asked: list[tuple[str, int]] | None = None,
) -> Iterator[str]:
    """The address of a hub that has `some/model` with `files`, until the end of the `with`.

    `asked` gets the file and the first byte of each download that is asked for.

    Modes: `ok`; `half`, weights break off in their middle, and then nothing more of them comes; `deaf`, downloads begin
    at the first byte whatever is asked; `cut`, every download breaks off at once; `stall`, every download stops before
    its end; `html`, every answer is a page of another site; `status`, every answer has that `status`, with the hub's
    error `code`.
    """
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

        def say(self, body: bytes, status: int = 200, **headers: str) -> None:
            self.send_response(status)
            for name, value in ({"Content_Length": str(len(body))} | headers).items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if mode == "html":
                self.say(b"<html>Please log in to the hotel's network</html>", Content_Type="text/html")
            elif mode == "status":
                self.say(b"{}", status, X_Error_Code=code)
            elif path.startswith("/api/models/some/model"):
                self.say(json.dumps(self.described(tree="/tree/" in path)).encode(), Content_Type="application/json")
            elif (body := files.get(path.partition(f"/{COMMIT}/")[2])) is not None:
                self.give(path.partition(f"/{COMMIT}/")[2], body)
            else:
                self.say(b"{}", 404, X_Error_Code="RepoNotFound")

        do_HEAD = do_GET

        def described(self, tree: bool) -> object:
            if tree:
                return [
                    {"type": "file", "path": name, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}
                    for name, body in files.items()
                ]
            return {"id": "some/model", "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}

        def give(self, name: str, body: bytes) -> None:
            digest = f'"{hashlib.sha256(body).hexdigest()}"'
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
            if self.command == "GET" and asked is not None:
                asked.append((name, start))
            told = {"X_Repo_Commit": COMMIT, "ETag": digest}
            if self.command == "HEAD" or mode == "deaf" or (mode == "ok" and not start):
                self.say(body, **told)
                return
            if mode == "ok":
                told["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                self.say(body[start:], 206, **told)
                return
            if mode == "half" and not name.endswith(".safetensors"):
                self.say(body, **told)
                return
            if mode == "half":
                self.close_connection = True
                if not start:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body[: len(body) // 2])
                return
            self.send_response(200)
            self.send_header("ETag", digest)
            self.send_header("Content-Length", str(len(body) + 1))
            self.end_headers()
            self.wfile.flush()
            if mode == "stall":
                done.wait(30)
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        done.set()
        server.shutdown()
        server.server_close()
        thread.join()
