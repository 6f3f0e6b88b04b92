"""The precisions a checkpoint can be computed in, and the bytes that each takes, from sizes alone.

    float32, float16, bfloat16   every weight in that dtype
    int8                         the decoder's matrices in 8 bits, a scale for each row; all else in 16
    int4                         the decoder's matrices in 4 bits (nf4), a scale for each 64 numbers; all else in 16
    int4-all                     int4, and the matrices of the vision tower and its adapter too

The head and the embeddings always keep 16 bits. Knows no torch: `quantising` makes what is counted here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

from .geometry import Geometry

Quantised = Literal["int8", "int4", "int4-all"]

FLOATS: Mapping[str, int] = {"float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of a number."""
QUANTISED: tuple[Quantised, ...] = get_args(Quantised)
BLOCK = 64
"""Numbers that share a scale in 4 bits."""
TOWER_LAYERS = "model.vision.transformer.layers."
"""Names of the tensors that may wait in main memory; with a layer's number behind."""

_DECODER = "model.layers."
_VISION = ("model.vision.transformer.", "model.vision.linear_proj.")


def is_quantised(name: str, shape: tuple[int, ...], precision: str) -> bool:
    """Whether the tensor `name` of an official checkpoint is kept in fewer than 16 bits in `precision`."""
    if precision not in QUANTISED or len(shape) != 2 or not name.endswith(".weight"):
        return False
    return name.startswith(_DECODER) or (precision == "int4-all" and name.startswith(_VISION))


def tensor_bytes(name: str, shape: tuple[int, ...], precision: str) -> int:
    """Bytes of one tensor in memory."""
    numbers = math.prod(shape)
    if not is_quantised(name, shape, precision):
        return numbers * width(precision)
    if precision == "int8":
        return numbers + 4 * shape[0]
    return -(-numbers // 2) + 4 * -(-numbers // BLOCK)


def width(precision: str) -> int:
    """Bytes of a number that is computed with: two where weights are quantised. Raises ValueError for no precision."""
    if precision in QUANTISED:
        return 2
    if precision not in FLOATS:
        raise ValueError(f"dtype {precision!r} is none of {', '.join([*FLOATS, *QUANTISED])}")
    return FLOATS[precision]


def weight_bytes(geometry: Geometry, precision: str, *, streamed: bool = False) -> int:
    """Bytes of all weights on the device.

    `streamed`: the layers of the vision tower lie in main memory and come to the device one after another, so that
    two of them are there at most.
    """
    total, layers = 0, 0
    for name, shape in geometry.tensors().items():
        if name.endswith("rotary_emb.inv_freq"):
            continue
        size = tensor_bytes(name, shape, precision)
        total += size
        layers += size if name.startswith(TOWER_LAYERS) else 0
    count = geometry.vision_num_hidden_layers
    return total - (layers - 2 * layers // count if streamed and count > 2 else 0)


def tower_bytes(geometry: Geometry, precision: str) -> int:
    """Bytes of the vision tower's layers: what main memory holds of a model that is `streamed`."""
    return sum(
        tensor_bytes(name, shape, precision)
        for name, shape in geometry.tensors().items()
        if name.startswith(TOWER_LAYERS)
    )


def memory(
    geometry: Geometry,
    precision: str = "bfloat16",
    *,
    batch: int = 1,
    tokens: int | None = None,
    vision_batch_size: int = 24,
    streamed: bool = False,
) -> int:
    """Bytes that a model of these sizes needs on its device to serve a batch; `checkpoint.memory_needed` says how.

    Raises ValueError for an unknown precision.
    """
    each = width(precision)
    length = geometry.max_position_embeddings if tokens is None else tokens
    cache = batch * length * geometry.cache_values_per_token * each
    prefill = batch * length * (4 * geometry.hidden_size + 3 * geometry.intermediate_size) * each
    per_token = 5 * geometry.vision_hidden_size + 2 * geometry.vision_intermediate_size
    vision = vision_batch_size * geometry.num_positions * per_token * each
    vision += batch * length * geometry.hidden_size * each
    logits = batch * geometry.vocab_size * (each + 4)
    # A product with a packed matrix makes the matrix first.
    unpacked = max(
        (math.prod(shape) * each for name, shape in geometry.tensors().items() if is_quantised(name, shape, precision)),
        default=0,
    )
    weights = weight_bytes(geometry, precision, streamed=streamed)
    return weights + cache + max(prefill, vision) + logits + unpacked
