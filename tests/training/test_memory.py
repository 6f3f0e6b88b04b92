"""Memory foretold by the stage: of the published model to the byte where it is arithmetic, and never too little."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor
from longvid.engine.family import GEOMETRY
from longvid.training.memory import stages
from longvid.training.recipe import Recipe
from longvid.training.targets import LORA, lora_targets, place_of, rate_of, trained
from tests.checkpoints import make_checkpoint


def test_the_full_model_and_lora_of_the_published_sizes() -> None:
    full = stages(GEOMETRY, Recipe(method="full", precision="mixed"), tokens=2048, frames=24)
    assert full.weights == (4 + 2) * 12_507_530_496
    assert (full.gradients, full.optimiser) == (4 * 12_507_530_496, 8 * 12_507_530_496)
    lora = stages(GEOMETRY, Recipe(precision="bfloat16", lora_rank=8), tokens=2048, frames=24)
    # Of each layer 8 * (4096 + 6144 + 4096 + 4096 + 3 * (4096 + 14336)).
    count = 32 * 8 * (4096 + 6144 + 2 * 4096 + 3 * 18432)
    assert lora.weights == 2 * 12_507_530_496 + 4 * count
    assert lora.gradients == 4 * count
    kept = stages(GEOMETRY, Recipe(precision="bfloat16", gradient_checkpointing=True), tokens=2048, frames=24)
    assert kept.activations < lora.activations / 4


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    folder = make_checkpoint(tmp_path_factory.mktemp("model"), layers=4, vision_layers=3)
    return (
        CogVLM2VideoForConditionalGeneration.from_pretrained(folder, device="cpu"),
        CogVLM2VideoProcessor.from_pretrained(folder),
    )


def test_no_less_is_foretold_than_a_step_keeps(model: tuple[Any, Any]) -> None:
    made, processor = model
    frames = np.zeros((24, 56, 56, 3), np.uint8)
    batch = processor(["dog " * 200] * 2, [frames, frames], template="chat")
    made.train()
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    weights = {parameter.untyped_storage().data_ptr() for parameter in made.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        made.model(**{name: value for name, value in batch.items() if name != "labels"})
    measured = sum(size for pointer, size in kept.items() if pointer not in weights)
    recipe = Recipe(method="full", batch=2)
    foretold = stages(made.config.geometry, recipe, tokens=batch["input_ids"].shape[1], frames=24).activations
    assert measured < foretold < 1.5 * measured


def test_weights_learn_by_their_place(model: tuple[Any, Any]) -> None:
    made, _ = model
    recipe = Recipe(method="full", learning_rate=1e-3, vision_rate=0.1, adapter_rate=0.0)
    found = {name: rate_of(recipe, name) for name, _ in made.named_parameters()}
    assert found["model.layers.0.mlp.language_mlp.up_proj.weight"] == found["lm_head.weight"] == 1e-3
    assert found["model.vision.transformer.layers.0.mlp.fc1.weight"] == pytest.approx(1e-4)
    assert found["model.vision.linear_proj.gate_proj.weight"] == found["model.vision.boi"] == 0.0
    assert sum(trained(made.config.geometry, Recipe(method="full")).values()) == made.config.geometry.parameters
    assert place_of("base_model.model.model.vision.conv.weight") == "adapter"


def test_the_pattern_of_lora_names_every_matrix_of_its_part_and_nothing_else(model: tuple[Any, Any]) -> None:
    import re

    made, _ = model
    linear = {name for name, module in made.named_modules() if isinstance(module, torch.nn.Linear)}
    found = {part: {name for name in linear if re.fullmatch(pattern, name)} for part, pattern in LORA.items()}
    assert {part: len(names) for part, names in found.items()} == {
        "attention": 8, "mlp": 12, "adapter": 4, "vision": 12
    }  # fmt: skip
    assert set().union(*found.values()) == linear - {"lm_head"}
    assert re.fullmatch(lora_targets(Recipe(lora_parts=("mlp", "vision"))), "model.layers.3.mlp.language_mlp.gate_proj")
