"""Batches: labels on answers alone, clips of any number of frames side by side, pairs one below the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from longvid.cogvlm2 import CogVLM2VideoProcessor
from longvid.cogvlm2.prompts import IGNORE
from longvid.errors import DataError
from longvid.film import Clip, write_clip
from longvid.training.batches import Collator, PairCollator
from longvid.training.examples import Clips, Example
from longvid.training.recipe import Recipe
from tests.checkpoints import make_checkpoint


@pytest.fixture(scope="module")
def processor(tmp_path_factory: pytest.TempPathFactory) -> CogVLM2VideoProcessor:
    return CogVLM2VideoProcessor.from_pretrained(make_checkpoint(tmp_path_factory.mktemp("model")))


@pytest.fixture
def examples(tmp_path: Path) -> list[Example]:
    found = []
    for row, count in enumerate((3, 1), 1):
        path = tmp_path / f"{row}.safetensors"
        write_clip(path, Clip(np.full((count, 56, 56, 3), row, np.uint8), np.arange(count, dtype=np.float64)))
        found.append(Example(str(path), (), "What happens?", "a man runs" if row == 1 else "no", "the dog", row))
    return [*found, Example(None, (("Who?", "he"),), "Where?", "in the park", "the dog", 3)]


def test_answers_alone_are_learnt_whatever_stands_beside_them(
    processor: CogVLM2VideoProcessor, examples: list[Example], tmp_path: Path
) -> None:
    recipe = Recipe()
    collator = Collator(processor, examples, Clips(tmp_path, recipe, 56), recipe, "chat")
    batch = collator([{"row": 0}, {"row": 1}, {"row": 2}])
    assert batch["pixel_values"].shape == (4, 3, 56, 56)
    for row, example in enumerate(examples):
        kept = batch["labels"][row] != IGNORE
        assert processor.decode(batch["labels"][row][kept]) == f" {example.answer}"
        assert torch.equal(batch["input_ids"][row][kept], batch["labels"][row][kept])
        assert int(batch["token_type_ids"][row].sum()) == (18, 6, 0)[row]
    assert collator.longest() == batch["input_ids"].shape[1]


def test_without_labels_nothing_stands_between_frames(
    processor: CogVLM2VideoProcessor, examples: list[Example], tmp_path: Path
) -> None:
    lengths = {}
    for label in ("index", "seconds", "none"):
        recipe = Recipe(label=label)
        collator = Collator(processor, examples, Clips(tmp_path, recipe, 56), recipe, "chat")
        lengths[label] = collator([{"row": 0}])["input_ids"].shape[1]
    assert lengths["index"] == lengths["seconds"] == lengths["none"] + 3


def test_pairs_are_chosen_rows_then_rejected_ones(
    processor: CogVLM2VideoProcessor, examples: list[Example], tmp_path: Path
) -> None:
    recipe = Recipe()
    batch = PairCollator(processor, examples, Clips(tmp_path, recipe, 56), recipe, "chat")([{"row": 0}, {"row": 1}])
    assert "labels" not in batch
    said = [
        processor.decode(ids[mask == 1]) for ids, mask in zip(batch["input_ids"], batch["completion_mask"], strict=True)
    ]
    assert said == [" a man runs", " no", " the dog", " the dog"]
    assert batch["pixel_values"].shape == (8, 3, 56, 56)
    assert torch.equal(batch["pixel_values"][:4], batch["pixel_values"][4:])


def test_what_is_too_long_is_named_by_its_row_before_anything_is_trained(
    processor: CogVLM2VideoProcessor, tmp_path: Path
) -> None:
    recipe = Recipe()
    long = Example(None, (), "dog " * 3000, "no", None, 7)
    with pytest.raises(DataError, match=r"sample 7: prompt and answer take \d+ tokens but only 2048"):
        Collator(processor, [long], Clips(tmp_path, recipe, 56), recipe, "chat").longest()
