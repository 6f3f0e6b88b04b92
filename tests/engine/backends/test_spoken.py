"""What an LLM said, made an answer."""

from __future__ import annotations

import pytest

from longvid.engine.backends.spoken import opens_thoughts, within_limit, without_thoughts
from longvid.engine.request import Raw, Request


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("<think>I list it.</think>\n\nA man walks.", "A man walks."),
        (
            "<think>\nI list it.\nThen <b>more</b>.</think>A man walks.<think>Enough?</think> He runs.",
            "A man walks. He runs.",
        ),
        ("I list it.</think>\nA man walks.", "A man walks."),
        ("<think></think>\n\nA man walks.", "A man walks."),
        ("<think>I list it, and list it", ""),
        ("A man walks. <THINKING>Is it so?", "A man walks."),
        ("<reasoning>So.</reasoning>A man walks.", "A man walks."),
        ("[THINK]So.[/THINK]A man walks.", "A man walks."),
        ("I think a man walks; he is <thin>.", "I think a man walks; he is <thin>."),
        ("", ""),
    ],
)
def test_thoughts_are_no_part_of_an_answer(said: str, answer: str) -> None:
    assert without_thoughts(said) == answer


def test_an_answer_whose_prompt_opened_the_thoughts_begins_inside_them() -> None:
    assert opens_thoughts("Tell it.<|assistant|><think>\n")
    assert not opens_thoughts("Tell it.<think></think>\n")
    assert without_thoughts("I list it, and list it", thinking=True) == ""
    assert without_thoughts("I list it.</think>A man walks.", thinking=True) == "A man walks."


@pytest.mark.parametrize("text", ["A man walks past. " * 10_000, "a" * 2_000_000, "一个男人" * 100_000])
def test_an_answer_far_over_its_limit_is_cut_there_and_marked(text: str) -> None:
    cut = within_limit(Raw(text, "stop", 10, 10), Request("write", "Tell it.", 50))
    assert (cut.finish, cut.answer_tokens) == ("length", 50)
    assert text.startswith(cut.text)
    assert 398 <= len(cut.text.encode()) <= 400


def test_an_answer_within_its_limit_stays_as_it_is() -> None:
    raw = Raw("A man walks past the house of his uncle. " * 8, "stop", 10, 80)
    assert within_limit(raw, Request("write", "Tell it.", 80)) is raw
