"""The model card says what the files beside it say: sizes, training, held-out figures if there are any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longvid.errors import LongvidError
from longvid_benchmarks.training import bundle, model_card, training
from longvid_benchmarks.training.sizes import write_blank
from longvid_benchmarks.training.training import Settings, Trainer

INTERVAL = {"mean": 0.5, "low": 0.25, "high": 0.75, "films": 2}
TOLD = {"recall": INTERVAL, "precision": INTERVAL}
WATCHED: dict[str, Any] = {
    "caption": TOLD,
    "events": TOLD,
    "by_way": [{"task": "caption", "sampler": "uniform", "label": "index", **TOLD}],
    "line_seconds": {"asked": 0, "right": None},
    "questions": [{"task": "when", "label": "index", "asked": 7, "right": INTERVAL}],
    "words": {"colour": {"of": 10, "right": 0.9}},
    "confusions": [["colour", "red", "purple", 3]],
}
WRITTEN: dict[str, Any] = {
    "chunks": 8,
    "words": 164,
    "fact_recall_of_limit": INTERVAL,
    "fact_precision": INTERVAL,
    "link_recall_of_limit": INTERVAL,
    "exact": 0.25,
}
FOUND: dict[str, Any] = {"films": 2, "first_seed": 600_000, "chunks": 4, "film": False}


def exported(folder: Path, out: Path, role: Any) -> Path:
    """The bundle of a training that has only begun."""
    write_blank(folder / "model", role, 0)
    trainer = Trainer(folder, Settings(role=role))
    training._begin(trainer, None)
    for number in range(60):
        trainer.log({"stage": "frame", "loss": {"caption": 2.5 - number / 100}})
    trainer.keep()
    return bundle.export(folder, out)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return exported(tmp_path / "training", tmp_path / "out", "captioner")


def test_it_names_size_training_and_licence_from_the_files(out: Path) -> None:
    card = (out / "README.md").read_text()
    assert card.startswith("---\nlicense: apache-2.0\n")
    size = (out / "model.safetensors").stat().st_size
    assert f"{size / 1e6:.1f} MB" in card
    assert json.loads((out / "card.json").read_text())["prompts"] in card
    assert "Not judged yet" in card
    assert "## What it cannot do" in card


def test_losses_go_from_the_first_to_the_last_in_few_rows(out: Path) -> None:
    rows = [line for line in (out / "README.md").read_text().split("\n") if line.startswith("| 0 ")]
    assert "2.500" in rows[0]
    assert "1.910" in rows[-1]
    assert len(rows) <= model_card.ROWS + 1


def test_figures_stand_in_the_card_until_the_weights_are_others(out: Path, tmp_path: Path) -> None:
    assert bundle.judged(out, FOUND | {"captioner": WATCHED}) == out / "README.md"
    card = (out / "README.md").read_text()
    assert "0.500 (0.250 to 0.750)" in card
    assert "red told as purple (3)" in card
    assert "2 films from seed 600000 on" in card
    bundle.export(tmp_path / "training", out)
    assert "Not judged yet" in (out / "README.md").read_text()


def test_a_bundle_with_an_llm_describes_both(out: Path, tmp_path: Path) -> None:
    llm = exported(tmp_path / "writing", out / "writer", "llm")
    assert "## The LLM (in `writer/`)" in (out / "README.md").read_text()
    bundle.judged(out, FOUND | {"captioner": WATCHED, "llm": WRITTEN})
    both, alone = (out / "README.md").read_text(), (llm / "README.md").read_text()
    assert "into 164 words" in both
    assert "into 164 words" in alone
    assert "red told as purple" in both
    assert "red told as purple" not in alone


def test_what_is_no_bundle_has_no_card(tmp_path: Path) -> None:
    with pytest.raises(LongvidError, match="no card"):
        bundle.judged(tmp_path, FOUND | {"captioner": WATCHED})
