"""Whole trainings of tiny models: they go on where they were stopped, and whatever way they run comes to the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration
from longvid.cogvlm2.checkpoint import inspect
from longvid.engine.catalog import whole_of
from longvid.engine.models import open_models
from longvid.errors import TrainingError
from longvid.film import Clip, write_clip
from longvid.training.data import Sample, Turn, write
from longvid.training.merging import merge_adapter
from longvid.training.opening import judged
from longvid.training.recipe import Recipe
from longvid.training.record import read_metrics
from longvid.training.run import Done, Job, train
from tests.checkpoints import make_checkpoint
from tests.guard import sitecustomize as network

pytestmark = [pytest.mark.training, pytest.mark.filterwarnings("default")]

FULL = Recipe(method="full", learning_rate=1e-3, vision_rate=0.1, steps=4, batch=2, log_every=1, frames=3)
LORA = replace(FULL, method="lora", learning_rate=1e-2, lora_rank=4, lora_dropout=0.1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_checkpoint(tmp_path_factory.mktemp("base"), seed=1)
    (folder / "card.json").write_text(json.dumps({"made_for": "tests", "writes": False}))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    samples = []
    for row in range(6):
        count = 1 + row % 3
        frames = np.random.default_rng(row).integers(0, 256, (count, 56, 56, 3), dtype=np.uint8)
        path = folder / f"{row}.safetensors"
        write_clip(path, Clip(frames, np.arange(count, dtype=np.float64)))
        said = (Turn("user", "What happens?"), Turn("assistant", "a man " * (1 + row)))
        samples.append(Sample((str(path),) if row else (), said, rejected="the dog"))
    write(folder / "rows.jsonl", samples)
    return folder / "rows.jsonl"


@pytest.fixture
def job(base: Path, data: Path, tmp_path: Path) -> Callable[..., Job]:
    def make(name: str, recipe: Recipe, kind: Any = "sft", **more: Any) -> Job:
        return Job(kind, judged(str(base)), recipe, data, None, tmp_path / name, "cpu", **more)

    return make


def run(job: Job) -> Done:
    return train(job, lambda *_: None)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """Of the model in `folder`, adapters added."""
    whole = whole_of(folder)
    found = CogVLM2VideoForConditionalGeneration.from_pretrained(
        whole.folder, adapters=whole.adapters, device="cpu", dtype=torch.float32
    )
    return found.state_dict()


def apart(one: Path, other: Path) -> float:
    first, second = weights(one), weights(other)
    return max(float((first[name] - second[name]).abs().max()) for name in first)


def test_full_tuning_moves_every_part_by_its_rate_and_opens_as_a_model(
    job: Callable[..., Job], base: Path, data: Path
) -> None:
    done = run(made := replace(job("full", FULL), held_out=data))
    assert (done.finished, done.steps) == (True, 4)
    assert done.metrics["eval_loss"] > 0
    inspect(made.out).require_complete()
    # Trainers switch caches off in it, and write the tokenizer's padding over the place of a frame.
    assert (made.out / "config.json").read_bytes() == (base / "config.json").read_bytes()
    before, after = weights(base), weights(made.out)
    moved = {name: float((after[name] - before[name]).abs().max()) for name in before}
    slow = {name: size for name, size in moved.items() if "patch_embedding" in name or "transformer" in name}
    fast = {name: size for name, size in moved.items() if "model.layers" in name and "inv_freq" not in name}
    # AdamW's steps are as long as the rate: four of them at most, the first of a warm-up being none.
    assert 0 < max(slow.values()) <= 4.1e-4 < max(fast.values()) <= 4.1e-3
    assert open_models(str(made.out), device="cpu").made_for == {str(made.out): "tests"}
    rows = read_metrics(made.out / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert "eval_loss" in rows[-1]
    for name in ("README.md", "curves.png", "card.json"):
        assert (made.out / name).stat().st_size > 100
    assert not list(made.work.glob("checkpoint-*"))
    again = run(made)
    assert (again.finished, again.metrics) == (True, done.metrics), "what is done is not done again"


def test_an_adapter_merged_is_the_adapter_added_and_bears_the_official_names(
    job: Callable[..., Job], base: Path, tmp_path: Path
) -> None:
    made = job("lora", LORA)
    run(made)
    tensors = load_file(made.out / "adapter_model.safetensors")
    assert all(name.startswith("base_model.model.model.layers.") for name in tensors)
    assert {name.split(".")[-3] for name in tensors} == {
        "language_expert_query_key_value", "language_expert_dense", "gate_proj", "up_proj", "down_proj"
    }  # fmt: skip
    merge_adapter(made.out, None, tmp_path / "merged")
    assert apart(made.out, tmp_path / "merged") == 0.0
    assert apart(made.out, base) > 1e-3
    from peft import PeftModel

    plain = CogVLM2VideoForConditionalGeneration.from_pretrained(base, device="cpu", dtype=torch.float32)
    theirs = PeftModel.from_pretrained(plain, str(made.out)).merge_and_unload().state_dict()
    ours = weights(made.out)
    assert max(float((theirs[name] - ours[name]).abs().max()) for name in ours) < 1e-5
    assert open_models(str(made.out), device="cpu").made_for == {str(made.out): "tests"}


@pytest.mark.parametrize("recipe", [FULL, LORA], ids=["full", "lora"])
def test_a_training_that_is_stopped_and_goes_on_ends_as_one_that_was_not_to_the_bit(
    job: Callable[..., Job], recipe: Recipe
) -> None:
    whole, parts = job("whole", recipe), job("parts", recipe)
    run(whole)
    first = run(replace(parts, minutes=0.0))
    assert (first.finished, first.steps) == (False, 1)
    assert not (parts.out / "card.json").exists()
    assert run(parts).finished
    assert apart(whole.out, parts.out) == 0.0


def test_layers_computed_again_end_as_those_that_were_kept_to_the_bit(job: Callable[..., Job]) -> None:
    plain, again = job("plain", LORA), job("again", replace(LORA, gradient_checkpointing=True))
    run(plain)
    run(again)
    assert apart(plain.out, again.out) == 0.0


def test_a_step_in_parts_ends_as_the_step(job: Callable[..., Job]) -> None:
    whole, parts = job("whole", FULL), job("parts", replace(FULL, batch=1, accumulation=2))
    run(whole)
    run(parts)
    assert apart(whole.out, parts.out) < 1e-4


@pytest.mark.parametrize("recipe", [replace(FULL, learning_rate=1e-4), LORA], ids=["full", "lora"])
def test_pairs_begin_undecided_and_the_better_answer_becomes_likelier(job: Callable[..., Job], recipe: Recipe) -> None:
    made = job("dpo", replace(recipe, steps=6, lora_dropout=0.0, warmup=0.2), "dpo")
    run(made)
    rows = [row for row in read_metrics(made.out / "metrics.jsonl") if "loss" in row]
    assert rows[0]["loss"] == pytest.approx(0.6931, abs=1e-4)
    assert rows[0]["rewards/margins"] == pytest.approx(0.0, abs=1e-6)
    assert rows[-1]["rewards/margins"] > 0


def test_two_processes_end_as_one(job: Callable[..., Job], base: Path, data: Path, tmp_path: Path) -> None:
    alone = job("alone", FULL)
    run(alone)
    settings = [f"--set={name}={json.dumps(value)}" for name, value in replace(FULL, batch=1).as_json.items()]
    (tmp_path / "empty.toml").write_text("")
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone",
        "-m", "longvid", "train", "sft", "--data", str(data), "--model", str(base), "-o", str(tmp_path / "two"),
        "--cpu", "--config", str(tmp_path / "empty.toml"), *settings,
    ]  # fmt: skip
    # torchrun asks for this machine's own name, which the guard of the network takes for another's.
    guard = str(Path(network.__file__).parent)
    paths = [path for path in os.environ["PYTHONPATH"].split(os.pathsep) if path != guard]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ":".join(paths)})
    assert done.returncode == 0, done.stderr[-3000:]
    assert apart(alone.out, tmp_path / "two") < 1e-4


def test_another_training_is_not_written_over(job: Callable[..., Job], tmp_path: Path) -> None:
    made = job("one", LORA)
    run(replace(made, minutes=0.0))
    with pytest.raises(TrainingError, match="holds a training with another recipe"):
        run(replace(made, recipe=replace(LORA, batch=1)))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "film.mp4").touch()
    with pytest.raises(TrainingError, match=r"full holds film\.mp4 already"):
        run(job("full", LORA))
