"""Loading, saving and judging checkpoints, hostile ones included."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor
from longvid.cogvlm2.checkpoint import fingerprint, inspect, memory_needed
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.geometry import Geometry
from tests.checkpoints import make_checkpoint, small_config, write_shards

INDEX = "model.safetensors.index.json"

PUBLISHED: dict[str, Any] = {
    **small_config(),
    "bos_token_id": 128000,
    "eos_token_id": 128001,
    "pad_token_id": 128002,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_multi_query_heads": 8,
    "vocab_size": 128256,
    "vision_config": {
        "hidden_size": 1792,
        "image_size": 224,
        "in_channels": 3,
        "intermediate_size": 15360,
        "num_heads": 16,
        "num_hidden_layers": 63,
        "num_positions": 257,
        "patch_size": 14,
    },
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("made"), seed=5, shards=3)


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "copy")


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    for shard in sorted(folder.glob("*.safetensors")):
        found |= load_file(shard)
    return found


def rewrite(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    weights = weights_of(folder)
    change(weights)
    for shard in folder.glob("model*"):
        shard.unlink()
    write_shards(folder, weights, 2)


def test_the_published_sizes_give_the_published_inventory() -> None:
    geometry = Geometry.from_dict(PUBLISHED)
    tensors = geometry.tensors()
    assert len(tensors) == 1029
    assert geometry.parameters == 12_507_530_496
    assert geometry.tokens_per_frame == 66
    assert geometry.cache_values_per_token * 2 == 131_072
    assert tensors["model.layers.31.self_attn.language_expert_query_key_value.weight"] == (6144, 4096)


def test_names_and_shapes_are_those_of_the_module_tree(made: Path) -> None:
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(made)
    state = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    assert state == inspect(made).geometry.tensors()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shards", [1, 3])
def test_what_is_stored_is_what_is_loaded(tmp_path: Path, dtype: torch.dtype, shards: int) -> None:
    folder = make_checkpoint(tmp_path, seed=2, dtype=dtype, shards=shards)
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(folder)
    assert model.dtype == dtype
    stored = weights_of(folder)
    assert all(torch.equal(tensor, stored[name]) for name, tensor in model.state_dict().items())
    assert not model.training


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, "auto"])
def test_loading_straight_onto_a_device_gives_the_same_model(made: Path, dtype: Any) -> None:
    usual = CogVLM2VideoForConditionalGeneration.from_pretrained(made, dtype=dtype, attn_implementation="eager")
    direct = CogVLM2VideoForConditionalGeneration.from_pretrained(
        made, dtype=dtype, attn_implementation="eager", device="cpu"
    )
    wanted = usual.state_dict()
    assert direct.state_dict().keys() == wanted.keys()
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in direct.state_dict().items())
    assert direct.dtype == usual.dtype
    assert direct.config._attn_implementation == "eager"
    assert not direct.training
    ids = torch.arange(12)[None]
    settings = {"max_new_tokens": 4, "do_sample": False}
    assert torch.equal(direct.generate(ids, **settings), usual.generate(ids, **settings))


@pytest.mark.parametrize("size", ["5GB", "100KB"])
def test_saving_writes_the_official_layout_and_reloads(folder: Path, tmp_path: Path, size: str) -> None:
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(folder)
    model.save_pretrained(tmp_path / "saved", max_shard_size=size)
    CogVLM2VideoProcessor.from_pretrained(folder).save_pretrained(tmp_path / "saved")
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert config == json.loads((folder / "config.json").read_text())
    assert "model_type" not in config
    assert (tmp_path / "saved" / INDEX).is_file() == (size == "100KB")
    before, after = weights_of(folder), weights_of(tmp_path / "saved")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    again = CogVLM2VideoForConditionalGeneration.from_pretrained(tmp_path / "saved")
    assert again.config.official_dict() == model.config.official_dict()
    assert CogVLM2VideoProcessor.from_pretrained(tmp_path / "saved").count("Who?") > 1


def test_settings_are_written_only_where_they_were_changed(folder: Path, tmp_path: Path) -> None:
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(folder)
    model.config.rotary_table = "float32"
    model.save_pretrained(tmp_path / "saved")
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert config["rotary_table"] == "float32"
    assert "vision_batch_size" not in config
    assert CogVLM2VideoForConditionalGeneration.from_pretrained(tmp_path / "saved").config.rotary_table == "float32"


def test_a_report_is_complete_and_exact_for_a_good_checkpoint(made: Path) -> None:
    report = inspect(made)
    assert report.complete
    report.require_complete()
    weights = weights_of(made)
    assert report.tensor_bytes == sum(tensor.nbytes for tensor in weights.values())
    assert report.dtypes == (("F32", len(weights)),)
    assert len(report.shards) == 3
    assert report.parameters == sum(tensor.numel() for name, tensor in weights.items() if not name.endswith("inv_freq"))


NORM = "model.layers.1.input_layernorm.weight"
FREQUENCIES = "model.layers.0.self_attn.rotary_emb.inv_freq"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop(NORM), rf"missing tensor: {NORM}"),
        (lambda weights: weights.pop(FREQUENCIES), rf"missing tensor: {FREQUENCIES}"),
        (lambda weights: weights.update({"model.extra": torch.zeros(2)}), r"surplus tensor: model\.extra"),
        (lambda weights: weights.update({NORM: torch.zeros(63)}), rf"misshapen tensor: {NORM}: F32 \[63\].*\[64\]"),
        (lambda weights: weights.update({NORM: torch.zeros(64, dtype=torch.int32)}), rf"misshapen tensor: {NORM}: I32"),
    ],
    ids=["missing", "no frequencies", "surplus", "misshapen", "not floats"],
)
def test_a_wrong_tensor_is_an_error_that_names_it(folder: Path, change: Any, message: str) -> None:
    rewrite(folder, change)
    with pytest.raises(CheckpointError, match=message):
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder)


def test_a_tensor_that_is_there_twice_is_surplus(folder: Path) -> None:
    last = sorted(folder.glob("*.safetensors"))[-1]
    save_file({**load_file(last), NORM: torch.zeros(64)}, last)
    with pytest.raises(CheckpointError, match=rf"surplus tensor: {NORM} \(again in"):
        inspect(folder).require_complete()


def test_a_missing_shard_is_named(folder: Path) -> None:
    (folder / "model-00002-of-00003.safetensors").unlink()
    report = inspect(folder)
    assert report.broken == ("model-00002-of-00003.safetensors: the file is missing",)
    assert not report.missing
    with pytest.raises(CheckpointError, match="model-00002-of-00003"):
        report.require_complete()


@pytest.mark.parametrize("size", [0, 5, 200, -1])
def test_a_shard_that_was_cut_off_is_named(folder: Path, size: int) -> None:
    shard = folder / "model-00001-of-00003.safetensors"
    content = shard.read_bytes()
    shard.write_bytes(content[:size])
    with pytest.raises(CheckpointError, match=r"broken shard: model-00001-of-00003\.safetensors: .*cut off"):
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder)


@pytest.mark.parametrize(
    "header",
    [
        b"not json",
        b"[]",
        b'{"a": 1}',
        b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}',
        b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}',
        b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}}',
        b'{"a": {"dtype": "F32", "shape": [99999999999999999999], "data_offsets": [0, 4]}}',
        b"[" * 100_000,
    ],
)
def test_a_forged_header_is_one_clear_line(folder: Path, header: bytes) -> None:
    shard = folder / "model-00001-of-00003.safetensors"
    shard.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 64)
    with pytest.raises(CheckpointError, match=r"^[^\n]*model-00001-of-00003\.safetensors: its header[^\n]*$"):
        inspect(folder).require_complete()


@pytest.mark.parametrize(
    "shard",
    ["../outside.safetensors", "/etc/passwd", "a/b.safetensors", "model.bin", ".safetensors", 7, "a\\b.safetensors"],
)
def test_an_index_that_points_elsewhere_is_refused(folder: Path, shard: Any) -> None:
    index = json.loads((folder / INDEX).read_text())
    index["weight_map"][NORM] = shard
    (folder / INDEX).write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match="no plain safetensors file name"):
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder)


def test_pickles_are_never_loaded_and_said_so(folder: Path) -> None:
    for path in folder.glob("model*"):
        path.unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(CheckpointError, match=r"pickles only \(pytorch_model\.bin\)"):
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder)


def test_a_folder_without_weights_says_so(folder: Path) -> None:
    for path in folder.glob("model*"):
        path.unlink()
    with pytest.raises(CheckpointError, match="not a safetensors checkpoint"):
        inspect(folder)


@pytest.mark.parametrize("text", ["", "{", "[1]", '"config"', "nul", "\udcff", "[" * 100_000])
def test_a_config_that_is_no_json_object_is_one_clear_line(folder: Path, text: str) -> None:
    (folder / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CheckpointError, match=r"^[^\n]*config\.json: [^\n]*$"):
        inspect(folder)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("hidden_size", 10**12, "hidden_size is 1000000000000, not within"),
        ("hidden_size", 10**4000, r"hidden_size is 10+\.\.\., not within"),
        ("hidden_size", "64", "hidden_size is '64', not a whole number"),
        ("hidden_size", True, "hidden_size is True"),
        ("hidden_size", 66, "no multiple of num_attention_heads"),
        ("num_hidden_layers", 10**9, "num_hidden_layers"),
        ("num_hidden_layers", 0, "num_hidden_layers"),
        ("vocab_size", None, "vocab_size is None"),
        ("vocab_size", 100, "token id lies outside the vocabulary"),
        ("num_multi_query_heads", 3, "num_multi_query_heads"),
        ("template_version", "other", "template_version"),
        ("hidden_act", "relu", "this model has 'silu'"),
        ("tie_word_embeddings", True, "this model has False"),
        ("rms_norm_eps", "tiny", "rms_norm_eps is 'tiny'"),
        ("rotary_table", "other", "rotary_table 'other'"),
        ("vision_batch_size", 0, "vision_batch_size 0"),
        ("use_cache", "yes", "use_cache"),
        ("vision_config", None, "vision_config is missing"),
        ("vision_config", {}, r"vision_config\.hidden_size is None"),
    ],
)
def test_a_config_that_makes_no_model_is_one_clear_line(folder: Path, field: str, value: Any, message: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    config[field] = value
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=message):
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder)


@pytest.mark.parametrize("option", ["trust_remote_code", "ignore_mismatched_sizes", "subfolder"])
def test_options_that_would_weaken_the_checks_are_refused(folder: Path, option: str) -> None:
    with pytest.raises(ValueError, match=option):
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder, **{option: True})
    with pytest.raises(ValueError, match="pickles"):
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder, use_safetensors=False)


def test_a_config_cannot_point_at_other_files(folder: Path, tmp_path: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "transformers_weights": "../evil.safetensors",
        "configuration_files": ["../evil.json"],
        "auto_map": {"AutoModelForCausalLM": "evil.Model"},
        "quantization_config": {"quant_method": "evil"},
        "_attn_implementation": "evil/kernel",
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text("raise SystemExit")
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(folder)
    assert not hasattr(model.config, "auto_map")


def test_a_revision_names_content_not_place(made: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(made, tmp_path / "elsewhere")
    assert fingerprint(copy) == fingerprint(made)
    weights = weights_of(copy)
    for path in copy.glob("model*"):
        path.unlink()
    write_shards(copy, weights, 1)
    assert fingerprint(copy) == fingerprint(made)
    weights[NORM] = weights[NORM] + 1
    write_shards(copy, weights, 1)
    changed = fingerprint(copy)
    assert changed != fingerprint(made)
    (copy / "tokenizer.json").write_text("{}")
    assert fingerprint(copy) != changed


def test_memory_is_weights_cache_and_the_larger_of_prefill_and_vision(made: Path) -> None:
    report = inspect(made)
    one = memory_needed(report, "bfloat16", batch=1, tokens=100)
    assert memory_needed(report, "float32", batch=1, tokens=100) > 1.5 * one
    assert memory_needed(report, batch=8, tokens=100) > one > 2 * report.parameters
    assert memory_needed(report, batch=1) > one
    with pytest.raises(ValueError, match="int3"):
        memory_needed(report, "int3")


def test_stored_headers_are_those_of_safetensors(made: Path) -> None:
    shard = next(iter(inspect(made).shards))
    with safe_open(made / shard, framework="pt") as file:
        assert FREQUENCIES in file.keys()  # noqa: SIM118


def test_the_official_layout_of_quantised_weights_is_called_quantised(folder: Path) -> None:
    name = "model.layers.0.mlp.language_mlp.gate_proj.weight"

    def quantise(weights: dict[str, torch.Tensor]) -> None:
        weights[name] = torch.zeros((weights[name].numel() // 2, 1), dtype=torch.uint8)
        weights[f"{name}.absmax"] = torch.ones(8)
        weights[f"{name}.quant_map"] = torch.ones(16)
        weights[f"{name}.quant_state.bitsandbytes__nf4"] = torch.zeros(8, dtype=torch.uint8)

    rewrite(folder, quantise)
    with pytest.raises(CheckpointError, match=r"its weights are quantised \(.*float32, float16 and bfloat16 are read"):
        inspect(folder)
    config = json.loads((folder / "config.json").read_text())
    described = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": described}))
    with pytest.raises(CheckpointError, match=r"quantised \(bitsandbytes\)"):
        inspect(folder)


@pytest.mark.parametrize("file", ["config.json", "model-00001-of-00003.safetensors", "model.safetensors.index.json"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder: Path, file: str) -> None:
    (folder / file).unlink()
    os.mkfifo(folder / file)
    if file.endswith(".safetensors"):
        assert inspect(folder).broken == (f"{file}: is no regular file",)
        with pytest.raises(CheckpointError, match=rf"{file}: is no regular file"):
            fingerprint(folder)
    else:
        with pytest.raises(CheckpointError, match=r"is no regular file|no safetensors|not a safetensors"):
            inspect(folder)
