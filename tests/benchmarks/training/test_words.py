"""The tokenizer: every word of StoryFilm and of the prompts is one token, and nothing is unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longvid.cogvlm2.checkpoint import inspect
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, NAMES, OBJECTS, PLACES, SHAPES
from longvid_benchmarks.training.sizes import SIZES, write_blank


@pytest.mark.parametrize("word", [*NAMES, *COLOURS, *OBJECTS, *PLACES, *SHAPES])
def test_a_word_of_the_films_is_one_token_wherever_it_stands(processor: Any, word: str) -> None:
    assert [processor.count_text(text) for text in (f" {word}", word, f" {word.capitalize()}")] == [1, 1, 1]


@pytest.mark.parametrize("number", range(100))
def test_a_frame_label_is_one_token(processor: Any, number: int) -> None:
    assert processor.count_text(str(number)) == 1


@pytest.mark.parametrize("name", [*prompts.WATCHING, *prompts.WRITING])
def test_prompts_take_hardly_more_tokens_than_words_and_marks(processor: Any, name: str) -> None:
    text = {**prompts.WATCHING, **prompts.WRITING}[name]
    assert processor.count_text(text) <= 1.6 * len(text.split())


@pytest.mark.parametrize("seed", [400_001, 500_001])
def test_captions_of_any_film_are_short_and_come_back_whole(processor: Any, seed: int) -> None:
    for text in gold.captions(invent(seed, 8)):
        ids = processor._encode(text)
        assert processor.decode(ids) == text
        assert len(ids) <= 1.5 * len(text.split())


@pytest.mark.parametrize(
    "text", ["Ünïcode ☃ 你好", "grommets  and\n\ttabs", "180 words, [1, 2]. <|end_of_text|>", "\ud800"]
)
def test_what_is_no_word_of_the_films_is_bytes_and_never_unknown(processor: Any, text: str) -> None:
    whole = text.encode("utf-8", "replace").decode()
    assert processor.decode(processor._encode(text)) == whole


def test_both_models_are_official_checkpoints_that_fit_into_the_bundle(tmp_path: Path) -> None:
    total = 0
    for role in SIZES:
        write_blank(tmp_path / role, role, 0)
        report = inspect(tmp_path / role)
        report.require_complete()
        total += 2 * report.parameters
    assert total < 22_000_000
