"""An LLM as the hub has many: its template and what ends its turn are in files of their own, named nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from longvid.engine import device as devices
from longvid.engine.backends.local import LocalLLM
from longvid.engine.models import open_llm
from longvid.engine.request import Request
from tests.checkpoints import TOKENIZER
from tests.cli.program import longvid
from tests.engine.chains import say
from tests.engine.llms import SIZES
from tests.fakehub import go_online, hub

SENTENCE, WORDS = "The dog is running in the park", [348, 303, 296, 355, 264, 258, 338]
START, TURN = 367, 369
"""Tokens that begin and end its turn; no configuration calls either an end."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An LLM that says `SENTENCE` and ends its turn."""
    torch.manual_seed(0)
    sizes = SIZES | {"eos_token_id": None, "pad_token_id": None}
    config = LlamaConfig(
        hidden_size=64, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2,
        max_position_embeddings=512, **sizes,
    )  # fmt: skip
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_file(str(TOKENIZER / "tokenizer.json")))
    model = LlamaForCausalLM(config)
    say(model, [START, *WORDS, TURN])
    model.save_pretrained(tmp_path / "w")
    tokenizer.save_pretrained(tmp_path / "w")
    started = tokenizer.convert_ids_to_tokens(START)
    (tmp_path / "w" / "chat_template.jinja").write_text(f"{{{{ messages[0].content }}}}{started}")
    (tmp_path / "w" / "generation_config.json").write_text(json.dumps({"eos_token_id": [TURN]}))
    assert "template" not in (tmp_path / "w" / "tokenizer_config.json").read_text()
    return tmp_path / "w"


def test_its_template_and_the_end_of_its_turn_are_fetched_and_heeded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_online(monkeypatch)
    with hub({path.name: path.read_bytes() for path in folder.iterdir()}) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        llm = open_llm("some/model", devices.choose("cpu", None), 2)
    raw = llm.answer([Request("write", "Who is there?", 40)])[0]
    assert (raw.text, raw.finish) == (SENTENCE, "stop")


def test_without_a_template_prompts_are_given_as_they_are_and_a_line_says_so(folder: Path) -> None:
    with_one = open_llm(str(folder), devices.choose("cpu", None), 2)
    assert isinstance(with_one, LocalLLM)
    assert with_one.remark is None
    (folder / "chat_template.jinja").unlink()
    llm = open_llm(str(folder), devices.choose("cpu", None), 2)
    assert isinstance(llm, LocalLLM)
    assert llm._rendered("Who is there?") == "Who is there?"
    captions = folder.parent / "captions.jsonl"
    captions.write_text('{"start": 0, "end": 9, "caption": "A man walks over red sand."}\n')
    ended = longvid("merge", "--captions", captions, "--llm", folder, "--strategy", "single", "-o", folder.parent / "o")
    assert f"{llm.remark}\n" in ended.stderr
    assert llm.remark == f"{folder} has no chat template, so it is given prompts as they are, as a base model is"
