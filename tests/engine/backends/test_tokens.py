"""What folders say of tokens: ends from three places, orders that are only words, thoughts that stay marked."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer
from transformers import PreTrainedTokenizerFast

from longvid.engine.backends.spoken import without_opening, without_thoughts
from longvid.engine.backends.tokens import MOST_CONTEXT, context_of, controls, end_tokens, harmless, text_of
from tests.checkpoints import TOKENIZER


def tokenizer(*special: str) -> Any:
    made = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
    made.add_special_tokens([AddedToken(token, special=True) for token in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        eos_token="<|end_of_text|>",
        extra_special_tokens={f"t{i}": t for i, t in enumerate(special)},
    )


def test_ends_come_from_tokenizer_configurations_and_generation_settings(tmp_path: Path) -> None:
    assert end_tokens(tmp_path, 400, SimpleNamespace(eos_token_id=3), SimpleNamespace()) == (3,)
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": [7, 3, 500, -1, True, "x"]}))
    holders = [SimpleNamespace(eos_token_id=3), SimpleNamespace(eos_token_id=[5]), SimpleNamespace(eos_token_id=None)]
    assert end_tokens(tmp_path, 400, *holders) == (3, 5, 7)
    assert end_tokens(tmp_path, None, *holders) == (3, 5, 7, 500)
    (tmp_path / "generation_config.json").write_text("[]")
    assert end_tokens(tmp_path, 400, *holders) == (3, 5)


def test_a_context_is_the_least_that_anybody_names() -> None:
    text = SimpleNamespace(max_position_embeddings=4096, n_ctx=2048)
    assert context_of(text, SimpleNamespace(model_max_length=10**30)) == 2048
    assert context_of(text, SimpleNamespace(model_max_length=1024.0)) == 1024
    assert (
        context_of(SimpleNamespace(max_position_embeddings=True), SimpleNamespace(model_max_length=-1)) == MOST_CONTEXT
    )


def test_orders_spelt_out_are_words() -> None:
    orders = controls(tokenizer("<|video|>"), ["<image>", "x"])
    assert {"<|video|>", "<image>", "<|end_of_text|>"} <= set(orders)
    assert "x" not in orders, "a letter is none"
    assert harmless("He says <|video|> and <image>, x.", orders) == "He says < |video|> and < image>, x."


def test_marks_of_thoughts_stay_though_they_are_special() -> None:
    made = tokenizer("<think>", "</think>", "<|video|>")
    ids = made.encode("<think>the dog</think>the man<|video|><|end_of_text|>", add_special_tokens=False)
    assert without_thoughts(text_of(made, ids)) == "the man"


@pytest.mark.parametrize(
    ("prompt", "closed"),
    [
        ("Go on: <think>\n", "Go on: <think>\n\n</think>\n\n"),
        ("Go on: [THINK]", "Go on: [THINK]\n\n[/THINK]\n\n"),
        ("<think>so</think>Go on:", "<think>so</think>Go on:"),
        ("Go on", "Go on"),
    ],
)
def test_a_block_of_thoughts_that_the_template_opens_is_closed(prompt: str, closed: str) -> None:
    assert without_opening(prompt) == closed
