"""Likelihoods of words: those that the model's own numbers give, however many passes it takes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.backends.decoding import generate
from longvid.engine.backends.likelihoods import measure, tokens_after
from longvid.engine.device import Device
from longvid.engine.likelihood import Likely, require_likely
from longvid.engine.request import ClipRef, Request
from longvid.errors import ModelError
from longvid.film import Clip, write_clip
from tests.checkpoints import make_checkpoint
from tests.standins import ScriptedBackend

WORDS = ["(A", " (B", "(C", "the dog walks", " 12"]


def backend(folder: Path) -> CogVLM2Backend:
    place = Device("cpu", "float32", 1 << 30, "CPU")
    return CogVLM2Backend(folder, fingerprint="r", device=place, template="chat", label="index", batch=4, threads=1)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> CogVLM2Backend:
    return backend(make_checkpoint(tmp_path_factory.mktemp("sound") / "model", seed=1, shards=1))


@pytest.fixture(scope="module")
def watching(tmp_path_factory: pytest.TempPathFactory) -> Request:
    path = tmp_path_factory.mktemp("clip") / "clip"
    frames = np.random.default_rng(1).integers(0, 256, (3, 56, 56, 3), dtype=np.uint8)
    write_clip(path, Clip(frames, np.arange(3.0)))
    return Request("ask", "what walks?", 4, ClipRef(path, "d", 0, (0.0, 1.0, 2.0)))


@pytest.mark.parametrize("watched", [True, False])
def test_they_are_what_one_pass_over_prompt_and_words_gives(
    sound: CogVLM2Backend, watching: Request, watched: bool
) -> None:
    request = watching if watched else Request("write", "what walks?", 4)
    found = sound.likelihoods(request, WORDS)
    model, encode = sound._loaded(), sound.processor.tokenizer.encode
    for word, one in zip(WORDS, found, strict=True):
        ids = encode(word, add_special_tokens=False)
        inputs = sound._inputs(model, [request])
        for name, more in (("input_ids", ids), ("token_type_ids", [0] * len(ids)), ("attention_mask", [1] * len(ids))):
            inputs[name] = torch.cat([inputs[name], torch.tensor([more])], dim=1)
        with torch.inference_mode():
            logs = torch.log_softmax(model(**inputs).logits[0].double(), -1)[-len(ids) - 1 : -1]
        wanted = sum(float(row[token]) for row, token in zip(logs, ids, strict=True))
        assert math.isclose(one.logprob, wanted, abs_tol=1e-4), word


def test_what_a_model_writes_is_greedy_and_other_words_are_not(sound: CogVLM2Backend, watching: Request) -> None:
    model = sound._loaded()
    inputs = sound._inputs(model, [watching])
    ((ids, _),) = generate(model, inputs, [4], eos=[361], pad=361, seed=None, stopped=lambda: False)
    assert len(ids) == 4
    found = measure(model, inputs, [ids, ids[:2], [*ids[:3], ids[3] - 1], [ids[0] - 1, *ids[1:]]])
    assert [one.greedy for one in found] == [True, True, False, False]
    assert found[1].logprob > found[0].logprob > found[2].logprob


def test_words_that_would_change_the_prompts_last_token_stand_behind_it_as_it_is() -> None:
    vocabulary = {"a": 1, "(": 2, "A": 3, "(A": 4}

    def encode(text: str) -> list[int]:
        ids, at = [], 0
        while at < len(text):
            size = 2 if text[at : at + 2] in vocabulary else 1
            ids.append(vocabulary[text[at : at + size]])
            at += size
        return ids

    assert tokens_after(encode, "a(", "A") == [3]
    assert tokens_after(encode, "a", "(A") == [4]
    with pytest.raises(ValueError, match="no tokens"):
        tokens_after(encode, "a", "")


def test_numbers_that_are_none_are_an_error_with_a_remedy(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "model", seed=1, shards=1)
    (shard,) = folder.glob("*.safetensors")
    weights = load_file(shard)
    weights["model.norm.weight"] = torch.full_like(weights["model.norm.weight"], float("nan"))
    save_file(weights, shard, metadata={"format": "pt"})
    with pytest.raises(ModelError, match="--dtype"):
        backend(folder).likelihoods(Request("write", "a", 4), WORDS)


def test_a_backend_that_tells_none_is_named_with_a_remedy(sound: CogVLM2Backend) -> None:
    assert isinstance(sound, Likely)
    with pytest.raises(ModelError, match=r"http://x tells no likelihoods .* a folder or a hub id"):
        require_likely(ScriptedBackend(), "http://x")
