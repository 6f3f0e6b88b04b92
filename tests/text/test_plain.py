"""Plain-text tools: invariants for any text, and the English they must know."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.text import fit, has_verb, printable, repeated_tail, says_no_change, without_boilerplate, without_loops

ANY = st.text(max_size=300)


def words(text: str) -> int:
    return len(text.split())


@given(ANY)
def test_printable_text_holds_nothing_a_terminal_obeys(text: str) -> None:
    clean = printable(text)
    assert all(c == "\n" or c.isprintable() or c.isspace() for c in clean)
    assert printable(clean) == clean
    assert "\x1b" not in clean


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 8))
def test_a_loop_is_found_whatever_stands_before_it(head: list[int], period: int) -> None:
    loop = list(range(100, 100 + period))
    repeats = max(4, -(-36 // period))
    assert repeated_tail(head + loop * repeats) is not None


@given(st.lists(st.integers(), min_size=0, max_size=300, unique=True))
def test_text_without_repeats_is_no_loop(ids: list[int]) -> None:
    assert repeated_tail(ids) is None


def test_short_repeats_are_no_loop() -> None:
    assert repeated_tail([5] * 10) is None
    assert repeated_tail([1, 2, 3] * 4) is None
    assert repeated_tail([5] * 40) == 1


def once(text: str, *, stopped: bool = False) -> str:
    return "|".join(without_loops(text.split("|"), stopped=stopped))


@pytest.mark.parametrize(
    "text",
    [
        "Help!|Help!|Help!|A woman calls from the window.|A man runs to her.",
        "He knocks.|He knocks.|He knocks.|Nobody opens.",
        "He nods.|She speaks.|He nods.|She sits.|He nods.|They leave the house together.",
        "A man opens the door.|He waits.|He looks.|He waits.|He waits.",
        "Row, row, row your boat.|Gently down the stream.|Row, row, row your boat.|Gently down the stream.",
        "Ada | waves|Ada | waves|Ada | waves|Bea | runs away | street",
        "\u6551\u547d!|\u6551\u547d!|\u6551\u547d!|\u4e00\u4e2a\u5973\u4eba\u558a\u9053\u3002",
        "He runs.|Run!|Run!|Run!",
    ],
)
def test_what_is_said_again_for_its_effect_is_no_loop(text: str) -> None:
    assert once(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("A man comes in.|He waits.|He waits.|He waits.", "A man comes in.|He waits."),
        ("A man comes in.|He waits for her.|He wai", "A man comes in.|He waits for her.|He wai"),
        ("A man comes in." + 3 * "|He waits for her." + "|He wai", "A man comes in.|He waits for her."),
        (3 * "|He waits.|She looks at him."[0:] + "|He waits.", "|He waits.|She looks at him."),
        (
            "A." + 3 * "|The dog barks at him." + "|A car comes.|He nods.",
            "A.|The dog barks at him.|A car comes.|He nods.",
        ),
        (4 * "One man sits.|Two men stand.|" + "A car comes.", "One man sits.|Two men stand.|A car comes."),
        (
            "A dog barks loudly.|A cat runs away.|A dog barks loudly.|A dog barks loudly.|A cat runs away."
            "|A cat runs away.|A dog barks loudly.",
            "A dog barks loudly.|A cat runs away.",
        ),
    ],
)
def test_a_loop_is_said_once_and_what_stands_behind_it_stays(text: str, kept: str) -> None:
    assert once(text) == kept


def test_where_decoding_heard_a_loop_its_end_is_taken_whatever_its_size() -> None:
    text = "He nods.|She sits.|He nods.|A bell rings.|He nods.|She sits."
    assert once(text) == text
    assert once(text, stopped=True) == "He nods.|She sits.|He nods.|A bell rings."


@given(st.lists(st.sampled_from(["A man waits here.", "B.", "Nobody comes out.", ""]), max_size=40))
def test_a_loop_takes_no_sentence_away_altogether_and_none_is_left(items: list[str]) -> None:
    kept = without_loops(items)
    assert set(kept) == set(items)
    assert all(kept[i : i + 3] != ["Nobody comes out."] * 3 for i in range(len(kept)))


def test_a_long_answer_takes_no_time() -> None:
    begun = time.process_time()
    without_loops([f"Item {i % 15} of {i % 16}." for i in range(30_000)])
    without_loops(["A.", "B."] * 15_000)
    assert time.process_time() - begun < 2


@given(st.lists(ANY, max_size=6), st.integers(-5, 200))
def test_fit_never_exceeds_the_room_and_adds_nothing(texts: list[str], room: int) -> None:
    kept = fit(texts, room, words)
    assert sum(map(words, kept)) <= max(0, room)
    for text, part in zip(texts, kept, strict=True):
        assert " ".join(text.split()).startswith(" ".join(part.split()))


def test_fit_leaves_to_long_texts_what_short_ones_do_not_need() -> None:
    long = "One two three. Four five six. Seven eight nine."
    assert fit(["Hi.", long], 7, words) == ["Hi.", "One two three. Four five six."]


def test_talk_about_a_summary_is_told_from_a_summary() -> None:
    assert says_no_change("The existing summary is sufficient.")
    assert says_no_change("No changes are needed. The summary remains the same.")
    assert not says_no_change("A man needs no change of clothes. He walks on.")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("In this video, a man runs.", "A man runs."),
        ("Throughout the clip, two men walk along a road. It rains.", "Two men walk along a road. It rains."),
        ("In the video, Anna opens the door.", "Anna opens the door."),
        ("In the video, we see a dog.", "We see a dog."),
        ("In this scene, we see that a car is parked.", "A car is parked."),
        ("The video shows that a man leaves.", "A man leaves."),
        ("In the short video clip, the old man\u2019s dog barks.", "The old man\u2019s dog barks."),
    ],
)
def test_openings_that_say_nothing_are_taken_from_whole_sentences(text: str, kept: str) -> None:
    assert without_boilerplate(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "The video shows a man in a hat.",
        "The video shows a group of inmates being led through a gate.",
        "The video begins with a view of the sea. It rains.",
        "The video features a man who walks down a street.",
        "In the video, a man walking down a street.",
        "In this scene, a woman who sings.",
        "In the video,",
        "In the video store, a man waits.",
        "The video shows that.",
    ],
)
def test_no_fragment_is_made_of_a_sentence(text: str) -> None:
    assert without_boilerplate(text) == text


@pytest.mark.parametrize(
    "text", ["A man being led away.", "A man with three dogs.", "Two men in suits.", "He.", "", "Is."]
)
def test_what_has_no_verb_is_known(text: str) -> None:
    assert not has_verb(text)
