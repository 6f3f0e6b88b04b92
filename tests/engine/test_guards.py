"""The guards: what of an answer may be used."""

from __future__ import annotations

import pytest

from longvid.engine.guards import judge
from longvid.engine.request import Finish, Raw

GOOD = "A man opens a door. He walks into a dark room."


def judged(text: str, finish: Finish = "stop") -> tuple[str, str | None]:
    verdict = judge(Raw(text, finish, 1, 1))
    assert (verdict.status == "ok") == (verdict.reason is None)
    return verdict.text, verdict.reason


@pytest.mark.parametrize("text", [GOOD, "1. A man enters.\n2. He leaves.", "Mr. Dog barks twice. Mr. Dog sleeps."])
def test_a_good_answer_passes_unchanged(text: str) -> None:
    assert judged(text) == (text, None)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("The video shows a man in a hat.", "A man in a hat."),
        ("In this video, a man runs.", "A man runs."),
        ("The video begins with a view of the sea. It rains.", "A view of the sea. It rains."),
        ("Throughout the video, we see a dog.", "A dog."),
    ],
)
def test_openings_that_say_nothing_are_taken_away(text: str, kept: str) -> None:
    assert judged(text) == (kept, None)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_is_nothing(text: str) -> None:
    assert judged(text) == ("", "empty")


@pytest.mark.parametrize("text", ["<<>> {} ;; ## @@", "\x1b[2J\x07", "l\ufffdfN \ufffdperson \x11tion4 wal\ufffd"])
def test_garbage_is_not_text(text: str) -> None:
    assert judged(text)[0] == ""
    assert judged(text)[1] in ("garbled", "empty")


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m sorry, I cannot see the video.",
        "Sorry, no video was given.",
        "As an AI language model, I do not watch films.",
        "I cannot describe this video.",
    ],
)
def test_a_refusal_is_not_text(text: str) -> None:
    assert judged(text) == ("", "refused")


def test_a_figure_that_is_sorry_is_no_refusal() -> None:
    text = "A woman says that she is sorry. As an old man listens, it rains."
    assert judged(text) == (text, None)


def test_a_cut_off_answer_keeps_its_whole_sentences() -> None:
    assert judged(f"{GOOD} Then he takes the", "length") == (GOOD, "cut-off")
    assert judged("no whole sentence at all", "length") == ("", "cut-off")
    assert judged(GOOD, "length") == (GOOD, "cut-off")


def test_a_loop_keeps_its_whole_unrepeated_sentences() -> None:
    assert judged(f"{GOOD} He waits. He waits. He waits. He wa", "loop") == (f"{GOOD} He waits.", "looping")
    assert judged("and so and so and so", "loop") == ("", "looping")


def test_a_sentence_said_three_times_is_a_loop_even_if_the_model_stopped() -> None:
    assert judged(f"{GOOD} He waits. He looks. He waits. He waits.") == (f"{GOOD} He waits. He looks.", "looping")


def test_terminal_escapes_and_overrides_never_pass() -> None:
    text, _ = judged("A man\x1b[31m opens\u202e a door and looks around for a very long time in the house.")
    assert "\x1b" not in text
    assert "\u202e" not in text


ROWS = "2 | the tall man | opens the door | house\n9 | Ada | runs away | street"


@pytest.mark.parametrize(
    ("text", "finish", "kept", "reason"),
    [
        (ROWS, "stop", ROWS, None),
        (ROWS + "\n12 | the ta", "length", ROWS, "cut-off"),
        (ROWS + ("\n9 | Ada | runs away | street" * 5), "loop", ROWS, "looping"),
        (ROWS + ("\n9 | Ada | runs away | street" * 5), "stop", ROWS, "looping"),
    ],
)
def test_rows_are_judged_by_their_lines(text: str, finish: Finish, kept: str, reason: str | None) -> None:
    assert judged(text, finish) == (kept, reason)
