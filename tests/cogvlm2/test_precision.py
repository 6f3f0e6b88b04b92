"""What each precision takes, from sizes alone: the published model's figures, and that they add up."""

from __future__ import annotations

from itertools import pairwise

import pytest

from longvid.cogvlm2.geometry import Geometry
from longvid.cogvlm2.precision import (
    FLOATS,
    QUANTISED,
    is_quantised,
    layer_bytes,
    memory,
    tensor_bytes,
    tower_bytes,
    weight_bytes,
)
from longvid.engine.family import GEOMETRY
from tests.checkpoints import small_config

SMALL = Geometry.from_dict(small_config())


@pytest.mark.parametrize(
    ("precision", "streamed", "weights", "call"),
    [
        ("bfloat16", False, 25.02, 25.8),
        ("bfloat16", True, 16.73, 17.5),
        ("int8", False, 18.04, 18.9),
        ("int8", True, 9.75, 10.6),
        ("int4", False, 14.98, 15.9),
        ("int4-all", False, 8.57, 9.5),
        ("int4", True, 6.70, 7.6),
    ],
)
def test_the_published_model_takes_so_many_gigabytes(
    precision: str, streamed: bool, weights: float, call: float
) -> None:
    assert weight_bytes(GEOMETRY, precision, streamed=streamed) / 1e9 == pytest.approx(weights, abs=0.01)
    assert memory(GEOMETRY, precision, streamed=streamed) / 1e9 == pytest.approx(call, abs=0.05)


@pytest.mark.parametrize("precision", FLOATS)
def test_unquantised_weights_are_parameters_times_the_width(precision: str) -> None:
    for geometry in (GEOMETRY, SMALL):
        assert weight_bytes(geometry, precision) == geometry.parameters * FLOATS[precision]


def test_the_head_the_embeddings_and_all_that_is_no_matrix_are_never_quantised() -> None:
    quantised = {name for name, shape in GEOMETRY.tensors().items() if is_quantised(name, shape, "int4-all")}
    assert len(quantised) == 32 * 5 + 63 * 4 + 4
    assert not any("embed" in name or "norm" in name or "bias" in name or "conv" in name for name in quantised)
    assert "lm_head.weight" not in quantised
    assert not any(name.startswith("model.vision") and is_quantised(name, (8, 8), "int4") for name in quantised)


def test_a_tensor_in_fewer_bits_has_its_scales_beside_it() -> None:
    name = "model.layers.0.self_attn.language_expert_dense.weight"
    assert tensor_bytes(name, (4, 100), "int8") == 400 + 4 * 4
    assert tensor_bytes(name, (4, 100), "int4") == 200 + 4 * 7
    assert tensor_bytes("lm_head.weight", (4, 100), "int4") == 800


def test_what_waits_is_missed_on_the_device_but_for_two_layers() -> None:
    waiting, layers = tower_bytes(GEOMETRY, "bfloat16"), GEOMETRY.vision_num_hidden_layers
    gone = weight_bytes(GEOMETRY, "bfloat16") - weight_bytes(GEOMETRY, "bfloat16", streamed=True)
    assert gone == waiting - 2 * waiting // layers
    assert weight_bytes(SMALL, "int4", streamed=True) == weight_bytes(SMALL, "int4"), "two layers are all there"


def test_layers_of_the_decoder_that_wait_are_missed_but_for_two_and_leave_their_scales() -> None:
    whole = weight_bytes(GEOMETRY, "int4", streamed=True)
    sizes = [weight_bytes(GEOMETRY, "int4", streamed=True, waiting_layers=count) for count in range(33)]
    assert sizes[:3] == [whole] * 3
    assert {a - b for a, b in pairwise(sizes[2:])} == {layer_bytes(GEOMETRY, "int4")}
    assert sizes[-1] / 1e9 == pytest.approx(3.42, abs=0.01)
    assert memory(GEOMETRY, "int4", streamed=True, waiting_layers=32) / 1e9 == pytest.approx(4.3, abs=0.05)
    matrices = [tensor for tensor in GEOMETRY.tensors().items() if is_quantised(*tensor, "int4")]
    scales = sum(4 * (shape[0] * shape[1] // 64) for _, shape in matrices) // 32
    packed = sum(tensor_bytes(name, shape, "int4") for name, shape in matrices) // 32
    norms = 2 * 2 * 4096
    assert layer_bytes(GEOMETRY, "int4") == packed - scales + norms


def test_each_precision_takes_less_than_the_one_before() -> None:
    sizes = [memory(GEOMETRY, precision) for precision in ("float32", "bfloat16", *QUANTISED)]
    assert sizes == sorted(sizes, reverse=True)


def test_an_unknown_precision_is_named() -> None:
    with pytest.raises(ValueError, match="'int3' is none of float32, float16, bfloat16, int8, int4, int4-all"):
        memory(SMALL, "int3")
