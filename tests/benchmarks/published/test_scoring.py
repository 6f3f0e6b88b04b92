"""Which option an answer chooses, and what the public scorers would say of it."""

from __future__ import annotations

import pytest

from longvid_benchmarks.published.scoring import SCORERS, choose

OPTIONS = ("Right.", "Up.", "Left.", "Stationary.")
GOLD = 2


@pytest.mark.parametrize(
    ("said", "official", "pllava", "lmms_eval"),
    [
        ("", True, False, None),
        ("(C", True, True, True),
        ("(C) Left.", True, True, True),
        ("C", True, True, True),
        ("The answer is C", False, False, True),
        ("Left.", False, False, False),
        ("Based on a video, C", False, False, False),
        ("It is a car moving left (C)", False, False, False),
        ("Answer: (C) because A is wrong", False, False, True),
    ],
)
def test_the_public_scorers_say_what_was_measured_of_them(
    said: str, official: bool, pllava: bool, lmms_eval: bool | None
) -> None:
    found = {name: scorer(said, GOLD) for name, scorer in SCORERS.items()}
    assert found == {"official": official, "pllava": pllava, "lmms-eval": lmms_eval}


@pytest.mark.parametrize(
    "said",
    [
        "C",
        "(C",
        "(C)",
        "(C) Left.",
        "C) Left.",
        "C. Left",
        "c: it goes left",
        "C Left.",
        "**C**",
        "The answer is C",
        "The correct option is (C).",
        "It is a car moving left (C)",
        "Answer: (C) because A is wrong",
        "Left.",
        " left ",
        "The option I choose is (C)",
        "The answer I see is (C).",
        "The answer is c because it goes left",
        "Option C is the one, not A",
        "C because it goes left",
        "C, A is wrong",
        "C, a car that goes left",
        "(E) is no option, so it is (C)",
    ],
)
def test_an_answer_that_chooses_one_option_is_read_as_that(said: str) -> None:
    assert choose(said, OPTIONS) == GOLD


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "(",
        "I cannot tell.",
        "A car moves to the left of the road.",
        "I'd say nothing",
        "(A) or (C)",
        "A/C",
        "B, C",
        "Either (A) or (C)",
        "E",
        "(E) Down.",
        "Based on a video, C",
        "left or right",
        "Could be",
        "The answer is a dog.",
        "The best answer is a bird",
        "The answer is A car on a road",
        "To answer a question like this is hard",
        "The answer is A or C",
        "Answer: B, C",
        "Option E",
        "The car(s) move",
    ],
)
def test_an_answer_that_chooses_none_or_several_is_no_choice(said: str) -> None:
    assert choose(said, OPTIONS) is None


def test_an_article_is_an_option_only_before_that_options_words() -> None:
    assert choose("A man walks.", ("A man walks.", "A dog runs.")) == 0
    assert choose("A dog runs.", ("A man walks.", "A dog runs.")) == 1
    assert choose("A the red one", ("the red one", "the blue one")) == 0


@pytest.mark.parametrize(
    "said", ["A", "The answer is A", "The answer is a.", "the answer is (a)", "Option A is right", "A because it is so"]
)
def test_the_letter_a_is_read_where_it_is_no_article(said: str) -> None:
    assert choose(said, OPTIONS) == 0


def test_a_pronoun_is_no_option_among_nine() -> None:
    nine = tuple(f"Number {number}." for number in range(9))
    assert choose("The answer I see is (B).", nine) == 1
    assert choose("I cannot tell.", nine) is None
    assert choose("I", nine) == choose("The answer is I.", nine) == 8


def test_the_same_words_in_two_options_choose_neither() -> None:
    assert choose("left", ("Left.", "left", "Right.")) is None
