"""Layers that wait in main memory: the same numbers, and their weights come to the device to work and go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration
from longvid.cogvlm2.checkpoint import inspect
from longvid.cogvlm2.precision import weight_bytes
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


@pytest.mark.parametrize("waiting", [1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_decoder_of_which_layers_wait_says_the_same(folder: Path, dtype: torch.dtype, waiting: int) -> None:
    whole, parted = load(folder, dtype=dtype), load(folder, dtype=dtype, streamed=True, waiting_layers=waiting)
    layers = list(parted.model.layers)
    assert len(layers) == 2
    kept = [addresses(layer) for layer in layers]
    seen: list[list[bool]] = []
    for layer in layers:
        layer.mlp.register_forward_pre_hook(
            lambda module, args: seen.append([addresses(a) != b for a, b in zip(layers, kept, strict=True)])
        )
    ids = torch.tensor([[3, 5, 7, 9]])
    options: dict[str, Any] = {"max_new_tokens": 3, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    said = parted.generate(ids, attention_mask=torch.ones_like(ids), **options)
    assert torch.equal(said, whole.generate(ids, attention_mask=torch.ones_like(ids), **options))
    # Each comes for each of three tokens, alone.
    assert seen == [[True, False], [False, waiting == 2]] * 3
    assert [addresses(layer) for layer in layers] == kept


@pytest.mark.parametrize("waiting", [2, 3, 4])
def test_what_is_said_to_be_on_the_device_is_all_that_does_not_wait_and_two_layers_of_each_kind(
    tmp_path: Path, waiting: int
) -> None:
    folder = make_checkpoint(tmp_path / "model", seed=3, layers=4, vision_layers=3)
    model = load(folder, dtype=torch.float32, streamed=True, waiting_layers=waiting)
    decoder, tower = list(model.model.layers)[:waiting], list(model.model.vision.transformer.layers)  # type: ignore[arg-type]
    size = {id(layer): sum(parameter.nbytes for parameter in layer.parameters()) for layer in (*decoder, *tower)}
    there = sum(parameter.nbytes for parameter in model.parameters()) - sum(size.values())
    said = weight_bytes(inspect(folder).geometry, "float32", streamed=True, waiting_layers=waiting)
    assert said == there + 2 * size[id(decoder[0])] + 2 * size[id(tower[0])]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"streamed": True, "device": None}, "need a device"),
        ({"quantised": "int4", "device": None}, "need a device"),
        ({"waiting_layers": 1, "device": None}, "need a device"),
        ({"quantised": "int4-all", "streamed": True, "device": "cpu"}, "is not streamed"),
        ({"quantised": "int8", "waiting_layers": 1, "device": "cpu"}, "do not wait in main memory"),
    ],
)
def test_what_does_not_go_together_is_refused(folder: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder, **options)
