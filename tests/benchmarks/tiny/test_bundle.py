"""A bundle: official, in bfloat16, with a card that says what it was trained on; and a training begun from one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from longvid.engine.models import open_models
from longvid.errors import LongvidError
from longvid_benchmarks.tiny import bundle, prompts, sizes
from longvid_benchmarks.tiny.curriculum import CURRICULA
from longvid_benchmarks.tiny.training import Settings, Trainer


@pytest.fixture
def training(blank: Path, tmp_path: Path) -> Path:
    """A training that has only begun."""
    folder = tmp_path / "training"
    shutil.copytree(blank, folder / "model")
    trainer = Trainer(folder, Settings())
    trainer.log({"event": "begin", "settings": {"role": "watcher"}, "device": "cpu", "threads": 1})
    trainer.log({"stage": "frame", "loss": {"caption": 2.5}})
    trainer.log({"event": "evaluation", "caption": {"recall": 0.5}})
    return folder


def test_a_bundle_opens_as_any_model_and_is_small(training: Path, tmp_path: Path) -> None:
    out = bundle.export(training, tmp_path / "out")
    assert open_models(str(out), device="cpu").image_size == 56
    assert {tensor.dtype for tensor in load_file(out / "model.safetensors").values()} == {torch.bfloat16}
    assert sum(path.stat().st_size for path in out.iterdir()) < 9_000_000


def test_the_card_says_on_what_and_how_far_it_was_trained(training: Path, tmp_path: Path) -> None:
    out = bundle.export(training, tmp_path / "out")
    said = json.loads((out / "card.json").read_text())
    assert said["prompts"] == prompts.digest()
    assert said["loss"] == {"caption": 2.5}
    assert said["validation"]["caption"] == {"recall": 0.5}


def test_a_bundle_of_other_prompts_is_noticed(training: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = bundle.export(training, tmp_path / "out")
    assert bundle.is_current(out)
    monkeypatch.setitem(prompts.WATCHING, "caption", "Tell me what you see.")
    assert not bundle.is_current(out)


def test_a_training_from_a_bundle_keeps_what_every_word_means(
    training: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = bundle.export(training, tmp_path / "out")
    monkeypatch.setitem(prompts.WRITING, "new", "Abracadabra, please.")
    first = bundle.begin_from(out, tmp_path / "next", "watcher")
    old, new = load_file(out / "model.safetensors"), load_file(tmp_path / "next" / "model" / "model.safetensors")
    before, now = bundle._vocabulary(out), bundle._vocabulary(tmp_path / "next" / "model")
    assert len(now) > len(before)
    for token in (" purple".replace(" ", "Ġ"), "The", "<|end_of_text|>"):
        rows = old["lm_head.weight"][before[token]], new["lm_head.weight"][now[token]]
        assert torch.equal(rows[0].float(), rows[1].float())
    assert first > 0
    assert Trainer(tmp_path / "next", Settings(), first=first).number == first


def test_a_training_from_a_bundle_begins_with_the_stage_that_is_asked_for(training: Path, tmp_path: Path) -> None:
    out = bundle.export(training, tmp_path / "out")
    stages = CURRICULA["watcher"]
    assert bundle.begin_from(out, tmp_path / "next", "watcher", stages[0].name) == 0
    assert bundle.begin_from(out, tmp_path / "next", "watcher", stages[1].name) == stages[0].batches
    with pytest.raises(LongvidError, match=f"no stage 'none'; choose one of {stages[0].name}"):
        bundle.begin_from(out, tmp_path / "other", "watcher", "none")
    assert not (tmp_path / "other").exists()


def test_a_card_says_what_was_learnt_before_the_training_that_it_comes_from(training: Path, tmp_path: Path) -> None:
    of = ({"lessons": 100, "minutes": 60.0}, {"lessons": 10, "minutes": 30.0}, {"lessons": 0, "minutes": 0.0})
    said, source = [], training
    for number, learnt in enumerate(of):
        log = source / "log.jsonl"
        rows = [json.loads(line) for line in log.read_text().splitlines()]
        if number:
            rows.append({"event": "begin", "settings": {"role": "watcher"}, "device": "cpu", "threads": 1})
        log.write_text(
            "".join(json.dumps(row | learnt) + "\n" if "source" not in row else json.dumps(row) + "\n" for row in rows)
        )
        out = bundle.export(source, tmp_path / f"out{number}")
        said.append((out / "README.md").read_text())
        source = tmp_path / f"next{number}"
        bundle.begin_from(out, source, "watcher")
    found = [line for text in said for line in text.splitlines() if line.startswith("| begun from")]
    assert "random weights" in found[0]
    assert "out0, after 100 lessons in 1.0 hours" in found[1]
    assert "out1, after 110 lessons in 1.5 hours" in found[2]


def test_weights_of_other_sizes_are_refused_in_one_line(
    training: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = bundle.export(training, tmp_path / "out")
    monkeypatch.setitem(sizes.SIZES, "watcher", sizes.Sizes(64, 64, 1, 2, 1, 32, 32, 1, 2))
    with pytest.raises(LongvidError, match="other sizes"):
        bundle.begin_from(out, tmp_path / "next", "watcher")


def test_a_folder_without_a_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LongvidError, match="no training"):
        bundle.export(tmp_path, tmp_path / "out")
