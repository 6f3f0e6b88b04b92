"""The guards: what of an answer may be used."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from longvid import text as plain
from longvid.engine.guards import judge
from longvid.engine.request import Finish, Raw

DATA = Path(__file__).parent.parent / "data"
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
        ("In this video, a man runs.", "A man runs."),
        ("The video shows that it rains. A man runs.", "It rains. A man runs."),
        ("The video shows a man being led away.", "The video shows a man being led away."),
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


def lines(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("name", "reason", "share"), [("refusals.txt", "refused", 0.04), ("harmless.txt", None, 0.0)])
def test_refusals_are_told_from_what_films_say(name: str, reason: str | None, share: float) -> None:
    """Both lists are wordings, one a line. The last 20 and 26 were written when the guard was done and changed nothing
    of it: 3 of those refusals are missed, and none of the harmless answers is lost."""
    texts = lines(name)
    mistaken = [text for text in texts if judged(text)[1] != reason]
    assert len(set(texts)) == len(texts) > 100
    assert len(mistaken) <= len(texts) * share, mistaken


@pytest.mark.parametrize("mark", ["'", "\u2019"])
@pytest.mark.parametrize("text", ["I can't view the video.", "I'm sorry, I can't help.", "You haven't sent a video."])
def test_an_apostrophe_of_either_kind_changes_no_verdict(text: str, mark: str) -> None:
    assert judged(text.replace("'", mark)) == ("", "refused")


def test_a_refusal_of_one_thing_with_a_scene_behind_it_is_kept() -> None:
    text = "I cannot identify the people in this video. A man in a red coat walks into a house. He hides a key."
    assert judged(text) == (text, None)
    assert judged("No, the description does not say so.") == ("No, the description does not say so.", None)


@pytest.mark.parametrize(
    "text", ["", "no", "I can't view the video.", "The video \x1b[0mshows a man. " * 4, "l\ufffd\ufffd"]
)
def test_what_a_file_says_is_not_judged(text: str) -> None:
    kept = plain.printable(text).strip()
    assert judged(text, "given") == (kept, None if kept else "empty")


def test_a_hostile_answer_takes_no_time() -> None:
    begun = time.process_time()
    for part in ("I can't ", "against the policy of our ", "\u201c", "the video not be ", "no a b video ", "sorry, "):
        judged(part * 4_000)
    assert time.process_time() - begun < 2


def test_a_cut_off_answer_keeps_its_whole_sentences() -> None:
    assert judged(f"{GOOD} Then he takes the", "length") == (GOOD, "cut-off")
    assert judged("no whole sentence at all", "length") == ("", "cut-off")
    assert judged(GOOD, "length") == (GOOD, "cut-off")


def test_a_loop_keeps_its_whole_unrepeated_sentences() -> None:
    assert judged(f"{GOOD} He waits. He waits. He waits. He wa", "loop") == (f"{GOOD} He waits.", "looping")
    assert judged("and so and so and so", "loop") == ("", "looping")


def test_a_sentence_said_three_times_in_a_row_is_a_loop_even_if_the_model_stopped() -> None:
    assert judged(f"{GOOD} He waits. He waits. He waits.") == (f"{GOOD} He waits.", "looping")
    again = "The dog runs around the house."
    assert judged(f"{GOOD} {again} {again} {again} It stops") == (f"{GOOD} {again} It stops", "looping")


@pytest.mark.parametrize(
    "text",
    [
        f"{GOOD} He waits. He looks. He waits. He waits. Then he leaves.",
        "Help! Help! Help! A woman calls from the window. A man runs to her.",
        "He nods. Ada speaks. He nods. Bea speaks. He nods. Lt. Cole comes in and arrests them all.",
        "Ada | nods\nBea | speaks\nAda | nods\nBea | sits\nAda | nods\nthe officer | comes in | hall",
    ],
)
def test_what_a_film_shows_several_times_is_no_loop(text: str) -> None:
    assert judged(text) == (text, None)


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
