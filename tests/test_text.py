"""Plain-text tools: invariants for any text, and the English they must know."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from longvid.text import first_repeat, fit, printable, repeated_tail, says_no_change, sentences

ANY = st.text(max_size=300)


def words(text: str) -> int:
    return len(text.split())


@given(ANY)
def test_sentences_lose_no_word(text: str) -> None:
    assert " ".join(sentences(text)).split() == text.split()


def test_sentences_know_initials_and_abbreviations() -> None:
    assert sentences("Mr. A. Fox waits. Dr. Hen comes! He asks: why? I do.") == [
        "Mr. A. Fox waits.",
        "Dr. Hen comes!",
        "He asks: why?",
        "I do.",
    ]
    assert sentences('He says "no." She goes') == ['He says "no."', "She goes"]


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


def test_first_repeat_is_the_second_saying() -> None:
    assert first_repeat(["a", "b", "a", "a"], 3) == 2
    assert first_repeat(["a", "b", "a"], 3) is None


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


def test_a_line_of_dots_takes_no_time() -> None:
    begun = time.process_time()
    assert sentences("." * 50_000 + "x") == ["." * 50_000 + "x"]
    assert time.process_time() - begun < 1
