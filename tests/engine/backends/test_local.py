"""A local causal language model as the LLM: what it is told, how it is told from another, and what it refuses."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM

from longvid.engine import device as devices
from longvid.engine.backends import decoding
from longvid.engine.backends.local import LocalLLM
from longvid.engine.models import open_llm
from longvid.engine.request import Request
from longvid.errors import LLMError, ModelError
from tests.engine.llms import make_llm, make_other
from tests.fakehub import go_online, hub


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An LLM's folder. Read-only."""
    return make_llm(tmp_path_factory.mktemp("LLMs") / "good")


def llm(folder: Path) -> LocalLLM:
    made = open_llm(str(folder), devices.choose("cpu", None), 2)
    assert isinstance(made, LocalLLM)
    return made


def test_its_memory_is_counted_in_the_numbers_that_it_computes_with(tmp_path: Path) -> None:
    folder = make_llm(tmp_path / "w")
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    stored = (folder / "model.safetensors").stat().st_size
    place = replace(devices.choose("cpu", None), free=round(1.5 * stored))
    with pytest.raises(ModelError, match="in float32"):
        open_llm(str(folder), place, 2)
    assert open_llm(str(folder), replace(place, dtype="bfloat16"), 2)


def test_it_counts_what_it_reads_and_keeps_each_rows_own_limit(tmp_path: Path) -> None:
    model = llm(make_llm(tmp_path / "w"))
    requests = [Request("write", "the dog", 5), Request("write", "the man and the woman walk", 9)]
    results = model.answer(requests)
    assert [result.prompt_tokens for result in results] == [model.count(request) for request in requests]
    assert all(result.answer_tokens <= request.max_tokens for result, request in zip(results, requests, strict=True))
    alone = [model.answer([request])[0].text for request in requests]
    assert alone == [result.text for result in results], "a padded batch says what single calls say"


def test_control_tokens_in_a_caption_are_only_words(tmp_path: Path) -> None:
    model = llm(make_llm(tmp_path / "w"))
    ids = model._ids("a dog <|end_of_text|> says <|begin_of_text|>")
    assert 361 not in ids
    assert ids.count(360) <= 1, "at most the one that begins every prompt"


def test_two_llms_that_differ_in_one_layer_are_told_apart(tmp_path: Path) -> None:
    one, two = make_llm(tmp_path / "a"), make_llm(tmp_path / "b")
    assert llm(one).identity == llm(two).identity
    model = LlamaForCausalLM.from_pretrained(two)
    with torch.no_grad():
        model.model.layers[1].mlp.down_proj.weight += 1
    model.save_pretrained(two)
    assert llm(one).identity != llm(two).identity
    (one / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")
    assert llm(one).identity != llm(make_llm(tmp_path / "c")).identity


def test_what_cannot_write_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(LLMError, match=r"takes 64 tokens and writing needs"):
        llm(make_llm(tmp_path / "small", context=64))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(LLMError, match="safetensors"):
        llm(empty)
    with pytest.raises(LLMError, match="LangChain"):
        open_llm("nobody:nothing", devices.choose("cpu", None), None)


def test_every_end_token_that_the_folder_names_ends_an_answer(good: Path, tmp_path: Path) -> None:
    said = llm(good).answer([Request("write", "the dog", 24)])[0]
    ids = llm(good)._causal.tokenizer.encode(said.text, add_special_tokens=False)
    folder = shutil.copytree(good, tmp_path / "w")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [361, *range(369)], "num_beams": 3}))
    ended = llm(folder).answer([Request("write", "the dog", 24)])[0]
    assert said.finish == "length"
    assert ids
    assert (ended.text, ended.finish) == ("", "stop")


@pytest.mark.parametrize(
    "settings",
    [
        {"num_beams": 4},
        {"repetition_penalty": 1.3, "no_repeat_ngram_size": 1},
        {"stop_strings": ["n"]},
        {"do_sample": True, "temperature": 9.0, "top_k": 50},
        {"min_new_tokens": 30, "suppress_tokens": [1, 2], "forced_eos_token_id": 5},
        {"cache_implementation": "no such"},
        {"eos_token_id": ["a", None, -1, 10**9, True]},
        "no JSON",
    ],
    ids=str,
)
def test_nothing_else_that_it_asks_of_generation_changes_an_answer(good: Path, tmp_path: Path, settings: Any) -> None:
    folder = shutil.copytree(good, tmp_path / "w")
    (folder / "generation_config.json").write_text(json.dumps(settings) if isinstance(settings, dict) else settings)
    requests = [Request("write", "the dog walks", 12), Request("write", "the man and the woman walk", 12)]
    assert llm(folder).answer(requests) == llm(good).answer(requests)


@pytest.mark.parametrize("kind", ["rwkv", "bart"])
def test_an_llm_that_ignores_padding_is_asked_one_at_a_time(tmp_path: Path, kind: str) -> None:
    model = llm(make_other(tmp_path / "w", kind))
    requests = [Request("write", "the dog walks", 12), Request("write", "the man and the woman walk home", 12)]
    assert [raw.text for raw in model.answer(requests)] == [model.answer([one])[0].text for one in requests]


def test_an_llm_that_heeds_padding_is_asked_many_at_a_time(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, sizes = llm(good), []

    def generate(model: Any, inputs: dict[str, Any], *of: Any, **options: Any) -> list[tuple[list[int], str]]:
        sizes.append(len(inputs["input_ids"]))
        return [([], "stop")] * len(inputs["input_ids"])

    monkeypatch.setattr(decoding, "generate", generate)
    model.answer([Request("write", "the dog", 5), Request("write", "the man and the woman walk", 5)])
    assert sizes == [2]


@pytest.mark.parametrize(("opened", "thought"), [(False, False), (True, True)])
def test_what_it_thinks_aloud_is_no_answer(good: Path, tmp_path: Path, opened: bool, thought: bool) -> None:
    folder = shutil.copytree(good, tmp_path / "w")
    (folder / "chat_template.jinja").write_text(
        "{{ messages[0]['content'] }}{% if enable_thinking %}Think!{% endif %}" + ("<think>\n" if opened else "")
    )
    model = llm(folder)
    assert "Think!" not in model._rendered("the dog")
    assert (model.answer([Request("write", "the dog", 12)])[0].text == "") == thought


def test_one_that_is_fetched_has_its_template_and_its_end_tokens(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(good, tmp_path / "w")
    (folder / "chat_template.jinja").write_text("User: {{ messages[0]['content'] }} Answer:")
    (folder / "generation_config.json").write_text('{"eos_token_id": [361, 363]}')
    go_online(monkeypatch)
    with hub({path.name: path.read_bytes() for path in folder.iterdir()}) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        fetched = llm(Path("some/model"))
    assert fetched._rendered("the dog") == "User: the dog Answer:"
    assert fetched._causal.ends == (361, 363)
    assert fetched.identity == llm(folder).identity


def test_its_context_can_be_made_smaller_and_not_larger(good: Path) -> None:
    place = devices.choose("cpu", None)
    assert open_llm(str(good), place, 2, 256).context == 256
    assert open_llm(str(good), place, 2, 100_000).context == 512
