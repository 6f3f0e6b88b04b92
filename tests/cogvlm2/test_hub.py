"""Fetching from a hub that goes wrong: one line with the remedy that fits, and nothing beside it in a pipe."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import constants

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.hub import locate
from tests.cli.program import longvid
from tests.fakehub import COMMIT, go_online, hub

FILES = {
    "config.json": b'{"architectures": ["LlamaForCausalLM"]}',
    "model.safetensors": b"weights",
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{}",
    "tokenizer.model": b"pieces",
    "vocab.txt": b"words",
    "merges.txt": b"pairs",
    "chat_template.jinja": b"{{ messages }}",
    "additional_chat_templates/tool.jinja": b"{{ tools }}",
    "generation_config.json": b"{}",
    "modeling_own.py": b"print('never run')",
    "pytorch_model.bin": b"never unpickled",
    "original/consolidated.safetensors": b"twice",
    "README.md": b"words",
}


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    go_online(monkeypatch)


def fetch(monkeypatch: pytest.MonkeyPatch, address: str) -> Path:
    monkeypatch.setenv("HF_ENDPOINT", address)
    return locate("some/model", download=True)


def fails(monkeypatch: pytest.MonkeyPatch, address: str) -> str:
    with pytest.raises(CheckpointError) as caught:
        fetch(monkeypatch, address)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_weights_configuration_tokenizer_and_templates_are_fetched_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with hub(FILES) as address:
        folder = fetch(monkeypatch, address)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        name for name in FILES if name.endswith((".json", ".model", ".txt", ".jinja")) or name == "model.safetensors"
    }
    assert capfd.readouterr() == ("", ""), "no bars in a pipe"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert locate("some/model", download=True) == folder


@pytest.mark.parametrize(
    ("mode", "remedy"),
    [
        ("cut", "broke off: run again to go on"),
        ("stall", "stopped answering: run again to go on"),
        ("html", "check the network (a page to log in to it?) and HF_ENDPOINT"),
    ],
)
def test_a_download_that_ends_early_is_one_line(monkeypatch: pytest.MonkeyPatch, mode: str, remedy: str) -> None:
    if mode == "stall":
        monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.2)
    with hub(FILES, mode) as address:
        said = fails(monkeypatch, address)
    assert said.startswith("some/model was not fetched: ")
    assert remedy in said


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [
        (400, "", "check the name and HF_ENDPOINT (status 400)"),
        (401, "", "`hf auth login` (status 401)"),
        (401, "GatedRepo", "accepts its terms"),
        (403, "", "ask for access on its page"),
        (404, "RepoNotFound", "has no such model: check the name"),
        (429, "", "wait some minutes, then run again (status 429)"),
        (500, "", "has a fault of its own: run again later (status 500)"),
        (503, "", "has a fault of its own: run again later (status 503)"),
    ],
)
def test_what_the_hub_refuses_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, remedy: str
) -> None:
    with hub(FILES, "status", status, code) as address:
        said = fails(monkeypatch, address)
    assert remedy in said
    assert ("run again" in said) == (status in (429, 500, 503))


def test_an_endpoint_that_is_no_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "HF_ENDPOINT is 'hub.example': " not in fails(monkeypatch, "http://127.0.0.1:1")
    assert "HF_ENDPOINT is 'hub.example', no address: write it with https://" in fails(monkeypatch, "hub.example")


def test_a_hub_that_is_not_there_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cannot be reached: check the network and HF_ENDPOINT" in fails(monkeypatch, "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (
            PermissionError(errno.EACCES, "Permission denied", "/cache/blobs"),
            "/cache/blobs: Permission denied: make it",
        ),
        (RuntimeError("Data processing error: of a Rust library"), "no usable answer"),
    ],
)
def test_whatever_the_client_raises_is_no_fault_of_longvid(
    monkeypatch: pytest.MonkeyPatch, error: Exception, remedy: str
) -> None:
    def broken(*args: Any, **options: Any) -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", broken)
    ended = longvid("model", "check", "some/model", "--download")
    assert ended.returncode == 1
    assert remedy in ended.stderr
    assert "fault of longvid" not in ended.stderr


def test_a_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    index = b'{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}'
    files = {"config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors.index.json": index}
    with hub(files | {"one.safetensors": b"half"}) as address:
        assert "two.safetensors is missing, on the hub too" in fails(monkeypatch, address)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(CheckpointError, match=r"only partly in the local cache \(two\.safetensors is missing\)"):
        locate("some/model", download=True)


def test_an_llm_without_tokenizer_json_is_whole_with_any_other_tokenizer(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {name: body for name, body in FILES.items() if name != "tokenizer.json"}
    with hub(files) as address:
        folder = fetch(monkeypatch, address)
    assert folder.name == COMMIT
    assert locate("some/model") == folder
    for name in ("tokenizer.model", "vocab.txt"):
        (folder / name).unlink()
    with pytest.raises(CheckpointError, match="only partly"):
        locate("some/model")


def test_an_address_is_no_hub_id(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CheckpointError, match=r"https://hub\.example/some/model: an address.* write owner/name"):
        locate("https://hub.example/some/model", download=True)
