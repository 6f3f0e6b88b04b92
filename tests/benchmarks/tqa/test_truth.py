"""The truth about clips of generated films: what changes, and which pairs are right."""

from __future__ import annotations

import pytest

from longvid.training.tqa.clip import Clip, Pair
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.wording import seen_sentence
from longvid_benchmarks.tqa.truth import changes, first_second, is_right

STORY = invent(600_001, 2)
EVENT = STORY.chunks[0].events[1]
START = EVENT.start - 4.0


def clip(question: str, second: int) -> Clip:
    return Clip("ab", 0, START, START + 8, {}, 8, Pair(question, f"At the {second}th second."), second)


SENTENCE = seen_sentence(STORY, EVENT, "appearance").rstrip(".")
ASKED = f"When does it happen that {SENTENCE}?"


def test_a_pair_is_right_at_the_second_at_which_its_event_is_first_seen() -> None:
    second = first_second(STORY, clip(ASKED, 1), EVENT)
    assert second in (4, 5)
    assert [is_right(STORY, clip(ASKED, at)) for at in range(8)] == [at == second for at in range(8)]
    assert sum(is_right(STORY, clip(ASKED, at), slack=1) for at in range(8)) == 3


@pytest.mark.parametrize("question", [f"{ASKED[:-1]} with a spoon?", "When does it happen?", "When does Nobody dance?"])
def test_a_question_that_says_what_is_not_so_is_wrong(question: str) -> None:
    assert not any(is_right(STORY, clip(question, at), slack=1) for at in range(8))


def test_an_event_that_is_seen_from_the_first_second_on_has_no_first_one() -> None:
    middle = (EVENT.start + EVENT.end) / 2
    inside = Clip("ab", 0, middle - 1, middle + 1, {}, 3)
    assert first_second(STORY, inside, EVENT) is None
    assert not changes(STORY, inside)
    assert changes(STORY, clip(ASKED, 1))
