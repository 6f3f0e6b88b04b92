"""How much a stage must compute and read at least, from the sizes of a model alone. Knows no device and no time.

Products of matrices count, two operations for each multiplication and addition; norms, activations and the softmax do
not. What a decode step must read is every weight of the decoder and its head once, and the keys and values of all rows.
"""

from __future__ import annotations

import math

from longvid.cogvlm2.geometry import Geometry


def _numbers(geometry: Geometry, prefix: str) -> int:
    """Numbers of all matrices whose names begin with `prefix`."""
    return sum(
        math.prod(shape) for name, shape in geometry.tensors().items() if name.startswith(prefix) and len(shape) == 2
    )


def vision(geometry: Geometry, frames: int) -> int:
    """Operations of the tower, the convolution behind it and the adapter."""
    tokens, kept = geometry.num_positions, geometry.tokens_per_frame - 2
    wide = geometry.vision_hidden_size
    patches = (tokens - 1) * wide * geometry.in_channels * geometry.patch_size**2
    tower = tokens * _numbers(geometry, "model.vision.transformer.")
    seen = geometry.vision_num_hidden_layers * 2 * tokens**2 * wide
    adapter = kept * (4 * wide**2 + _numbers(geometry, "model.vision.linear_proj."))
    return 2 * frames * (patches + tower + seen + adapter)


def prefill(geometry: Geometry, rows: int, tokens: int) -> int:
    """Operations of the decoder over whole prompts of `tokens` tokens, and of the head for the last one of each."""
    layers = tokens * _numbers(geometry, "model.layers.")
    # A token sees those before it: half of all pairs.
    seen = geometry.num_hidden_layers * tokens**2 * geometry.hidden_size
    return 2 * rows * (layers + seen + geometry.vocab_size * geometry.hidden_size)


def step(geometry: Geometry, rows: int, tokens: int, width: int) -> int:
    """Bytes that one more token of `rows` rows must read, each with `tokens` tokens before it; `width`: bytes of a
    number."""
    weights = _numbers(geometry, "model.layers.") + geometry.vocab_size * geometry.hidden_size
    return width * (weights + rows * tokens * geometry.cache_values_per_token)
