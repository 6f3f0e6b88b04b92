"""A vision tower that waits in main memory: the same numbers, and its weights come to the device to work and go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration
from tests.checkpoints import make_checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("placing") / "model", seed=3, vision_layers=3)


def load(folder: Path, **options: Any) -> CogVLM2VideoForConditionalGeneration:
    return CogVLM2VideoForConditionalGeneration.from_pretrained(folder, device="cpu", **options)


def addresses(module: nn.Module) -> list[int]:
    return [parameter.data_ptr() for parameter in module.parameters()]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_streamed_tower_computes_the_same_in_a_mode_without_gradients_too(folder: Path, dtype: torch.dtype) -> None:
    frames = torch.randn(2, 3, 56, 56, generator=torch.Generator().manual_seed(0))
    whole, streamed = load(folder, dtype=dtype), load(folder, dtype=dtype, streamed=True)
    with torch.inference_mode():
        first, second = (streamed.model.encode_frames(frames) for _ in range(2))
    assert torch.equal(first, whole.model.encode_frames(frames))
    assert torch.equal(first, second)
    assert torch.equal(first, streamed.model.encode_frames(frames)), "and outside of it afterwards"


def test_weights_come_with_their_layer_and_go_with_it_also_where_it_fails(folder: Path) -> None:
    model = load(folder, streamed=True)
    layers: Any = model.model.vision.transformer.layers
    waiting = [addresses(layer) for layer in layers]
    seen: list[list[bool]] = []

    def look(module: nn.Module, args: Any) -> None:
        there = [addresses(layer) != kept for layer, kept in zip(layers, waiting, strict=True)]
        seen.append(there)
        if len(seen) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 bytes.")

    for layer in layers:
        layer.mlp.fc1.register_forward_pre_hook(look)
    with pytest.raises(torch.OutOfMemoryError):
        model.model.encode_frames(torch.zeros(1, 3, 56, 56))
    assert seen == [[True, False, False], [False, True, False]]
    assert [addresses(layer) for layer in layers] == waiting


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"streamed": True, "device": None}, "need a device"),
        ({"quantised": "int4", "device": None}, "need a device"),
        ({"quantised": "int4-all", "streamed": True, "device": "cpu"}, "is not streamed"),
    ],
)
def test_what_does_not_go_together_is_refused(folder: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder, **options)
