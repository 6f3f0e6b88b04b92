"""Estimates of tokens: never fewer than a tokenizer counts on prose, and not many times as many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid.engine.servers.tokens import estimated, frame_tokens

DATA = Path(__file__).parent.parent.parent / "data"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("abcd", 1), ("abcd e", 2), ("0:25", 4), ("ж" * 10, 5), ("走" * 10, 10), ("😀" * 10, 30), ("ab走", 2)],
)
def test_characters_count_by_how_many_bytes_they_have(text: str, tokens: int) -> None:
    assert estimated(text) == tokens


def test_a_prompt_of_english_is_not_counted_as_half_its_bytes() -> None:
    rows = (json.loads(line) for line in (DATA / "elephants_dream.jsonl").read_text(encoding="utf-8").splitlines())
    text = " ".join(said.split(" | ")[2] for row in rows for said in row["lines"])
    words = len(text.split())
    # English as plain as this takes about 1.1 tokens a word in a large vocabulary; half its bytes are 2.6.
    assert 1.2 * words < estimated(text) < 2.0 * words


def test_a_frame_counts_by_squares_of_28_pixels() -> None:
    assert frame_tokens(224 * 224) == 64 + 16
    assert frame_tokens(1) == 1 + 16
