"""Which weights learn, and how fast: parts of the model by their official names.

Knows names alone; the model's module tree mirrors the checkpoint's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from longvid.cogvlm2.geometry import Geometry
from longvid.training.recipe import Part, Recipe

Place = Literal["decoder", "adapter", "vision"]
"""Where a weight lies; the embeddings, the head and the last norm count as the decoder's."""

LORA: Mapping[Part, str] = {
    "attention": r"model\.layers\.\d+\.self_attn\.language_expert_(query_key_value|dense)",
    "mlp": r"model\.layers\.\d+\.mlp\.language_mlp\.(gate|up|down)_proj",
    "adapter": r"model\.vision\.linear_proj\.(linear_proj|gate_proj|dense_h_to_4h|dense_4h_to_h)",
    "vision": r"model\.vision\.transformer\.layers\.\d+\.(attention\.(query_key_value|dense)|mlp\.fc[12])",
}
"""The modules of each part that may have a LoRA adapter. The head may not: TRL multiplies by its weight alone."""


def lora_targets(recipe: Recipe) -> str:
    """A pattern that the whole name of a module matches which gets an adapter, as PEFT takes it."""
    return "|".join(LORA[part] for part in recipe.lora_parts)


def place_of(name: str) -> Place:
    """Where the weight called `name` lies."""
    if not re.search(r"(^|\.)vision\.", name):
        return "decoder"
    return "adapter" if re.search(r"vision\.(linear_proj|conv|boi|eoi)", name) else "vision"


def rate_of(recipe: Recipe, name: str) -> float:
    """The learning rate of the weight called `name` in full tuning; 0 for one that stays as it is."""
    shares = {"decoder": 1.0, "adapter": recipe.adapter_rate, "vision": recipe.vision_rate}
    return recipe.learning_rate * shares[place_of(name)]


def trained(geometry: Geometry, recipe: Recipe) -> dict[Place, int]:
    """How many numbers learn, by place."""
    found: dict[Place, int] = {"decoder": 0, "adapter": 0, "vision": 0}
    for name, shape in geometry.tensors().items():
        if name.endswith("inv_freq"):
            continue
        if recipe.method == "lora":
            if re.fullmatch(lora_targets(recipe), name.removesuffix(".weight")) and len(shape) == 2:
                found[place_of(name)] += recipe.lora_rank * sum(shape)
        elif rate_of(recipe, name):
            found[place_of(name)] += _product(shape)
    return found


def _product(shape: Iterable[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
