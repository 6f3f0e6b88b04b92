"""What a language model said is read strictly."""

from __future__ import annotations

import pytest

from longvid.training.tqa.clip import Pair
from longvid.training.tqa.parsing import Unreadable, parse_pair, parse_verdict, second_of, seconds_in


@pytest.mark.parametrize(("said", "changes"), [("Yes", True), ("yes.", True), (" No\n", False), ("NO.", False)])
def test_a_verdict_is_one_word(said: str, changes: bool) -> None:
    assert parse_verdict(said) is changes


@pytest.mark.parametrize("said", ["", "Yes, the dog leaves.", "Yes and no", "yes no", "Answer: Yes", "none"])
def test_what_is_more_than_a_verdict_is_none(said: str) -> None:
    with pytest.raises(Unreadable):
        parse_verdict(said)


def test_a_pair_is_one_object_and_may_stand_in_a_fence() -> None:
    said = '{"question": "When does it\\n rain?", "answer": "At the 3rd second."}'
    pair = Pair("When does it rain?", "At the 3rd second.")
    assert parse_pair(said) == parse_pair(f"```json\n{said}\n```") == pair
    assert parse_pair("None") is parse_pair(" None.") is None


@pytest.mark.parametrize(
    "said",
    [
        "",
        "none",
        "Here it is: {}",
        '{"question": "When?"}',
        '{"question": "When?", "answer": "Now.", "why": "x"}',
        '{"question": "When?", "answer": 12}',
        '{"question": " ", "answer": "Now."}',
        '[{"question": "When?", "answer": "Now."}]',
        '{"question": "When?", "answer": "Now."} {"question": "When?", "answer": "Now."}',
        '```\n{"question": "When?", "answer": "Now."}\n``` Good?',
        "{" * 5000,
    ],
)
def test_what_is_no_pair_is_none(said: str) -> None:
    with pytest.raises(Unreadable):
        parse_pair(said)


def test_seconds_are_found_however_they_are_written() -> None:
    said = "the 12th second, second 3, 4 seconds, 5 s, the 21st-second mark, 0:07, and 1.5 seconds"
    assert seconds_in(said) == ["12", "3", "4", "5", "21", "1.5", "0:07"]
    assert seconds_in("two circles, 3 balls and the 2nd man, 12 sheep") == []


@pytest.mark.parametrize(
    ("answer", "second"),
    [
        ("At the 12th second.", 12),
        ("At second 5.", 5),
        ("At the 0th second", 0),
        ("From the 3rd second to the 5th second.", None),
        ("After 1.5 seconds.", None),
        ("At 0:12.", None),
        ("At the end.", None),
    ],
)
def test_an_answer_names_one_whole_second(answer: str, second: int | None) -> None:
    assert second_of(Pair("When does it rain?", answer)) == second


def test_a_question_names_none() -> None:
    assert second_of(Pair("What happens at the 3rd second?", "It rains at the 3rd second.")) is None
