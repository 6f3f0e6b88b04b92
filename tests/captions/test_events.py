"""Event lines are read leniently, and what cannot be read is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.captions.events import MOST_EVENTS
from longvid.strategy import Parsed, parse_events


@pytest.mark.parametrize(
    ("line", "second", "who", "what", "place"),
    [
        ("2 | the tall man | opens the door | house", 2, "the tall man", "opens the door", "house"),
        ("- 0:12 | Ada | runs away | the street", 12, "Ada", "runs away", "street"),
        ("3. 15 s | Ada, the nurse, | sits down. | in the hall", 15, "Ada, the nurse", "sits down", "hall"),
        ("Ada | sits down | hall", None, "Ada", "sits down", "hall"),
        ("Ada | sits down", None, "Ada", "sits down", ""),
        ("| 7 | Ada | sits down | hall |", 7, "Ada", "sits down", "hall"),
        (" | Ada | sits down | hall", None, "Ada", "sits down", "hall"),
        ("0s-5s | a man | walks | street", 0, "a man", "walks", "street"),
        ("0-5 | a man | walks | street", 0, "a man", "walks", "street"),
        ("00:05\u201300:10 | a man | walks | street", 5, "a man", "walks", "street"),
        ("from 3 to 5 seconds | a man | walks | street", 3, "a man", "walks", "street"),
        ("Second 12 | Ada | runs | street", 12, "Ada", "runs", "street"),
        ("[12] | Ada | runs | street", 12, "Ada", "runs", "street"),
        ("[0:12 - 0:15] | Ada | runs | street", 12, "Ada", "runs", "street"),
        ("(12) | Ada | runs | street", 12, "Ada", "runs", "street"),
        ("**12** | **Ada** | runs | street", 12, "Ada", "runs", "street"),
        ("- **12.5 s** | Ada | runs | street", 12.5, "Ada", "runs", "street"),
        ("2 men | talk | bar", None, "2 men", "talk", "bar"),
        ("5-year-old boy | runs | park", None, "5-year-old boy", "runs", "park"),
        ("4 | Ada | runs | pier (flashback) | east", 4, "Ada", "runs", "pier east"),
        ("12: | Ada | runs | street", 12, "Ada", "runs", "street"),
        ("4 | Ada | runs | N/A", 4, "Ada", "runs", ""),
        ("4 | Ada | runs | unknown", 4, "Ada", "runs", ""),
    ],
)
def test_a_line_is_read_as_it_is_meant(line: str, second: float | None, who: str, what: str, place: str) -> None:
    parsed = parse_events(line, 4)
    assert parsed.unread == 0
    (event,) = parsed.events
    assert (event.id, event.chunk) == ("4.0", 4)
    assert (event.second, event.who, event.what, event.place) == (second, who, what, place)


@pytest.mark.parametrize(
    ("line", "begins", "sentence"),
    [
        ("- 2.5 s | Anna | opens it | attic", 62.5, "Anna opens it (attic)."),
        ("0:03 | anna, the red star | shuts it! | attic", 63.0, "Anna, the red star, shuts it (attic)."),
        ("3 | Anna | waits!", 63.0, "Anna waits!"),
        ("the dog | barks", 70.0, "The dog barks."),
        ("60 | Anna | waits", 70.0, "Anna waits."),
    ],
)
def test_an_event_as_a_sentence_and_when_it_begins_in_its_chunk(line: str, begins: float, sentence: str) -> None:
    (event,) = parse_events(line, 1).events
    assert event.begins(60.0, 120.0, 70.0) == begins
    assert event.sentence() == sentence
    assert "attic" not in event.sentence(place=False)


def test_heads_and_rules_of_tables_are_no_events_and_no_failures() -> None:
    text = "second | who | does what | place\n--- | --- | --- | ---\n1 | Ada | waves | pier"
    parsed = parse_events(text, 0)
    assert [event.who for event in parsed.events] == ["Ada"]
    assert parsed.unread == 0


@pytest.mark.parametrize(
    "head",
    [
        "Time (s) | Who | What | Where",
        "Timestamp | Subject | Action",
        "**Second** | Who",
        "Who | Action | Place",
        "sec | x | y",
    ],
)
def test_heads_in_other_words_are_no_events_either(head: str) -> None:
    parsed = parse_events(f"{head}\n1 | Ada | waves | pier", 0)
    assert [event.who for event in parsed.events] == ["Ada"]
    assert parsed.unread == 0


@pytest.mark.parametrize(
    "line",
    [
        "none | nothing happens | none",
        "3 | none | nothing happens | none",
        "N/A | N/A",
        "unknown | None.",
        "Nothing happens.",
        "5 | Ada | n/a | pier",
    ],
)
def test_an_event_that_says_nothing_is_nothing(line: str) -> None:
    assert parse_events(line, 0) == Parsed((), 0)


@pytest.mark.parametrize(
    "line", ["unknown | opens the door | hall", "3 | N/A | runs | pier", "12x4 | Ada | runs | pier"]
)
def test_an_event_of_nobody_or_of_no_time_is_counted(line: str) -> None:
    assert parse_events(line, 0) == Parsed((), 1)


@pytest.mark.parametrize(
    "line",
    [
        "9" * 5000 + ":00:00 | Ada | runs",
        "9" * 400 + " | Ada | runs | pier",
        "9" * 400 + ":1:1.5 | Ada | runs | pier",
        "5 | Ada | " + "x.of." * 1500 + " | pier",
        "5 | " + "x" * 500 + " | runs | pier",
        "5 | Ada | runs | " + "a b " * 70,
    ],
    ids=["hours", "seconds", "both", "dots", "letters", "words"],
)
def test_numbers_and_parts_beyond_all_measure_are_unread(line: str) -> None:
    assert parse_events(line, 0) == Parsed((), 1)


def test_what_cannot_be_read_is_counted_and_never_an_event() -> None:
    parsed = parse_events("Here is the list.\n1 | Ada | waves | pier\nnonsense\n5 | | |\n9 | 12 | 13 | 14", 0)
    assert [event.who for event in parsed.events] == ["Ada"]
    assert parsed.unread == 4


def test_a_flashback_is_marked_and_its_place_kept() -> None:
    (event,) = parse_events("1 | Ada | hides the map | pier (flashback)", 0).events
    assert (event.past, event.place) == (True, "pier")
    assert not parse_events("1 | Ada | hides the map | pier", 0).events[0].past

    (event,) = parse_events("1 | Ada | remembers the pier in a flashback | pier", 0).events
    assert event.past


@pytest.mark.parametrize(
    "what", ["shows the ring that she got years ago", "swaps the memory card", "lives in the past"]
)
def test_an_action_that_only_speaks_of_earlier_is_no_flashback(what: str) -> None:
    assert not parse_events(f"1 | Ada | {what} | pier", 0).events[0].past


def test_a_list_that_does_not_end_is_cut_off() -> None:
    parsed = parse_events("\n".join(f"{i} | Ada | waves | pier" for i in range(MOST_EVENTS + 5)), 0)
    assert len(parsed.events) == MOST_EVENTS
    assert parsed.unread == 5


@given(st.text(max_size=400))
def test_any_text_gives_single_line_events_and_a_line_again_gives_the_same_event(text: str) -> None:
    for event in parse_events(text, 1).events:
        assert "\n" not in event.who + event.what + event.place
        (again,) = parse_events(event.line(), 1).events
        assert (again.who, again.what) == (event.who, event.what)


PARTS = st.sampled_from([
    "12", "99999.999", "0-5", "[3]", "Second 7", "99:99:99", "2 men", "Ada", "- Ada", "**Ada**", "12) x", "none", "",
    "the pier", "in the past", "(flashback)", "runs", "3 s", "time", "| |",
])  # fmt: skip


@given(st.lists(PARTS, min_size=1, max_size=5))
def test_any_event_of_odd_parts_is_read_the_same_when_it_is_written_again(parts: list[str]) -> None:
    for event in parse_events(" | ".join(parts), 1).events:
        (again,) = parse_events(event.line(), 1).events
        assert (again.second, again.who, again.what, again.place) == (event.second, event.who, event.what, event.place)
