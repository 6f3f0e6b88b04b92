"""Training: it learns, goes on exactly where it was stopped, and what comes of it is an official checkpoint."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
import torch

from longvid.cogvlm2.pixels import transform
from longvid_benchmarks.training import stream, training
from longvid_benchmarks.training.checkpointing import STATE, read_log
from longvid_benchmarks.training.curriculum import CURRICULA, Stage
from longvid_benchmarks.training.training import Settings, Trainer, eased

STAGES = (Stage("frame", 100, 4, {"caption": 1.0}, frames=(1,), chunks=(3, 4)),)
SETTINGS = Settings(warm_up=2)


@pytest.fixture
def batches(blank: Path, monkeypatch: pytest.MonkeyPatch) -> list[stream.Batch]:
    monkeypatch.setitem(CURRICULA, "captioner", STAGES)
    return [stream.make(str(blank), "captioner", 0, number) for number in range(4)]


def begin(blank: Path, folder: Path) -> Trainer:
    if not folder.exists():
        shutil.copytree(blank, folder / "model")
    return Trainer(folder, SETTINGS, dtype=torch.float32)


def test_a_training_goes_on_exactly_where_it_was_kept(blank: Path, tmp_path: Path, batches: list[Any]) -> None:
    straight = begin(blank, tmp_path / "a")
    for batch in batches:
        straight.step(batch)
    first = begin(blank, tmp_path / "b")
    for batch in batches[:2]:
        first.step(batch)
    first.keep()
    second = begin(blank, tmp_path / "b")
    assert (second.number, second.examples) == (2, 8)
    for batch in batches[2:]:
        second.step(batch)
    for one, other in zip(straight.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_learns_a_batch_that_it_sees_again(
    blank: Path, tmp_path: Path, batches: list[Any], dtype: torch.dtype
) -> None:
    shutil.copytree(blank, tmp_path / "a" / "model")
    trainer = Trainer(tmp_path / "a", SETTINGS, dtype=dtype)
    losses = [fmean(chain(*trainer.step(batches[0]).values())) for _ in range(8)]
    assert losses[-1] < losses[0] - 1.0


def test_frames_reach_the_model_as_the_processor_would_give_them(blank: Path, tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 56, 56, 3), dtype=np.uint8)
    trainer = begin(blank, tmp_path / "a")
    assert torch.allclose(trainer.pixels(torch.from_numpy(frames)), transform(frames, 56), atol=1e-6)


def test_padding_at_the_right_changes_no_loss(blank: Path, tmp_path: Path, batches: list[Any]) -> None:
    trainer = begin(blank, tmp_path / "a")
    trainer.model.eval()
    batch = batches[0]
    end = ((0, 0), (0, 9))
    more = {name: np.pad(getattr(batch, name), end) for name in ("types", "places", "examples")}
    ids, targets = np.pad(batch.ids, end, constant_values=5), np.pad(batch.targets, end, constant_values=-100)
    longer = replace(batch, ids=ids, targets=targets, **more)
    with torch.no_grad():
        assert torch.allclose(trainer._losses(batch), trainer._losses(longer), atol=1e-5)


def test_a_model_in_training_does_not_see_the_padding_of_prompts(blank: Path, tmp_path: Path, processor: Any) -> None:
    model = begin(blank, tmp_path / "a").model.eval()
    prompts = ["Who jumps?", "Who jumps, sleeps, dances or walks past in the garden, and who greets whom?"]
    both, alone = processor(prompts, template="chat"), processor(prompts[:1], template="chat")
    assert both["attention_mask"][0].sum() < both["attention_mask"].shape[1]
    with torch.no_grad():
        padded, plain = (model(**{name: made[name] for name in made}).logits[0, -1] for made in (both, alone))
    torch.testing.assert_close(padded, plain, rtol=1e-4, atol=1e-4)


def test_computing_in_bfloat16_loses_no_small_step(blank: Path, tmp_path: Path, batches: list[Any]) -> None:
    shutil.copytree(blank, tmp_path / "a" / "model")
    trainer = Trainer(tmp_path / "a", replace(SETTINGS, rate=1e-6, warm_up=1), dtype=torch.bfloat16)
    before = {name: weight.clone() for name, weight in trainer.weights.items()}
    trainer.step(batches[0])
    told = [name for name, weight in trainer.weights.items() if not torch.equal(weight, before[name])]
    assert len(told) > len(before) // 2
    for name, weight in trainer.model.named_parameters():
        assert torch.equal(weight, trainer.weights[name].to(torch.bfloat16))


def test_a_state_that_was_cut_off_while_written_is_never_seen(blank: Path, tmp_path: Path, batches: list[Any]) -> None:
    trainer = begin(blank, tmp_path / "a")
    trainer.step(batches[0])
    trainer.keep()
    (tmp_path / "a" / f".{STATE}").write_bytes(b"half")
    assert begin(blank, tmp_path / "a").number == 1


def test_the_rate_rises_holds_and_falls() -> None:
    settings = Settings(rate=1.0, warm_up=10, until=100, cool=20)
    assert [round(settings.rate_at(n), 2) for n in (0, 9, 50, 80, 90, 99)] == [0.1, 1.0, 1.0, 1.0, 0.5, 0.05]
    # A training that begins with other weights begins gently too.
    assert [round(settings.rate_at(n, first=50), 2) for n in (50, 54, 60)] == [0.1, 0.5, 1.0]


def test_where_time_is_limited_the_rate_falls_towards_the_end(blank: Path, tmp_path: Path) -> None:
    trainer = begin(blank, tmp_path / "a")
    trainer.number = 50
    whole = trainer.rate
    assert [eased(gone) for gone in (0.0, 0.5, 0.66)] == [1.0, 1.0, 1.0]
    assert eased(0.9) == pytest.approx(0.3)
    assert eased(1.2) == 0.05
    trainer.ease = eased(0.9)
    assert trainer.rate == pytest.approx(0.3 * whole)


def test_a_training_that_the_clock_ends_learns_with_a_falling_rate(
    blank: Path, tmp_path: Path, batches: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = iter(range(10_000))
    monkeypatch.setattr(training.time, "monotonic", lambda: float(next(passed)))
    monkeypatch.setattr(stream, "batches", lambda *of, **more: (replace(batches[0], number=n) for n in count()))
    shutil.copytree(blank, tmp_path / "a" / "model")
    training.train(tmp_path / "a", SETTINGS, minutes=1.0, log_every=1, keep_every=1e9, tell=lambda text: None)
    rows = read_log(tmp_path / "a")
    rates = [row["rate"] for row in rows if "rate" in row]
    assert rates[len(rates) // 2] == SETTINGS.rate
    assert rates[-1] < 0.2 * SETTINGS.rate
    assert (rows[-1]["event"], rows[-1]["by"]) == ("end", "clock")
