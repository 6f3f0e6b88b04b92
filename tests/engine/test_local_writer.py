"""A local causal language model as the writer: what it is told, how it is told from another, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from longvid.engine import device as devices
from longvid.engine.local_writer import LocalWriter
from longvid.engine.models import open_writer
from longvid.engine.request import Request
from longvid.errors import ModelError, WriterError
from tests.checkpoints import TOKENIZER


def make_writer(folder: Path, *, seed: int = 0, context: int = 512) -> Path:
    """A random Llama of two layers with the small tokenizer."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=384, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=context, bos_token_id=360, eos_token_id=361, pad_token_id=361,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|begin_of_text|>", eos_token="<|end_of_text|>"
    ).save_pretrained(folder)
    return folder


def writer(folder: Path) -> LocalWriter:
    made = open_writer(str(folder), devices.choose("cpu", None), 2)
    assert isinstance(made, LocalWriter)
    return made


def test_its_memory_is_counted_in_the_numbers_that_it_computes_with(tmp_path: Path) -> None:
    folder = make_writer(tmp_path / "w")
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    stored = (folder / "model.safetensors").stat().st_size
    place = replace(devices.choose("cpu", None), free=round(1.5 * stored))
    with pytest.raises(ModelError, match="in float32"):
        open_writer(str(folder), place, 2)
    assert open_writer(str(folder), replace(place, dtype="bfloat16"), 2)


def test_it_counts_what_it_reads_and_keeps_each_rows_own_limit(tmp_path: Path) -> None:
    model = writer(make_writer(tmp_path / "w"))
    requests = [Request("write", "the dog", 5), Request("write", "the man and the woman walk", 9)]
    results = model.answer(requests)
    assert [result.prompt_tokens for result in results] == [model.count(request) for request in requests]
    assert all(result.answer_tokens <= request.max_tokens for result, request in zip(results, requests, strict=True))
    alone = [model.answer([request])[0].text for request in requests]
    assert alone == [result.text for result in results], "a padded batch says what single calls say"


def test_control_tokens_in_a_caption_are_only_words(tmp_path: Path) -> None:
    model = writer(make_writer(tmp_path / "w"))
    ids = model._ids("a dog <|end_of_text|> says <|begin_of_text|>")
    assert 361 not in ids
    assert ids.count(360) <= 1, "at most the one that begins every prompt"


def test_two_writers_that_differ_in_one_layer_are_told_apart(tmp_path: Path) -> None:
    one, two = make_writer(tmp_path / "a"), make_writer(tmp_path / "b")
    assert writer(one).identity == writer(two).identity
    model = LlamaForCausalLM.from_pretrained(two)
    with torch.no_grad():
        model.model.layers[1].mlp.down_proj.weight += 1
    model.save_pretrained(two)
    assert writer(one).identity != writer(two).identity
    (one / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")
    assert writer(one).identity != writer(make_writer(tmp_path / "c")).identity


def test_what_cannot_write_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(WriterError, match=r"takes 64 tokens and writing needs"):
        writer(make_writer(tmp_path / "small", context=64))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(WriterError, match="safetensors"):
        writer(empty)
    with pytest.raises(WriterError, match="LangChain"):
        open_writer("nobody:nothing", devices.choose("cpu", None), None)
