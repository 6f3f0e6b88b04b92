"""Batches follow from seed and number alone, come from training films, and are what the processor itself would make."""

from __future__ import annotations

import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from longvid.cogvlm2.prompts import IGNORE
from longvid_benchmarks.training import curriculum, stream
from longvid_benchmarks.training.curriculum import CURRICULA, Stage
from longvid_benchmarks.training.example import TRAIN, VALIDATE, Role
from longvid_benchmarks.training.training import Settings, Trainer

SMALL: dict[Role, tuple[Stage, ...]] = {
    "captioner": (
        Stage("frame", 2, 3, {"caption": 1.0}, frames=(1,), chunks=(3, 4)),
        Stage("clip", 100, 2, {"caption": 0.5, "events": 0.5}, frames=(4,), chunks=(3, 4)),
    ),
    "llm": (Stage("short", 100, 3, {"hierarchical": 1.0, "ledger": 1.0}, chunks=(2, 4), longest=400),),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for role, stages in SMALL.items():
        monkeypatch.setitem(CURRICULA, role, stages)


def same(one: stream.Batch, other: stream.Batch) -> bool:
    parts = [(one.ids, other.ids), (one.types, other.types), (one.targets, other.targets)]
    if one.frames is not None and other.frames is not None:
        parts.append((one.frames, other.frames))
    return all(np.array_equal(a, b) for a, b in parts) and (one.frames is None) == (other.frames is None)


@pytest.mark.parametrize("role", ["captioner", "llm"])
@pytest.mark.usefixtures("small")
def test_a_batch_follows_from_its_number(blank: Path, role: Role) -> None:
    made = []
    for number in (3, 0, 3):
        curriculum._pool.cache_clear()
        made.append(stream.make(str(blank), role, 7, number))
    assert same(made[0], made[2])
    assert not same(made[0], made[1])
    assert not same(made[0], stream.make(str(blank), role, 8, 3))


def test_other_processes_make_the_same_batches_in_order(blank: Path) -> None:
    batches = stream.batches(blank, "captioner", 1, 5, workers=1)
    ahead = list(islice(batches, 2))
    batches.close()
    assert [batch.number for batch in ahead] == [5, 6]
    assert same(ahead[1], stream.make(str(blank), "captioner", 1, 6))


@pytest.mark.usefixtures("small")
def test_a_batch_is_what_the_processor_makes_but_padded_at_the_right(blank: Path, processor: Any) -> None:
    examples = curriculum.examples_of(processor, "captioner", 0, 5)
    batch = stream.make(str(blank), "captioner", 0, 5)
    for row, example in enumerate(examples):
        made = processor(
            example.prompt,
            example.frames,
            times=example.times,
            answers=f" {example.answer}",
            template="chat",
            label=example.label,
        )
        ids, labels = made["input_ids"][0].numpy(), made["labels"][0].numpy()
        assert np.array_equal(batch.ids[row, : len(ids) - 1], ids[:-1])
        assert np.array_equal(batch.targets[row, : len(ids) - 1], labels[1:])
        assert (batch.targets[row, len(ids) - 1 :] == -100).all()
        assert np.array_equal(batch.types[row, : len(ids) - 1], made["token_type_ids"][0].numpy()[:-1])


@pytest.mark.usefixtures("small")
def test_examples_about_one_clip_share_a_row_and_are_learnt_as_if_each_stood_alone(
    blank: Path, processor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Stage("told", 100, 2, {"when": 1.0, "who": 1.0}, frames=(4,), chunks=(3, 4), asked=3)
    monkeypatch.setitem(CURRICULA, "captioner", (told,))
    examples = curriculum.examples_of(processor, "captioner", 0, 1)
    packed = stream.collate(processor, examples)
    assert len(packed.ids) == 2 < len(examples)
    assert packed.frames is not None
    assert len(packed.frames) == 2 * 4
    shutil.copytree(blank, tmp_path / "model")
    trainer = Trainer(tmp_path, Settings(), dtype=torch.float32)
    together = trainer._losses(packed).detach()
    of = packed.examples[packed.targets != IGNORE]
    for number, example in enumerate(examples):
        alone = trainer._losses(stream.collate(processor, [example])).detach()
        torch.testing.assert_close(together[torch.from_numpy(of == number)], alone, rtol=1e-4, atol=1e-4)


def test_nothing_is_learnt_from_films_for_tuning_or_testing(monkeypatch: pytest.MonkeyPatch, processor: Any) -> None:
    seeds = []

    def noting(seed: int, *args: Any) -> Any:
        seeds.append(seed)
        return invent(seed, *args)

    invent = curriculum.invent
    monkeypatch.setattr(curriculum, "invent", noting)
    for role in CURRICULA:
        curriculum.examples_of(processor, role, 991, 24)
    assert seeds
    assert max(seeds) < TRAIN.stop <= VALIDATE.start < VALIDATE.stop <= 600_000


def test_stages_follow_one_another_and_the_last_does_not_end() -> None:
    for stages in CURRICULA.values():
        first = 0
        for stage in stages[:-1]:
            assert curriculum.stage_of("captioner" if stages is CURRICULA["captioner"] else "llm", first) is stage
            first += stage.batches
        role: Role = "captioner" if stages is CURRICULA["captioner"] else "llm"
        turns = [curriculum.stage_of(role, 10**9 + block * curriculum.POOL) for block in range(8)]
        assert set(turns) == {stages[-1], *stages[-1].beside}
