"""The figures of an evaluation: what counts as told, which words were mistaken for which."""

from __future__ import annotations

from typing import Any

import pytest

from longvid_benchmarks.training import evaluation
from longvid_benchmarks.training.evaluation import Tally, compared, is_right, seconds_within, sentences_of
from longvid_benchmarks.training.example import Example

GOLD = "The place is the cave. The red circle sleeps. The blue star jumps."


def test_sentences_of_a_caption_are_those_after_the_place() -> None:
    assert sentences_of(GOLD) == ["The red circle sleeps.", "The blue star jumps."]


@pytest.mark.parametrize(
    ("said", "recall", "precision"),
    [
        (GOLD, 1.0, 1.0),
        ("The place is the cave. The red circle sleeps.", 0.5, 1.0),
        ("The place is the cave. The red circle sleeps. The red circle sleeps.", 0.5, 0.5),
        ("The place is the cave. The red square sleeps. The blue star dances.", 0.0, 0.0),
        ("", 0.0, 1.0),
    ],
)
def test_a_sentence_counts_once_and_only_to_the_letter(said: str, recall: float, precision: float) -> None:
    tally = Tally()
    tally.add(sentences_of(GOLD), sentences_of(said))
    found = tally.summary()
    assert (found["recall"], found["precision"]) == (recall, precision)


def test_a_second_is_a_number_and_nothing_like_one() -> None:
    example = Example("when", "?", "2", times=(0.0, 2.0))
    assert [is_right(example, said) for said in ("2", "4", "5", "\u00b2", "two")] == [True, True, False, False, False]


def test_words_are_compared_in_place_by_kind() -> None:
    rows = list(compared("Mira gives the blue key", "Tobo gives the red key"))
    assert ("name", "Mira", "Tobo") in rows
    assert ("colour", "blue", "red") in rows
    assert ("object", "key", "key") in rows


def test_seconds_count_only_of_lines_that_are_told() -> None:
    gold = "2 | the red circle | sleeps | cave\n20 | the blue star | jumps | cave"
    assert seconds_within(gold, "4 | the red circle | sleeps | cave\n9 | the blue star | jumps | cave", 2.5) == [
        True,
        False,
    ]
    assert seconds_within(gold, "4 | the green circle | sleeps | cave", 2.5) == []


def test_a_blank_model_is_judged_without_a_fault(blank: Any, processor: Any) -> None:
    from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration

    model = CogVLM2VideoForConditionalGeneration.from_pretrained(blank)
    examples = evaluation.watch(model, processor, evaluation.views(1, 2))
    assert examples["caption"]["chunks"] == 2
    assert examples["caption"]["recall"] == 0.0
