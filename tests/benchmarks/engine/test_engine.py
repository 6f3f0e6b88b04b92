"""`longvid bench engine`: what is counted is what is computed, and all ways of asking do the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

from longvid.cogvlm2 import CogVLM2VideoConfig, CogVLM2VideoForConditionalGeneration
from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.budget import Budget
from longvid.engine.device import Device
from longvid.models import bundled
from longvid_benchmarks.cli import app
from longvid_benchmarks.engine import ceilings, command, work
from longvid_benchmarks.engine.films import PLAIN, show
from longvid_benchmarks.engine.making import random_model
from longvid_benchmarks.engine.overhead import overhead
from longvid_benchmarks.precision.asking import requests
from tests.checkpoints import make_checkpoint

CPU = Device("cpu", "float32", 1 << 40, "CPU")
FRAMES, ROWS = 2, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("engine") / "model", seed=1, shards=1)


@pytest.fixture(scope="module")
def explicit(folder: Path) -> Any:
    """A model whose products are all seen by torch's counter."""
    return CogVLM2VideoForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )


def test_the_work_of_the_tower_is_what_torch_counts(explicit: Any) -> None:
    side = explicit.config.vision.image_size
    with torch.inference_mode(), FlopCounterMode(display=False) as counted:
        explicit.model.encode_frames(torch.zeros(FRAMES, 3, side, side))
    assert counted.get_total_flops() == work.vision(explicit.config.geometry, FRAMES)


def test_the_work_of_a_prefill_is_what_torch_counts_but_for_pairs_that_are_hidden(explicit: Any) -> None:
    tokens, geometry = 40, explicit.config.geometry
    with torch.inference_mode(), FlopCounterMode(display=False) as counted:
        explicit(torch.ones(ROWS, tokens, dtype=torch.long), logits_to_keep=1)
    hidden = 2 * ROWS * geometry.num_hidden_layers * tokens**2 * geometry.hidden_size
    assert counted.get_total_flops() == work.prefill(geometry, ROWS, tokens) + hidden


def test_a_step_reads_the_decoders_weights_and_all_keys_and_values(explicit: Any) -> None:
    geometry = explicit.config.geometry
    read = [*explicit.model.layers.parameters(), explicit.lm_head.weight]
    weights = sum(one.numel() for one in read if one.ndim == 2)
    kept = 2 * geometry.num_hidden_layers * geometry.num_key_value_heads * geometry.head_dim
    assert work.step(geometry, ROWS, 10, 4) == 4 * (weights + ROWS * 10 * kept)


def test_plain_clips_and_rows_say_the_same(folder: Path, tmp_path: Path) -> None:
    backend = CogVLM2Backend(
        folder, fingerprint="r", device=CPU, template="chat", label="index", batch=1, budget=Budget(1 << 20)
    )
    asked = requests(tmp_path, 5, FRAMES, 6, backend.image_size)
    plain = show(backend, asked, PLAIN)
    assert [len(ids) for ids in plain] == [6] * 5
    assert show(backend, asked, 1) == show(backend, asked, 4) == plain


def test_a_plain_clip_goes_on_to_its_limit_as_rows_do_also_where_the_model_would_end(tmp_path: Path) -> None:
    taught = bundled()["storyfilm-tiny"]
    backend = CogVLM2Backend(taught, fingerprint="t", device=CPU, template="chat", label="index", batch=1)
    asked = requests(tmp_path, 1, FRAMES, 60, backend.image_size)
    (plain,), (row,) = show(backend, asked, PLAIN), show(backend, asked, 1)
    assert backend.processor.eos_token_id in plain[:-1], "it would end"
    assert plain == row
    assert len(plain) == 60


def test_random_numbers_pass_through_a_model_of_any_size(folder: Path) -> None:
    model = random_model(CogVLM2VideoConfig.from_folder(folder), CPU)
    with torch.inference_mode():
        logits = model(torch.arange(20)[None]).logits
    assert bool(torch.isfinite(logits).all())
    assert len(set(logits[0].argmax(-1).tolist())) > 3


def test_what_engine_and_store_take_does_not_grow_with_the_film(tmp_path: Path) -> None:
    few, many = overhead(tmp_path, 50), overhead(tmp_path, 300)
    assert many.processor < 3 * few.processor
    assert many.resident - few.resident < 32 << 20


def test_the_command_measures_every_stage_and_its_last_line_is_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "STORED", (4,))
    monkeypatch.setitem(ceilings.SIDES, "cpu", (64,))
    monkeypatch.setitem(ceilings.COPIED, "cpu", 1 << 20)
    options = [
        "--batches",
        "1,2",
        "--frames",
        "2",
        "--chunks",
        "2",
        "--tokens",
        "2",
        "--rounds",
        "1",
        "--device",
        "cpu",
    ]
    done = CliRunner().invoke(app, ["engine", *options, "-o", str(tmp_path)])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    found = [(one["stage"], one["batch"]) for one in told["stages"]]
    assert found == [(stage, batch) for stage in ("vision", "prefill", "decode") for batch in (1, 2)]
    assert all(one["share"] > 0 for one in told["stages"])
    assert [one["rows"] for one in told["films"]] == [0, 1, 2]
    assert [one["tokens"] for one in told["twice"]] == [1, 16]
    assert {path.name for path in tmp_path.iterdir()} >= {"engine.json", "engine.png", "engine.svg"}


@pytest.mark.parametrize(
    "options",
    [["--shape", "full", "--weights", "trained"], ["--layers", "2"], ["--batches", "0"], ["--batches", "512"]],
)
def test_what_cannot_be_measured_is_a_mistake_of_the_command_line(options: list[str]) -> None:
    assert CliRunner().invoke(app, ["engine", *options]).exit_code == 2
