"""What a training takes, stage by stage, from sizes alone: weights, gradients, optimiser, activations.

An estimate of tensors that live at once, from above; the allocator's slack (commonly 5 to 10 %) is not in it. Knows no
torch, so that it can be asked of a model that is not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from longvid.cogvlm2.geometry import Geometry
from longvid.engine.device import gigabytes
from longvid.training.recipe import Recipe
from longvid.training.targets import trained

ANSWER = 128
"""Tokens of an answer for which logits are counted: TRL computes no others."""


@dataclass(frozen=True, slots=True)
class Stages:
    """Bytes on one device.

    weights: of the model, and of the one that it is compared with (DPO in full), adapters included;
        `mixed` has them in 32 and in 16 bits.
    gradients, optimiser: of what learns; AdamW keeps two numbers of each.
    activations: kept between the forward and the backward pass, with the largest layer that is computed again.
    """

    weights: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimiser + self.activations


def stages(geometry: Geometry, recipe: Recipe, *, tokens: int, frames: int, pairs: bool = False) -> Stages:
    """What a step takes on one device, of prompts and answers of `tokens` tokens with `frames` frames each."""
    width = 2 if recipe.precision == "bfloat16" else 4
    learning = sum(trained(geometry, recipe).values())
    lora = recipe.method == "lora"
    # PEFT keeps adapters in float32.
    own = 4 if lora else width
    copies = 2 if pairs and not lora else 1
    # Autocast keeps a copy in bfloat16 of whatever it has computed with.
    held = width + 2 if recipe.precision == "mixed" else width
    weights = geometry.parameters * held * copies + (learning * own if lora else 0)
    rows = recipe.batch * (2 if pairs else 1)
    return Stages(weights, learning * own, 2 * learning * own, _activations(geometry, recipe, rows, tokens, frames))


def _activations(geometry: Geometry, recipe: Recipe, rows: int, tokens: int, frames: int) -> int:
    """Bytes of what is kept for the backward pass."""
    computed = 4 if recipe.precision == "float32" else 2
    decoder = _kept(rows * tokens, _decoder_layer(geometry), geometry.hidden_size, geometry.num_hidden_layers, recipe)
    patches = rows * frames * geometry.num_positions
    tower = _kept(
        patches, _vision_layer(geometry), geometry.vision_hidden_size, geometry.vision_num_hidden_layers, recipe
    )
    # A tower that stands still keeps nothing: only one layer is there at a time.
    kept = decoder + (tower if _vision_learns(recipe) else patches * _vision_layer(geometry))
    adapter = rows * frames * geometry.tokens_per_frame * (4 * geometry.hidden_size + 4 * geometry.intermediate_size)
    logits = rows * min(tokens, ANSWER) * geometry.vocab_size
    return (kept + adapter) * computed + logits * (computed + 8)


def _kept(tokens: int, layer: int, width: int, layers: int, recipe: Recipe) -> int:
    """Numbers that the layers of a stack keep; computed again, each keeps its input alone, and one is whole."""
    if recipe.gradient_checkpointing:
        return tokens * (layers * width + layer)
    return tokens * layers * layer


def _decoder_layer(geometry: Geometry) -> int:
    """Numbers that a layer of the decoder keeps for a token: its input, both norms' and their scales, queries, keys and
    values before and after the turn, what attention mixes; and in the MLP gate, activation, up and product."""
    heads = (geometry.num_attention_heads + 2 * geometry.num_key_value_heads) * geometry.head_dim
    return 6 * geometry.hidden_size + 3 * heads + 4 * geometry.intermediate_size


def _vision_layer(geometry: Geometry) -> int:
    """The same of a layer of the tower: its input, fused and split heads, what is mixed, both branches and their norms,
    and the MLP before and after its activation."""
    return 10 * geometry.vision_hidden_size + 2 * geometry.vision_intermediate_size


def _vision_learns(recipe: Recipe) -> bool:
    return "vision" in recipe.lora_parts if recipe.method == "lora" else recipe.vision_rate > 0


WAYS: Sequence[tuple[str, dict[str, object]]] = (
    ("full, mixed", {"method": "full", "precision": "mixed"}),
    ("full, bfloat16", {"method": "full", "precision": "bfloat16"}),
    ("LoRA, bfloat16", {"method": "lora", "precision": "bfloat16"}),
)
"""Beside the recipe itself, what else could be done."""


def lines(geometry: Geometry, recipe: Recipe, *, tokens: int, frames: int, pairs: bool) -> Iterator[str]:
    """The table of `--dry-run`: a row for the recipe, and one for each other way to train the same model."""
    yield f"{'':32}{'weights':>10}{'gradients':>11}{'optimiser':>11}{'activations':>13}{'total':>10}"
    this = f"{recipe.method}, {recipe.precision}".replace("lora", "LoRA")
    ways = [(f"this recipe: {this}", recipe)]
    ways += [(name, replace(recipe, **change)) for name, change in WAYS if name != this]  # type: ignore[arg-type]
    for name, one in ways:
        found = stages(geometry, one, tokens=tokens, frames=frames, pairs=pairs)
        cells = (found.weights, found.gradients, found.optimiser, found.activations, found.total)
        widths = (10, 11, 11, 13, 10)
        yield f"{name:32}" + "".join(f"{gigabytes(cell):>{width}}" for cell, width in zip(cells, widths, strict=True))
