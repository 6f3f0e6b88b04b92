"""Guards of what a recogniser says: loops are said once, and what the model itself does not believe is not said."""

from __future__ import annotations

import pytest

from longvid.film import Cue
from longvid.speech.ear import Said, Word
from longvid.speech.guards import believed, unrepeated


def said(text: str, *, confidence: float = -0.3, silence: float = 0.05, chance: float = 0.9, each: float = 0.3) -> Said:
    words = [Word(i * each, (i + 1) * each, f" {word}", chance) for i, word in enumerate(text.split())]
    return Said(tuple(words), confidence, silence)


def texts(*given: Said) -> list[str]:
    return [one.text for one in believed(given)]


def test_what_the_model_believes_is_kept_as_it_is() -> None:
    assert texts(said("We meet at the bridge."), said("No, no, no!")) == ["We meet at the bridge.", "No, no, no!"]


def test_a_loop_is_said_once_wherever_it_stands() -> None:
    assert texts(said("Good night. " + "I don't know. " * 9)) == ["Good night. I don't know."]
    assert texts(said("Go on " + "and on " * 20 + "my friend")) == ["Go on and my friend"]
    assert texts(said("Row " * 30)) == ["Row"]


def test_a_window_that_sounds_empty_to_a_model_that_is_not_sure_says_nothing() -> None:
    assert texts(said("Thanks for watching!", silence=0.9, confidence=-1.1)) == []
    assert texts(said("He went there.", silence=0.9, confidence=-0.2)) == ["He went there."]


@pytest.mark.parametrize(
    "odd", [said("Thank you.", chance=0.05), said("I see you there now", each=0.02), said("you", each=5.0)]
)
def test_words_that_nobody_can_have_said_so_are_not_said(odd: Said) -> None:
    assert believed([odd]) == []


def test_a_short_cry_that_the_model_is_sure_of_is_one() -> None:
    assert texts(said("No!", each=0.04)) == ["No!"]
    assert texts(said("No!", each=0.04, silence=0.4)) == []
    assert texts(said("No!", each=0.04, chance=0.4)) == []


@pytest.mark.parametrize("text", ["[Music]", "(upbeat music)", "*sighs*", "...", "\u266a \u266a", "[Door] (bang)"])
def test_sounds_are_no_speech(text: str) -> None:
    assert texts(said(text)) == []


def test_the_same_line_a_third_time_in_a_row_is_a_loop_between_windows() -> None:
    lines = [
        Cue(float(i), i + 0.5, text) for i, text in enumerate(["Hello?", "Stop!", "Stop.", "stop", "Stop!", "Go."])
    ]
    kept = unrepeated(lines[2:], lines[:2])
    assert [cue.text for cue in kept] == ["Stop.", "Go."]
    assert [cue.text for cue in unrepeated(lines, [])] == ["Hello?", "Stop!", "Stop.", "Go."]
