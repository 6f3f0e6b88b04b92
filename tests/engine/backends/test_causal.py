"""What an LLM's folder must be, judged before anything is watched: another kind, or what it lacks, is one line."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from longvid.engine.backends.causal import read_causal
from longvid.engine.backends.folders import quiet_transformers
from longvid.errors import LLMError
from tests.checkpoints import make_checkpoint
from tests.cli.program import longvid
from tests.engine.llms import make_llm, make_other

MISSING = "model.layers.1.mlp.up_proj.weight"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An LLM's folder. Read-only."""
    return make_llm(tmp_path_factory.mktemp("LLMs") / "good")


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good, tmp_path / "w")


def edit(folder: Path, file: str = "config.json", **fields: Any) -> None:
    said = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(said | fields))


def rewrite(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def drop(weights: dict[str, torch.Tensor], part: str) -> None:
    del weights[next(name for name in weights if part in name)]


def refused(folder: Path) -> str:
    with pytest.raises(LLMError) as caught:
        read_causal(folder)
    said = str(caught.value)
    assert "\n" not in said
    assert str(folder) in said
    return said


@pytest.mark.parametrize("kind", ["gpt2", "mixtral", "rwkv"])
def test_causal_models_of_other_names_and_fused_weights_are_whole(tmp_path: Path, kind: str) -> None:
    assert read_causal(make_other(tmp_path / kind, kind)).ends == (361,)


def test_names_without_the_prefix_of_the_model_are_known(tmp_path: Path) -> None:
    """As in the first GPT-2, whose head is that of its embeddings and not stored."""
    folder = make_other(tmp_path / "w", "gpt2")
    weights = load_file(folder / "model.safetensors")
    assert "lm_head.weight" not in weights
    bare = {name.removeprefix("transformer."): tensor for name, tensor in weights.items()}
    save_file(bare, folder / "model.safetensors", metadata={"format": "pt"})
    assert read_causal(folder).ends == (361,)


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("t5", "T5ForConditionalGeneration"), ("bert", "BertForMaskedLM"), ("llava", "LlavaForConditionalGeneration"),
    ],
)  # fmt: skip
def test_another_kind_is_refused_by_its_name(tmp_path: Path, kind: str, named: str) -> None:
    assert f"{named} ({kind}) is no causal language model" in refused(make_other(tmp_path / "w", kind))


@pytest.mark.parametrize("named", ["LlamaModel", "LlamaForSequenceClassification"])
def test_a_model_without_the_head_that_writes_is_refused(folder: Path, named: str) -> None:
    edit(folder, architectures=[named])
    assert f"{named} (llama) is no causal language model" in refused(folder)


@pytest.mark.parametrize(
    ("described", "named"),
    [
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, "gptq"),
        ({"quant_method": "awq", "bits": 4}, "awq"),
        ({"quant_method": "fp8"}, "fp8"),
        ({"load_in_4bit": True}, "4bit"),
        ({"bits": 3}, "in a way that it does not name"),
    ],
)
def test_quantised_weights_are_refused_by_their_method(folder: Path, described: Any, named: str) -> None:
    edit(folder, quantization_config=described)
    assert f"its weights are quantised ({named})" in refused(folder)


def test_quantised_weights_are_known_by_their_tensors_too(folder: Path) -> None:
    rewrite(folder, lambda weights: weights.update({"model.layers.0.mlp.up_proj.qweight": torch.ones(3)}))
    assert "its weights are quantised (it has tensors called *.qweight)" in refused(folder)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.float8_e4m3fn])
def test_weights_that_are_no_floats_are_quantised_whatever_the_config_says(folder: Path, dtype: torch.dtype) -> None:
    rewrite(folder, lambda weights: weights.update({MISSING: weights[MISSING].to(dtype)}))
    assert f"its weights are quantised ({MISSING} is " in refused(folder)


def test_an_adapter_is_no_whole_model(folder: Path, good: Path) -> None:
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(good)}))
    assert "its weights lie elsewhere" in refused(folder)


@pytest.mark.parametrize(("told", "context"), [(100, 100), (1e30, 512), (-5, 512), (None, 512)])
def test_the_context_is_the_least_that_its_files_name(folder: Path, told: Any, context: int) -> None:
    edit(folder, "tokenizer_config.json", model_max_length=told)
    assert read_causal(folder).context == context


def test_a_tensor_that_is_not_there_is_named(folder: Path) -> None:
    rewrite(folder, lambda weights: drop(weights, MISSING))
    assert f"lacks tensors: {MISSING};" in refused(folder)


def test_an_expert_that_is_not_there_is_missed(tmp_path: Path) -> None:
    folder = make_other(tmp_path / "w", "mixtral")
    rewrite(folder, lambda weights: drop(weights, "experts.1.w1"))
    assert "weights do not fit its config.json" in refused(folder)


def test_a_tensor_of_another_shape_is_named(folder: Path) -> None:
    rewrite(folder, lambda weights: weights.update({MISSING: weights[MISSING][:40].clone()}))
    assert f"has misshapen tensors: {MISSING} is [40, 32], not [48, 32];" in refused(folder)


@pytest.mark.parametrize(
    "fields",
    [
        {"max_position_embeddings": "2048"},
        {"hidden_size": "32"},
        {"num_hidden_layers": 10**9},
        {"model_type": "no such"},
        {"model_type": ["llama"]},
        {"vocab_size": -1},
        {"rope_scaling": 3},
    ],
    ids=str,
)
def test_a_config_that_makes_no_model_is_one_line(folder: Path, fields: dict[str, Any]) -> None:
    edit(folder, **fields)
    refused(folder)


def test_code_of_its_own_is_never_run_and_said_so(folder: Path) -> None:
    edit(folder, model_type="own", auto_map={"AutoConfig": "configuration_own.OwnConfig"})
    (folder / "configuration_own.py").write_text("raise SystemExit('run')")
    assert "it needs code of its own, which is never run" in refused(folder)


@pytest.mark.parametrize("file", ["tokenizer.json", "tokenizer_config.json", "config.json", "model.safetensors"])
def test_a_file_that_is_missing_or_no_file_is_told(folder: Path, file: str) -> None:
    (folder / file).unlink()
    os.mkfifo(folder / file)
    refused(folder)
    (folder / file).unlink()
    if file != "tokenizer_config.json":
        refused(folder)


def test_a_shard_that_is_missing_is_named(folder: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "other.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "other.safetensors: the file is missing" in refused(folder)


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("{{ raise_exception('no') }}", "its chat template cannot be used: no"),
        ("{% for", "its chat template cannot be used: "),
        ("Tell me.", "its chat template leaves out what it is given"),
    ],
)
def test_a_chat_template_that_cannot_be_used_is_told(folder: Path, template: str, fault: str) -> None:
    (folder / "chat_template.jinja").write_text(template)
    assert fault in refused(folder)


def test_end_tokens_are_those_of_all_files(folder: Path) -> None:
    (folder / "generation_config.json").write_text('{"eos_token_id": [361, 363, 999, "x"]}')
    edit(folder, eos_token_id=[364])
    assert read_causal(folder).ends == (361, 363, 364)


def test_no_film_is_touched_for_an_llm_that_cannot_write(tmp_path: Path) -> None:
    random_model = make_checkpoint(tmp_path / "model")
    folder = make_other(tmp_path / "w", "t5")
    film = tmp_path / "film.mp4"
    film.write_bytes(b"no film")
    ended = longvid("summarize", film, "--model", random_model, "--llm", folder, "--strategy", "refine")
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "is no causal language model" in ended.stderr
    assert not list(tmp_path.rglob("*.longvid"))


def test_a_model_that_is_loaded_takes_no_progress_from_later_downloads() -> None:
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    enable_progress_bars()
    quiet_transformers()
    assert not are_progress_bars_disabled()
    disable_progress_bars()
    quiet_transformers()
    assert are_progress_bars_disabled(), "who wants none gets none"
    enable_progress_bars()
