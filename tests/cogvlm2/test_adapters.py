"""LoRA adapters: added as PEFT adds them, and refused where they are more, less or another's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration
from longvid.cogvlm2.adapters import CONFIG, WEIGHTS, hash_of, is_adapter, read_adapter
from longvid.cogvlm2.checkpoint import inspect
from longvid.cogvlm2.errors import CheckpointError
from tests.checkpoints import make_adapter, make_checkpoint

QKV = "model.layers.0.self_attn.language_expert_query_key_value"
UP = "model.layers.1.mlp.language_mlp.up_proj"
FC = "model.vision.transformer.layers.1.mlp.fc1"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("base"), seed=1)


def opened(base: Path, *adapters: Path, **options: Any) -> dict[str, torch.Tensor]:
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(base, device="cpu", adapters=adapters, **options)
    return model.state_dict()


def test_each_matrix_gets_its_product_times_alpha_over_the_rank_and_no_other_changes(
    base: Path, tmp_path: Path
) -> None:
    one = make_adapter(tmp_path / "one", base, [QKV, UP, FC], rank=4, alpha=16.0, seed=1)
    two = make_adapter(tmp_path / "two", base, [QKV], rank=2, alpha=4.0, seed=2)
    before, after = opened(base), opened(base, one, two)
    for name, weight in before.items():
        wanted = weight + sum(
            scale * product(folder, name)
            for folder, scale in ((one, 4.0), (two, 2.0))
            if product(folder, name) is not None
        )
        assert torch.allclose(after[name], wanted, atol=1e-6), name
        assert torch.equal(after[name], weight) is (name.removesuffix(".weight") not in (QKV, UP, FC))


def product(folder: Path, name: str) -> torch.Tensor:
    from safetensors.torch import load_file

    tensors = load_file(folder / WEIGHTS)
    stem = f"base_model.model.{name.removesuffix('.weight')}.lora_"
    if f"{stem}A.weight" not in tensors:
        return torch.zeros(())
    return tensors[f"{stem}B.weight"] @ tensors[f"{stem}A.weight"]


def test_the_root_of_the_rank_and_an_alpha_of_its_own_are_kept(base: Path, tmp_path: Path) -> None:
    folder = make_adapter(
        tmp_path / "a", base, [QKV, UP], rank=4, use_rslora=True, alpha_pattern={"mlp.language_mlp.up_proj": 2}
    )
    assert read_adapter(folder, inspect(base).geometry).scales == {f"{QKV}.weight": 8.0, f"{UP}.weight": 1.0}


def test_layers_that_wait_or_are_packed_get_it_too(base: Path, tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "a", base, [QKV, UP])
    usual, waiting = opened(base, folder), opened(base, folder, waiting_layers=1, streamed=True, dtype=torch.float32)
    assert all(torch.equal(waiting[name], usual[name]) for name in usual)


def test_an_adapter_is_told_from_a_model_and_its_hash_from_anothers(base: Path, tmp_path: Path) -> None:
    one, two = (make_adapter(tmp_path / name, base, [QKV], seed=seed) for seed, name in enumerate(("one", "two")))
    assert is_adapter(one)
    assert not is_adapter(base)
    assert hash_of(one) != hash_of(two)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"peft_type": "IA3"}, "only LORA is added"),
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "whole modules beside LoRA"),
        ({"bias": "all"}, "biases"),
        ({"lora_alpha": "much"}, "no number"),
    ],
)
def test_what_is_more_than_lora_is_refused(base: Path, tmp_path: Path, change: dict[str, Any], said: str) -> None:
    folder = make_adapter(tmp_path / "a", base, [QKV], **change)
    with pytest.raises(CheckpointError, match=said):
        read_adapter(folder, inspect(base).geometry)


def test_tensors_of_another_model_are_refused(base: Path, tmp_path: Path) -> None:
    geometry = inspect(base).geometry
    folder = make_adapter(tmp_path / "a", base, [QKV])
    whole = {f"base_model.model.{QKV}.lora_{side}.weight": torch.ones(4, 4) for side in "AB"}
    for tensors, said in (
        (whole, "makes no"),
        ({name: tensor for name, tensor in whole.items() if "_A" in name}, "no other half"),
        ({name.replace(QKV, "model.layers.9.mlp.x"): tensor for name, tensor in whole.items()}, "belongs to no matrix"),
        ({name: tensor.int() for name, tensor in whole.items()}, "no float32"),
        ({}, "holds no LoRA"),
    ):
        save_file(tensors, folder / WEIGHTS)
        with pytest.raises(CheckpointError, match=said):
            read_adapter(folder, geometry)


def test_a_pickle_is_never_read(base: Path, tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "a", base, [QKV])
    (folder / WEIGHTS).rename(folder / "adapter_model.bin")
    with pytest.raises(CheckpointError, match="pickles are never read"):
        opened(base, folder)
    (folder / CONFIG).write_text(json.dumps([]), encoding="utf-8")
    with pytest.raises(CheckpointError, match="not an object"):
        opened(base, folder)
