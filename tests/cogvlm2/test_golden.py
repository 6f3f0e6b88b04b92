"""The model reproduces the published code's outputs.

Runs on the part of the set that is in the repository, or on the whole of it:

    LONGVID_GOLDEN=folder pytest tests/cogvlm2/test_golden.py -s
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor
from longvid.cogvlm2.frames import MEAN, STD, resize_frame
from longvid.cogvlm2.pixels import transform
from longvid.cogvlm2.positions import build_position_ids
from longvid.cogvlm2.sampling import first_frames, uniform_frames

DATA = Path(__file__).parents[1] / "data"
ROOT = Path(os.environ.get("LONGVID_GOLDEN") or DATA / "golden")
CASES = sorted(path.parent.name for path in ROOT.glob("*/inputs.safetensors"))
EXACT = [case for case in CASES if not case.startswith("h_")]
HALF = [case for case in CASES if case.startswith("h_")]

TOWER, ADAPTER, LOGITS = 1e-4, 5e-5, 1e-3


@lru_cache(maxsize=1)
def load(case: str) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor]]:
    folder = ROOT / case
    meta = json.loads((folder / "meta.json").read_text())
    inputs = load_file(folder / "inputs.safetensors")
    if "images_patch_grid_u8" in inputs:
        grid = inputs.pop("images_patch_grid_u8").float()
        grid = grid.repeat_interleave(14, -2).repeat_interleave(14, -1) / 255
        inputs["images"] = (grid - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    return meta, inputs, load_file(folder / "outputs.safetensors")


@lru_cache(maxsize=1)
def model_of(case: str, attention: str = "sdpa") -> CogVLM2VideoForConditionalGeneration:
    dtype = getattr(torch, load(case)[0]["run_dtype"])
    return CogVLM2VideoForConditionalGeneration.from_pretrained(ROOT / case, dtype=dtype, attn_implementation=attention)


def arguments(inputs: dict[str, Tensor]) -> dict[str, Tensor | None]:
    names = ("input_ids", "attention_mask", "token_type_ids")
    return {**{name: inputs[name] for name in names}, "pixel_values": inputs.get("images")}


@torch.no_grad()
def logits_and_mask(case: str, attention: str = "sdpa") -> tuple[Tensor, Tensor]:
    """Logits at the stored columns, and which of them are not padding."""
    _, inputs, outputs = load(case)
    logits = model_of(case, attention)(**arguments(inputs)).logits
    kept = outputs.get("logits_positions", torch.arange(logits.shape[1]))
    return logits[:, kept], inputs["attention_mask"][:, kept].bool()


@torch.no_grad()
def generate(case: str, **kwargs: Any) -> Tensor:
    meta, inputs, _ = load(case)
    made = model_of(case).generate(
        **arguments(inputs), max_new_tokens=meta["new_tokens"], do_sample=False, disable_compile=True, **kwargs
    )
    return made[:, inputs["input_ids"].shape[1] :]


def largest(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).abs().max())


def test_the_set_holds_every_kind_of_case() -> None:
    kinds = {case.split("_")[0] for case in CASES}
    assert kinds >= {"b", "c2", "e", "f", "g", "g2", "h", "j"}


@pytest.mark.parametrize("case", EXACT)
@torch.no_grad()
def test_vision_and_logits_match(case: str) -> None:
    _, inputs, outputs = load(case)
    vision = model_of(case).model.vision
    figures = {}
    if "images" in inputs:
        if "vision_tower_output" in outputs:
            figures["tower"] = largest(vision.tower(inputs["images"]), outputs["vision_tower_output"])
        figures["adapter"] = largest(vision(inputs["images"]), outputs["vision_adapter_output"])
    logits, real = logits_and_mask(case)
    figures["logits"] = largest(logits[real], outputs["logits"][real])
    print(case, {name: f"{value:.2g}" for name, value in figures.items()})
    assert figures.get("tower", 0) <= TOWER
    assert figures.get("adapter", 0) <= ADAPTER
    assert figures["logits"] <= LOGITS


@pytest.mark.parametrize("case", EXACT)
def test_greedy_ids_are_the_same(case: str) -> None:
    assert torch.equal(generate(case), load(case)[2]["generated_ids"])


@pytest.mark.parametrize("case", EXACT)
def test_a_static_cache_gives_the_same_ids(case: str) -> None:
    assert torch.equal(generate(case, cache_implementation="static"), load(case)[2]["generated_ids"])


@pytest.mark.parametrize("case", EXACT)
def test_eager_attention_gives_the_same_logits(case: str) -> None:
    logits, real = logits_and_mask(case, "eager")
    assert largest(logits[real], load(case)[2]["logits"][real]) <= LOGITS


@pytest.mark.parametrize("case", CASES)
def test_positions_are_exact(case: str) -> None:
    _, inputs, _ = load(case)
    built = build_position_ids(inputs["token_type_ids"], inputs["attention_mask"])
    assert torch.equal(built, inputs["position_ids"])


@pytest.mark.parametrize("case", EXACT)
@torch.no_grad()
def test_every_stored_layer_and_cache_entry_matches_at_the_published_positions(case: str) -> None:
    _, inputs, outputs = load(case)
    made = model_of(case)(**arguments(inputs), position_ids=inputs["position_ids"], output_hidden_states=True)
    real = inputs["attention_mask"].bool()
    layers = made.past_key_values.layers
    found = {"inputs_embeds": made.hidden_states[0], "hidden_final_norm": made.hidden_states[-1]}
    found |= {f"hidden_after_layer_{index}": state for index, state in enumerate(made.hidden_states[1:-1])}
    for index in (0, len(layers) - 1):
        found[f"past_key_layer_{index}"] = layers[index].keys.transpose(1, 2)
        found[f"past_value_layer_{index}"] = layers[index].values.transpose(1, 2)
    # Some large tensors are left out or cut to fewer columns.
    for name, state in found.items():
        wanted = outputs.get(name)
        if wanted is not None and name.startswith("past"):
            wanted = wanted.transpose(1, 2)
        if wanted is not None and wanted.shape == state.shape:
            assert largest(state[real], wanted[real]) <= LOGITS, name


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("j_")])
@torch.no_grad()
def test_the_loss_of_an_answer_matches(case: str) -> None:
    _, inputs, outputs = load(case)
    loss = model_of(case)(**arguments(inputs), labels=inputs["labels"]).loss
    assert abs(float(loss) - float(outputs["loss"])) < 1e-5


@pytest.mark.parametrize("case", HALF)
def test_bfloat16_stays_within_its_rounding(case: str) -> None:
    logits, real = logits_and_mask(case)
    wanted = load(case)[2]["logits"]
    mean = float((logits - wanted)[real].abs().mean())
    agree = float((logits.argmax(-1) == wanted.argmax(-1))[real].float().mean())
    print(case, f"mean {mean:.3f}, argmax {agree:.3f}")
    assert mean <= 0.1
    assert agree >= 0.95


@pytest.mark.parametrize("case", HALF)
@torch.no_grad()
def test_a_float32_table_differs_where_the_published_one_collapses(case: str) -> None:
    _, inputs, outputs = load(case)
    logits = model_of(case)(**arguments(inputs), rotary_table="float32").logits
    kept = outputs.get("logits_positions", torch.arange(logits.shape[1]))
    far = inputs["position_ids"][0, kept] > 256
    assert float((logits[:, kept] - outputs["logits"])[:, far].abs().mean()) > 0.3


def unrolled(runs: Sequence[Sequence[int]]) -> list[int]:
    return list(chain.from_iterable(repeat(value, count) for value, count in runs))


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_file=str(DATA / "tokenizer" / "tokenizer.json"), split_special_tokens=True)


def test_prompts_are_exact(tokenizer: PreTrainedTokenizerFast) -> None:
    prompts = json.loads((ROOT / "prompts_rle.json").read_text())
    assert prompts
    for wanted in prompts:
        processor = CogVLM2VideoProcessor(
            tokenizer,
            image_size=wanted["image_size"],
            tokens_per_frame=(wanted["image_size"] // 28) ** 2 + 2,
            max_length=2048,
            bos_token_id=360,
            eos_token_id=361,
            placeholder_id=362,
            template_version=wanted["config_template_version"],
        )
        made = processor.layout(
            wanted["query"],
            num_frames=wanted["frames"],
            history=[tuple(turn) for turn in wanted["history"]],
            answer=wanted["answer"],
            template=wanted["template_version"],
        )
        assert made.input_ids == unrolled(wanted["input_ids"])
        assert made.token_type_ids == unrolled(wanted["token_type_ids"])
        assert made.labels == (None if wanted["labels"] is None else unrolled(wanted["labels"]))
        positions = build_position_ids(torch.tensor([made.token_type_ids]))
        assert positions[0].tolist() == unrolled(wanted["position_ids"])


def test_positions_of_odd_layouts_are_exact() -> None:
    layouts = json.loads((ROOT / "position_ids.json").read_text())
    assert layouts
    for wanted in layouts:
        types, mask = torch.tensor([wanted["token_type_ids"]]), torch.tensor([wanted["attention_mask"]])
        assert build_position_ids(types, mask)[0].tolist() == wanted["position_ids"]
        assert build_position_ids(types)[0].tolist() == wanted["position_ids_without_mask"]


def test_official_frame_sampling_is_exact() -> None:
    clips = json.loads((ROOT / "frame_sampling.json").read_text())
    assert clips
    for wanted in clips:
        count, rate = wanted["num_frames"], wanted["avg_fps"]
        times = wanted["timestamps"] or [wanted["start"] + index / rate for index in range(count)]
        assert first_frames(times) == wanted["chat"]
        assert uniform_frames(count, rate) == wanted["base"]


def test_preprocessing_is_bit_equal_and_uint8_frames_are_within_half_a_level() -> None:
    vectors = load_file(ROOT / "preprocess" / "vectors.safetensors")
    for wanted in json.loads((ROOT / "preprocess" / "meta.json").read_text()):
        frames = vectors[f"{wanted['index']}.frames_u8_CTHW"].permute(1, 2, 3, 0)
        pixels = vectors[f"{wanted['index']}.pixel_values_TCHW"]
        assert torch.equal(transform(frames, wanted["image_size"]), pixels)
        levels = (pixels * torch.tensor(STD).view(3, 1, 1) + torch.tensor(MEAN).view(3, 1, 1)) * 255
        small = np.stack([resize_frame(frame, wanted["image_size"]) for frame in frames.numpy()])
        assert largest(torch.from_numpy(small).permute(0, 3, 1, 2).float(), levels) <= 0.501
