"""A download that goes on where it stopped, in another process too, and tells how it goes on a terminal."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import struct
import sys
import termios
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import constants

from longvid.cogvlm2 import resuming
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.hub import hub_cache, locate
from tests.fakehub import go_online, hub

WEIGHTS = bytes(range(256)) * 40_000
NAME = "model.safetensors"
FILES = {
    "config.json": b'{"architectures": ["LlamaForCausalLM"]}',
    "tokenizer.json": b"{}",
    NAME: WEIGHTS,
    "more.safetensors": b"other weights",
}
INDEX = b'{"weight_map": {"a": "model.safetensors", "b": "more.safetensors"}}'
FILES["model.safetensors.index.json"] = INDEX
HALF = len(WEIGHTS) // 2


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    go_online(monkeypatch)
    # What its client writes at once; otherwise so much that a test would have to send tens of megabytes.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", HALF // 100)


def fetch(monkeypatch: pytest.MonkeyPatch, address: str) -> Path:
    monkeypatch.setenv("HF_ENDPOINT", address)
    return locate("some/model", download=True)


def blob(body: bytes) -> Path:
    return hub_cache() / "models--some--model" / "blobs" / hashlib.sha256(body).hexdigest()


def broken_off(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The part of the weights that a download left which broke off in their middle."""
    with hub(FILES, "half") as address, pytest.raises(CheckpointError) as caught:
        fetch(monkeypatch, address)
    assert str(caught.value) == (
        "some/model was not fetched: the download broke off: run again to go on, what was fetched is kept"
    )
    part = blob(WEIGHTS).with_name(blob(WEIGHTS).name + resuming.PART)
    assert part.read_bytes() == WEIGHTS[:HALF]
    return part


def test_a_download_goes_on_at_the_byte_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    part = broken_off(monkeypatch)
    with pytest.raises(CheckpointError, match=rf"only partly in the local cache \({NAME} is missing\)"):
        locate("some/model")
    asked: list[tuple[str, int]] = []
    with hub(FILES, asked=asked) as address:
        folder = fetch(monkeypatch, address)
    assert sorted(asked) == [(NAME, HALF), ("more.safetensors", 0)], "and nothing that was there comes again"
    assert (folder / NAME).read_bytes() == WEIGHTS
    assert not part.exists()
    assert locate("some/model") == folder


def test_a_hub_that_knows_no_parts_gives_the_whole_file_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    broken_off(monkeypatch)
    with hub(FILES, "deaf") as address:
        assert (fetch(monkeypatch, address) / NAME).read_bytes() == WEIGHTS


def test_parts_that_do_not_fit_together_are_removed_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    part = broken_off(monkeypatch)
    part.write_bytes(b"x" * HALF)
    with hub(FILES) as address:
        with pytest.raises(CheckpointError, match="parts do not fit together, and were removed: run again"):
            fetch(monkeypatch, address)
        assert not part.exists()
        assert (fetch(monkeypatch, address) / NAME).read_bytes() == WEIGHTS


@pytest.mark.parametrize("extra", [0, 10])
def test_a_part_that_is_whole_or_too_long_is_no_trap(monkeypatch: pytest.MonkeyPatch, extra: int) -> None:
    broken_off(monkeypatch).write_bytes(WEIGHTS + b"x" * extra)
    asked: list[tuple[str, int]] = []
    with hub(FILES, asked=asked) as address:
        assert (fetch(monkeypatch, address) / NAME).read_bytes() == WEIGHTS
    assert ((NAME, 0) in asked) == bool(extra)


def test_a_disk_that_is_too_small_is_told_before_weights_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    asked: list[tuple[str, int]] = []
    with hub(FILES | {NAME: WEIGHTS * 10}, asked=asked) as address, pytest.raises(CheckpointError) as caught:
        fetch(monkeypatch, address)
    assert "0.1 GB are still to be fetched and 0.0 GB are free on the disk: make room, or set HF_HOME" in str(
        caught.value
    )
    assert NAME not in dict(asked)


def test_a_name_of_content_that_leads_elsewhere_is_never_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "huggingface_hub.get_hf_file_metadata", lambda *of, **options: SimpleNamespace(etag="../../out", size=3)
    )
    monkeypatch.setattr("huggingface_hub.file_download.http_get", lambda *of, **options: pytest.fail("asked"))
    resuming.fetch_large("some/model", [NAME], "a" * 40, tmp_path, None)
    assert not list(tmp_path.iterdir())


def read_all(terminal: int, said: list[bytes]) -> None:
    """Read what is written to `terminal` until nobody can write there any more."""
    with open(terminal, "rb", buffering=0) as file, suppress(OSError):
        while block := file.read(1 << 12):
            said.append(block)


def test_a_terminal_is_told_how_much_how_fast_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    broken_off(monkeypatch)
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    said: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(ours, said))
    reader.start()
    with os.fdopen(theirs, "w") as terminal, hub(FILES) as address:
        monkeypatch.setattr(sys, "stderr", terminal)
        fetch(monkeypatch, address)
    reader.join()
    shown = b"".join(said).decode()
    lines = [line for line in re.split(r"[\r\n]+|\x1b\[A", shown) if line.strip()]
    assert all(line.startswith("some/model: ") for line in lines), "and nothing else"
    assert re.search(r"50%\|.*5\.12MB?/10\.2M", lines[0]), "what was there counts as done"
    assert re.search(r"100%\|.*10\.2M.*\[\d\d:\d\d<\d\d:\d\d, .*B/s\]", lines[-1])
