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
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm.generator import VERSION
from longvid_benchmarks.training import bundle, sizes
from longvid_benchmarks.training.checkpointing import read_log
from longvid_benchmarks.training.curriculum import CURRICULA
from longvid_benchmarks.training.training import Settings, Trainer

BEGIN = {
    "event": "begin",
    "settings": {"role": "captioner"},
    "limit": None,
    "prompts": prompts.digest(),
    "storyfilm": VERSION,
    "device": "cpu",
    "threads": 1,
}


@pytest.fixture
def training(blank: Path, tmp_path: Path) -> Path:
    """A training that has only begun."""
    folder = tmp_path / "training"
    shutil.copytree(blank, folder / "model")
    trainer = Trainer(folder, Settings())
    trainer.log(BEGIN)
    trainer.log({"stage": "frame", "loss": {"caption": 2.5}})
    trainer.log({"event": "evaluation", "caption": {"recall": 0.5}})
    trainer.keep()
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
    first = bundle.begin_from(out, tmp_path / "next", "captioner")
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
    stages = CURRICULA["captioner"]
    assert bundle.begin_from(out, tmp_path / "next", "captioner", stages[0].name) == 0
    assert bundle.begin_from(out, tmp_path / "next", "captioner", stages[1].name) == stages[0].batches
    with pytest.raises(LongvidError, match=f"no stage 'none'; choose one of {stages[0].name}"):
        bundle.begin_from(out, tmp_path / "other", "captioner", "none")
    assert not (tmp_path / "other").exists()


def test_a_card_says_what_was_learnt_before_the_training_that_it_comes_from(training: Path, tmp_path: Path) -> None:
    said, source = [], training
    for number, (examples, minutes) in enumerate(((100, 60.0), (10, 30.0), (0, 0.0))):
        trainer = Trainer(source, Settings())
        trainer.examples, trainer.seconds = examples, 60 * minutes
        trainer.log(BEGIN)
        trainer.keep()
        out = bundle.export(source, tmp_path / f"out{number}")
        said.append((out / "README.md").read_text())
        source = tmp_path / f"next{number}"
        bundle.begin_from(out, source, "captioner")
    found = [line for text in said for line in text.splitlines() if line.startswith("| begun from")]
    assert "random weights" in found[0]
    assert "out0, after 100 examples in 1.0 hours" in found[1]
    assert "out1, after 110 examples in 1.5 hours" in found[2]


def test_a_bundle_has_the_weights_that_were_kept_and_says_no_more_of_them(training: Path, tmp_path: Path) -> None:
    trainer = Trainer(training, Settings())
    name, weight = next(iter(trainer.weights.items()))
    weight.add_(1.0)
    trainer.examples = 5
    trainer.keep()
    trainer.examples = 5000
    trainer.log({"stage": "frame", "loss": {"caption": 0.1}})
    out = bundle.export(training, tmp_path / "out")
    assert torch.equal(load_file(out / "model.safetensors")[name], weight.to(torch.bfloat16))
    said = json.loads((out / "card.json").read_text())
    assert (said["examples"], said["loss"]) == (5, {"caption": 2.5})


def test_a_bundle_knows_the_prompts_that_it_was_taught_not_those_of_its_export(
    training: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(prompts.WATCHING, "caption", "Tell me what you see.")
    assert not bundle.is_current(bundle.export(training, tmp_path / "out"))


def test_only_a_sitting_that_the_clock_ended_is_said_to_have_ended_by_it(training: Path, tmp_path: Path) -> None:
    trainer = Trainer(training, Settings())
    trainer.log(BEGIN | {"limit": 13.0})
    assert "by the clock" not in (bundle.export(training, tmp_path / "killed") / "README.md").read_text()
    trainer.log({"event": "end", "by": "clock"})
    said = (bundle.export(training, tmp_path / "ended") / "README.md").read_text()
    assert "by the clock, 13 minutes" in said
    assert "in 2 sittings" in said


def test_a_log_whose_last_row_a_kill_cut_off_is_read_and_goes_on(training: Path) -> None:
    whole = read_log(training)
    with (training / "log.jsonl").open("a") as file:
        file.write('{"batch": 1')
    assert read_log(training) == whole
    Trainer(training, Settings()).log({"event": "end"})
    assert [row.get("event") for row in read_log(training)[len(whole) :]] == ["end"]


@pytest.mark.parametrize("lost", ["card.json", "model.safetensors", "tokenizer.json"])
def test_a_training_from_what_is_no_bundle_leaves_nothing_that_looks_like_one(
    training: Path, tmp_path: Path, lost: str
) -> None:
    out = bundle.export(training, tmp_path / "out")
    (out / lost).write_text("no")
    with pytest.raises(LongvidError):
        bundle.begin_from(out, tmp_path / "next", "captioner")
    with pytest.raises(LongvidError):
        bundle.begin_from(out, tmp_path / "next", "llm")
    assert not (tmp_path / "next").exists() or not list((tmp_path / "next").iterdir())


def test_weights_of_other_sizes_are_refused_in_one_line(
    training: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = bundle.export(training, tmp_path / "out")
    monkeypatch.setitem(sizes.SIZES, "captioner", sizes.Sizes(64, 64, 1, 2, 1, 32, 32, 1, 2))
    with pytest.raises(LongvidError, match="other sizes"):
        bundle.begin_from(out, tmp_path / "next", "captioner")


def test_a_folder_without_a_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LongvidError, match="no training"):
        bundle.export(tmp_path, tmp_path / "out")
