"""What training asks of the model: steps in parts, layers that are computed again, embeddings in place of ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor
from tests.checkpoints import make_checkpoint

TEXTS = ["What happens?", "Who is the man in the park?"]
ANSWERS = ["the dog is running", "he"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("model"), seed=3)


@pytest.fixture
def model(folder: Path) -> CogVLM2VideoForConditionalGeneration:
    made = CogVLM2VideoForConditionalGeneration.from_pretrained(folder, device="cpu")
    made.train()
    return made


@pytest.fixture(scope="module")
def batch(folder: Path) -> dict[str, Any]:
    frames = np.random.default_rng(0).integers(0, 256, (3, 56, 56, 3), dtype=np.uint8)
    processor = CogVLM2VideoProcessor.from_pretrained(folder)
    return dict(processor(TEXTS, [frames, frames[:1]], answers=ANSWERS, template="chat"))


def gradients(model: CogVLM2VideoForConditionalGeneration, **inputs: Any) -> tuple[float, dict[str, torch.Tensor]]:
    model.zero_grad()
    loss: torch.Tensor = model(**inputs).loss
    loss.backward()
    return loss.item(), {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def test_layers_that_are_computed_again_give_the_same_step_to_the_bit(
    model: CogVLM2VideoForConditionalGeneration, batch: dict[str, Any]
) -> None:
    loss, plain = gradients(model, **batch)
    assert len(plain) == len(list(model.named_parameters())), "all learns"
    model.activation_checkpointing_enable()
    layers = [*model.model.layers, *model.model.vision.transformer.layers]
    assert all(layer.gradient_checkpointing for layer in layers)
    again, other = gradients(model, **batch, use_cache=True)
    assert again == loss
    assert all(torch.equal(plain[name], other[name]) for name in plain)


def test_the_parts_of_a_step_add_up_to_the_step(
    model: CogVLM2VideoForConditionalGeneration, batch: dict[str, Any], folder: Path
) -> None:
    loss, whole = gradients(model, **batch)
    items = int((batch["labels"] != -100).sum())
    pixels = batch.pop("pixel_values")
    parts = [
        gradients(
            model,
            **{name: value[row : row + 1] for name, value in batch.items()},
            pixel_values=pixels[:3] if row == 0 else pixels[3:],
            num_items_in_batch=torch.tensor(items),
        )
        for row in (0, 1)
    ]
    batch["pixel_values"] = pixels
    assert sum(part for part, _ in parts) == pytest.approx(loss, rel=1e-5)
    for name, wanted in whole.items():
        torch.testing.assert_close(sum(part[name] for _, part in parts), wanted, rtol=1e-3, atol=1e-5)


def test_embeddings_stand_in_for_ids(model: CogVLM2VideoForConditionalGeneration, batch: dict[str, Any]) -> None:
    embeds = model.get_input_embeddings()(batch["input_ids"]).detach()
    with torch.no_grad():
        usual = model(**batch).logits
        rest = {name: value for name, value in batch.items() if name not in ("input_ids", "labels")}
        assert torch.equal(model(**rest, inputs_embeds=embeds).logits, usual)
        with pytest.raises(ValueError, match="give input_ids or inputs_embeds"):
            model(**rest)
        with pytest.raises(ValueError, match="attentions"):
            model(**batch, output_attentions=True)
