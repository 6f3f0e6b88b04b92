"""The published prompts are the published ones, to the letter."""

from __future__ import annotations

import hashlib

import pytest

from longvid_benchmarks.published.protocols import PROTOCOLS, reworded
from longvid_benchmarks.published.wordings import SYSTEM

QUESTION, OPTIONS = "Where does it go?", ("Left.", "Right.")


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_system_sentence_has_its_length_and_its_hash() -> None:
    assert len(SYSTEM) == 244
    assert hashed(SYSTEM).startswith("60c3a2cdc233f080")


@pytest.mark.parametrize(
    ("name", "behind"),
    [
        (
            "official",
            "Question: Where does it go?\nOptions:\n(A) Left.\n(B) Right.\nOnly give the best option.\nBest option:(",
        ),
        ("pllava", " Question: Where does it go?\nOptions:\n(A) Left.\n(B) Right.\nShort Answer:"),
    ],
)
def test_a_prompt_is_the_system_sentence_and_what_stands_behind_it(name: str, behind: str) -> None:
    prompt = PROTOCOLS[name].prompt(QUESTION, OPTIONS)
    assert hashed(prompt[:244]).startswith("60c3a2cdc233f080")
    assert prompt[244:] == behind


def test_lmms_eval_has_no_system_sentence_and_its_own_headings() -> None:
    prompt = PROTOCOLS["lmms-eval"].prompt(QUESTION, OPTIONS)
    assert prompt == "Question:Where does it go?\nOption:\n(A) Left.\n(B) Right.\nOnly give the best option.\n"


def test_what_the_card_takes_out_of_a_question_is_taken_out_by_that_protocol_alone() -> None:
    asked = {name: way.prompt("Where? Short Answer.", OPTIONS) for name, way in PROTOCOLS.items()}
    assert [name for name, prompt in asked.items() if "Short Answer.\n" in prompt] == ["official", "lmms-eval"]


def test_a_wording_of_ones_own_is_marked_and_keeps_the_frames() -> None:
    own = reworded(PROTOCOLS["official"], "Look: {question}\nPick:\n{options}\nLetter:", "mine.txt")
    assert own.prompt("Is {options} a brace?", OPTIONS) == (
        "Look: Is {options} a brace?\nPick:\n(A) Left.\n(B) Right.\nLetter:"
    )
    assert (own.wording.published, own.wording.source, own.frames) == (False, "mine.txt", 16)


@pytest.mark.parametrize("template", ["", "{question}", "{options}", "{question} {question} {options}"])
def test_a_wording_must_say_once_where_question_and_options_stand(template: str) -> None:
    with pytest.raises(ValueError, match="must stand in it once"):
        reworded(PROTOCOLS["pllava"], template, "mine.txt")


def test_frames_are_those_of_the_protocol() -> None:
    official, pllava, even = (PROTOCOLS[name] for name in ("official", "pllava", "lmms-eval"))
    assert official.moments(0.0, 32.0, 100.0) == [1.0 + 2.0 * at for at in range(16)], "middles of sixteen parts"
    minute = pllava.moments(10.0, float("inf"), 300.0)
    assert (len(minute), minute[0], minute[-1]) == (24, 10.0, 70.0), "at most a minute, first and last included"
    whole = even.moments(0.0, float("inf"), 300.0)
    assert (len(whole), whole[0], whole[-1]) == (24, 0.0, 300.0)
    for protocol in (official, pllava, even):
        assert set(protocol.moments(5.0, 9.0, 2.0)) == {2.0}, "a part behind the end is the last frame"
        assert protocol.moments(0.0, 1.0, 0.0) == [0.0] * protocol.frames
