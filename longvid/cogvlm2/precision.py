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
DECODER_LAYERS = "model.layers."
"""The same of the decoder."""
BESIDE = 2
"""Layers of those that wait that are on the device at most: the one that computes, and one that comes or goes."""

_VISION = ("model.vision.transformer.", "model.vision.linear_proj.")


def is_quantised(name: str, shape: tuple[int, ...], precision: str) -> bool:
    """Whether the tensor `name` of an official checkpoint is kept in fewer than 16 bits in `precision`."""
    if precision not in QUANTISED or len(shape) != 2 or not name.endswith(".weight"):
        return False
    return name.startswith(DECODER_LAYERS) or (precision == "int4-all" and name.startswith(_VISION))


def tensor_bytes(name: str, shape: tuple[int, ...], precision: str) -> int:
    """Bytes of one tensor in memory."""
    numbers = math.prod(shape)
    if not is_quantised(name, shape, precision):
        return numbers * width(precision)
    return (numbers if precision == "int8" else -(-numbers // 2)) + _scale_bytes(name, shape, precision)


def _scale_bytes(name: str, shape: tuple[int, ...], precision: str) -> int:
    """Bytes of the scales of one tensor, which none but a quantised one has."""
    if not is_quantised(name, shape, precision):
        return 0
    return 4 * (shape[0] if precision == "int8" else -(-math.prod(shape) // BLOCK))


def width(precision: str) -> int:
    """Bytes of a number that is computed with: two where weights are quantised. Raises ValueError for no precision."""
    if precision in QUANTISED:
        return 2
    if precision not in FLOATS:
        raise ValueError(f"dtype {precision!r} is none of {', '.join([*FLOATS, *QUANTISED])}")
    return FLOATS[precision]


def weight_bytes(geometry: Geometry, precision: str, *, streamed: bool = False, waiting_layers: int = 0) -> int:
    """Bytes of all weights on the device.

    `streamed`: the layers of the vision tower lie in main memory and come to the device one after another, so that
    two of them are there at most; `waiting_layers`: so many layers of the decoder do the same.
    """
    total = 0
    for name, shape in geometry.tensors().items():
        if not name.endswith("rotary_emb.inv_freq"):
            total += tensor_bytes(name, shape, precision)
    tower = tower_bytes(geometry, precision) // geometry.vision_num_hidden_layers
    gone = max(0, geometry.vision_num_hidden_layers - BESIDE) * tower if streamed else 0
    return total - gone - max(0, waiting_layers - BESIDE) * layer_bytes(geometry, precision)


def tower_bytes(geometry: Geometry, precision: str) -> int:
    """Bytes of the vision tower's layers: what main memory holds of a model that is `streamed`."""
    return sum(
        tensor_bytes(name, shape, precision)
        for name, shape in geometry.tensors().items()
        if name.startswith(TOWER_LAYERS)
    )


def layer_bytes(geometry: Geometry, precision: str) -> int:
    """Bytes of a layer of the decoder that main memory holds where it waits; its scales stay on the device."""
    first = f"{DECODER_LAYERS}0."
    return sum(
        tensor_bytes(name, shape, precision) - _scale_bytes(name, shape, precision)
        for name, shape in geometry.tensors().items()
        if name.startswith(first) and not name.endswith("rotary_emb.inv_freq")
    )


def memory(
    geometry: Geometry,
    precision: str = "bfloat16",
    *,
    batch: int = 1,
    tokens: int | None = None,
    vision_batch_size: int = 24,
    streamed: bool = False,
    waiting_layers: int = 0,
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
    weights = weight_bytes(geometry, precision, streamed=streamed, waiting_layers=waiting_layers)
    return weights + cache + max(prefill, vision) + logits + unpacked
