"""`longvid model check`: what is not whole is told in one line, whatever is wrong with it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.cli.program import longvid


@pytest.fixture
def model(random_model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(random_model, tmp_path / "model")


def refused(model: Path) -> str:
    """The one line about `model`, which is not whole; never a fault of ours."""
    ended = longvid("model", "check", model)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "fault of longvid" not in ended.stderr
    return ended.stderr


def test_a_whole_checkpoint_passes(model: Path) -> None:
    ended = longvid("model", "check", model, "--json")
    assert (ended.returncode, json.loads(ended.stdout)["complete"]) == (0, True)


@pytest.mark.parametrize("text", [None, "", "{}", '{"model": {"type": "BPE", "vocab": {}, "merges": []}}'])
def test_a_folder_without_a_usable_tokenizer_is_not_whole(model: Path, text: str | None) -> None:
    (model / "tokenizer.json").unlink()
    if text is not None:
        (model / "tokenizer.json").write_text(text)
    assert "tokenizer" in refused(model)
    ended = longvid("model", "check", model, "--json")
    assert (ended.returncode, json.loads(ended.stdout)["complete"]) == (1, False)
    assert "layout: broken" in longvid("model", "check", model).stdout


def test_the_tokenizer_of_a_larger_model_is_not_usable(model: Path) -> None:
    tokenizer = json.loads((model / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    vocabulary |= {f"word{n}": 370 + n for n in range(100)}
    (model / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert "has 470 tokens and the model knows 384" in refused(model)


@pytest.mark.parametrize("config", [None, "{", '{"architectures": ["LlamaForCausalLM"]}'])
def test_an_llm_of_another_kind_is_one_clear_line(model: Path, config: str | None) -> None:
    (model / "writer").mkdir()
    if config is not None:
        (model / "writer" / "config.json").write_text(config)
    assert "writer: no CogVLM2-Video, by its config.json" in refused(model)


def test_an_llm_without_its_tokenizer_is_one_clear_line(model: Path, random_model: Path) -> None:
    shutil.copytree(random_model, model / "writer")
    (model / "writer" / "tokenizer.json").unlink()
    assert "writer: no tokenizer.json" in refused(model)


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "tokenizer_config.json", "card.json"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(model: Path, file: str) -> None:
    (model / file).unlink(missing_ok=True)
    os.mkfifo(model / file)
    if file.endswith(("_config.json", "card.json")):
        assert longvid("model", "check", model).returncode == 0, "as if it were not there"
    else:
        assert file in refused(model)


def test_a_pipe_in_place_of_a_shard_is_not_waited_for(model: Path) -> None:
    shard = sorted(model.glob("*.safetensors"))[0]
    shard.unlink()
    os.mkfifo(shard)
    assert f"broken shard: {shard.name}: is no regular file" in refused(model)


def test_a_shard_that_is_missing_is_named(model: Path) -> None:
    shard = sorted(model.glob("*.safetensors"))[-1]
    shard.unlink()
    assert f"broken shard: {shard.name}: the file is missing" in refused(model)


def test_a_model_that_is_no_hub_id_is_not_offered_to_be_fetched(tmp_path: Path) -> None:
    for name, status in ((str(tmp_path / "none"), 1), ("https://hub.example/owner/name", 2)):
        for more in ((), ("--download",)):
            ended = longvid("model", "check", name, *more)
            assert ended.returncode == status
            assert name in ended.stderr, "an address as it was written"
            assert "--download" not in ended.stderr
    assert "--download" in longvid("model", "check", "owner/name").stderr
