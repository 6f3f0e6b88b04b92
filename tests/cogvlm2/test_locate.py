"""Where the weights are: a folder, the cache of downloads, or nowhere, each with what to do about it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.hub import locate
from tests.checkpoints import make_checkpoint


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("made"), seed=5, shards=3)


def test_a_folder_is_found_and_a_wrong_name_is_one_clear_line(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate(str(made)) == made
    for name in ("no-such-folder", str(tmp_path / "none"), "a/b/c", "../x", "owner/na me"):
        with pytest.raises(CheckpointError, match="no such folder, and not a hub id"):
            locate(name, download=True)


def cache(home: Path, made: Path, commit: str = "a" * 40) -> Path:
    repository = home / "hub" / "models--zai-org--small"
    shutil.copytree(made, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    return repository / "snapshots" / commit


def test_a_cached_model_is_found_without_a_request(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a request was made")

    monkeypatch.setattr(huggingface_hub.HfApi, "repo_info", refuse)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    snapshot = cache(tmp_path, made)
    assert locate("zai-org/small", download=True) == snapshot
    assert locate("zai-org/small", revision="a" * 40) == snapshot
    model = CogVLM2VideoForConditionalGeneration.from_pretrained("zai-org/small")
    assert model.config.hidden_size == 64
    assert CogVLM2VideoProcessor.from_pretrained("zai-org/small").image_size == 56


def test_a_model_that_is_not_cached_says_what_to_do(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    with pytest.raises(CheckpointError, match=r"zai-org/small is not in the local cache.*`hf download zai-org/small`"):
        locate("zai-org/small")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE is set"):
        locate("zai-org/small", download=True)
    (cache(tmp_path, made) / "model-00001-of-00003.safetensors").unlink()
    with pytest.raises(CheckpointError, match="only partly in the local cache"):
        locate("zai-org/small", download=True)
