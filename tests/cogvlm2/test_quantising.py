"""8 and 4 bits by bitsandbytes: what is packed, what it takes, and how far it moves from full precision.

Needs longvid[quant]; `make quant` runs it and prints the figures.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration
from longvid.cogvlm2.checkpoint import inspect
from longvid.cogvlm2.precision import QUANTISED, Quantised, is_quantised, weight_bytes
from longvid.cogvlm2.quantising import require
from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.device import Device
from longvid.engine.request import Request
from longvid.models import bundled
from longvid_benchmarks.precision.equality import distances, film_clips
from tests.checkpoints import make_checkpoint
from tests.cogvlm2.test_golden import EXACT, ROOT, arguments, load

pytestmark = pytest.mark.quant

TINY = bundled()["storyfilm-tiny"]
FURTHEST = {"bfloat16": 0.01, "int8": 0.02, "int4": 0.1, "int4-all": 0.1}
"""Relative errors of the logits of a trained model; random ones move further."""


def packed(folder: Path, precision: Quantised | None, **options: Any) -> CogVLM2VideoForConditionalGeneration:
    return CogVLM2VideoForConditionalGeneration.from_pretrained(
        folder, dtype=torch.bfloat16, device="cpu", quantised=precision, **options
    )


def stored_bytes(model: torch.nn.Module) -> int:
    """Bytes of all weights with their scales, but not of rotary frequencies."""
    total = 0
    for name, tensor in chain(model.named_parameters(), model.named_buffers()):
        if name.endswith("inv_freq"):
            continue
        total += tensor.nbytes
        state = getattr(tensor, "quant_state", None)
        total += state.absmax.nbytes if state is not None else 0
        scales = getattr(tensor, "SCB", None)
        total += scales.nbytes if scales is not None else 0
    return total


@pytest.mark.parametrize("precision", QUANTISED)
def test_weights_take_the_bytes_that_were_said(precision: Quantised) -> None:
    require("cpu")
    model = packed(TINY, precision)
    assert stored_bytes(model) == weight_bytes(inspect(TINY).geometry, precision)
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}
    for name, parameter in model.named_parameters():
        shape = inspect(TINY).geometry.tensors()[name]
        assert (not parameter.is_floating_point()) == is_quantised(name, shape, precision), name


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_the_vision_tower_is_kept_unless_it_is_asked_for(precision: Quantised) -> None:
    frames = torch.randn(2, 3, 56, 56, generator=torch.Generator().manual_seed(0))
    whole = packed(TINY, None).model.encode_frames(frames)
    assert torch.equal(packed(TINY, precision).model.encode_frames(frames), whole)
    assert torch.equal(packed(TINY, precision, streamed=True).model.encode_frames(frames), whole)
    assert not torch.equal(packed(TINY, "int4-all").model.encode_frames(frames), whole)


def test_layers_in_four_bits_that_wait_say_the_same_and_come_packed() -> None:
    options: dict[str, Any] = {"max_new_tokens": 4, "do_sample": False, "pad_token_id": 0}
    ids = torch.tensor([[3, 5, 7, 9]])
    whole = packed(TINY, "int4")
    parted = packed(TINY, "int4", streamed=True, waiting_layers=len(whole.model.layers))
    weight = parted.model.layers[0].mlp.language_mlp.up_proj.weight  # type: ignore[union-attr]
    assert weight.dtype == torch.uint8
    assert stored_bytes(parted) == stored_bytes(whole)
    for module in whole.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    said = [model.generate(ids, attention_mask=torch.ones_like(ids), **options) for model in (whole, parted, parted)]
    assert torch.equal(said[0], said[1])
    assert torch.equal(said[1], said[2]), "what waits is as it was"


def test_a_quantised_model_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a quantised model is not written: keep its checkpoint"):
        packed(TINY, "int4").save_pretrained(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_backend_in_fewer_bits_answers_alone_and_in_a_batch(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "model", seed=1)
    for precision in QUANTISED:
        place = Device("cpu", precision, 1 << 40, "CPU")
        backend = CogVLM2Backend(folder, fingerprint="r", device=place, template="chat", label="index", batch=2)
        requests = [Request("write", prompt, 6) for prompt in ("Who is it?", "the dog walks to the house")]
        assert len(backend.answer(requests)) == 2
        assert backend.answer(requests[:1])[0].answer_tokens <= 6


@pytest.mark.parametrize("case", EXACT)
def test_golden_logits_are_near_in_every_precision(case: str) -> None:
    _, inputs, outputs = load(case)
    folder = ROOT / case
    mask = inputs["attention_mask"].bool()
    kept = outputs.get("logits_positions", torch.arange(mask.shape[1]))
    wanted = outputs["logits"][mask[:, kept]]
    errors = {}
    for precision in (None, *QUANTISED):
        with torch.inference_mode():
            logits = packed(folder, precision)(**arguments(inputs)).logits[:, kept][mask[:, kept]]
        errors[precision or "bfloat16"] = float((logits - wanted).norm() / wanted.norm())
    print(f"{case}: " + ", ".join(f"{name} {error:.3f}" for name, error in errors.items()))
    assert errors["bfloat16"] < 0.1
    assert errors["int8"] < 0.25
    assert errors["int4"] < 1


def test_captions_of_the_small_model_stay_near_those_of_full_precision() -> None:
    with film_clips(2, 600_000) as clips:
        for distance in distances(TINY, clips):
            print(distance.row())
            assert distance.error <= FURTHEST.get(distance.precision, 1e-6)
            assert distance.perplexity < 1.1
            assert distance.agreement > 0.95
