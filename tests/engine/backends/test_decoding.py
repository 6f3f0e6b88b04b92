"""Decoding of a batch: each row goes its own way, whatever is beside it and whatever its numbers are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.device import Device
from longvid.engine.guards import judge
from longvid.engine.request import Request
from tests.checkpoints import make_checkpoint

PROMPTS = ["the dog walks", "the man and the woman walk to the house", "a cat"]


def requests(*prompts: str) -> list[Request]:
    return [Request("write", prompt, 12) for prompt in prompts]


def backend(folder: Path) -> CogVLM2Backend:
    place = Device("cpu", "float32", 1 << 30, "CPU")
    return CogVLM2Backend(folder, fingerprint="r", device=place, template="chat", label="index", batch=4, threads=1)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> CogVLM2Backend:
    return backend(make_checkpoint(tmp_path_factory.mktemp("sound") / "model", seed=1, shards=1))


def test_a_sampled_row_says_the_same_alone_and_in_any_batch(sound: CogVLM2Backend) -> None:
    together = [raw.text for raw in sound.answer(requests(*PROMPTS), seed=7)]
    alone = [sound.answer(requests(prompt), seed=7)[0].text for prompt in PROMPTS]
    assert together == alone
    assert together[::-1] == [raw.text for raw in sound.answer(requests(*PROMPTS[::-1]), seed=7)]


def test_a_sampled_row_is_another_with_another_seed_and_than_the_greedy_one(sound: CogVLM2Backend) -> None:
    said = {seed: tuple(raw.text for raw in sound.answer(requests(*PROMPTS), seed=seed)) for seed in (None, 7, 8)}
    assert len(set(said.values())) == 3


@pytest.mark.parametrize("seed", [None, 7])
def test_numbers_that_are_none_end_an_answer_and_are_no_fault(tmp_path: Path, seed: int | None) -> None:
    folder = make_checkpoint(tmp_path / "model", seed=1, shards=1)
    (shard,) = folder.glob("*.safetensors")
    weights = load_file(shard)
    weights["model.norm.weight"] = torch.full_like(weights["model.norm.weight"], float("nan"))
    save_file(weights, shard, metadata={"format": "pt"})
    for raw in backend(folder).answer(requests(*PROMPTS), seed=seed):
        assert (raw.text, raw.finish) == ("", "length")
        assert judge(raw).status == "degraded"
