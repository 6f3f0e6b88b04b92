"""Captions in prose become events, sentence by sentence."""

from __future__ import annotations

import time

import pytest

from longvid.narrative import read_caption
from longvid.strategy import Parsed


def told(caption: str) -> list[tuple[str, str]]:
    return [(event.who, event.what) for event in read_caption(caption, 0).events]


def test_every_plain_sentence_is_an_event_at_the_place_that_was_named() -> None:
    parsed = read_caption("The place is the old pier. The tall nurse opens a box. In the bar, Ada sits down.", 2)
    assert [(event.id, event.who, event.what, event.place) for event in parsed.events] == [
        ("2.0", "the tall nurse", "opens a box", "old pier"),
        ("2.1", "Ada", "sits down", "bar"),
    ]
    assert parsed.unread == 0


def test_a_flashback_marks_all_its_events() -> None:
    parsed = read_caption("A flashback shows the pier. Ada hides the map. Ben leaves.", 0)
    assert [event.past for event in parsed.events] == [True, True]


def test_what_has_no_verb_is_counted() -> None:
    assert read_caption("Silence. A long and dark night.", 0).unread == 2


@pytest.mark.parametrize(
    ("caption", "event"),
    [
        ("Then he closes the door.", ("he", "closes the door")),
        ("Suddenly, the nurse opens the box.", ("the nurse", "opens the box")),
        ("Finally Ada closes the door.", ("Ada", "closes the door")),
        ("And then, slowly, a man opens the door.", ("a man", "opens the door")),
        ("A moment later, the man opens the door.", ("the man", "opens the door")),
        ("Later that day the man opens the door.", ("the man", "opens the door")),
        ("Emily closes the door.", ("Emily", "closes the door")),
        ("Emily, the nurse, closes the door.", ("Emily, the nurse", "closes the door")),
        ("Beverly closes the door.", ("Beverly", "closes the door")),
        ("As the woman cries, the man opens the door.", ("the man", "opens the door")),
        ("While Ada sleeps, Ben takes the map, the key and the ring.", ("Ben", "takes the map, the key and the ring")),
        ("After the fight, Ben takes the map.", ("Ben", "takes the map")),
        ("Holding a gun, the man opens the door.", ("the man", "opens the door")),
        ("Throughout the fight, the man holds the door.", ("the man", "holds the door")),
        ("Inside, Ada opens a box.", ("Ada", "opens a box")),
        ("With a smile, the man opens the door.", ("the man", "opens the door")),
    ],
)
def test_what_opens_a_sentence_is_nobody(caption: str, event: tuple[str, str]) -> None:
    assert told(caption) == [event]


@pytest.mark.parametrize(
    "caption",
    [
        "There looks worried.",
        "There is a man in the room.",
        "Meanwhile picks up the gun.",
        "As and the woman cries.",
        "As Ada, the nurse, sleeps.",
        "Suddenly picks up the gun.",
        "While sleeps.",
        "We see a man walking down the street.",
    ],
)
def test_a_sentence_without_a_plain_subject_is_counted(caption: str) -> None:
    assert read_caption(caption, 0) == Parsed((), 1)


@pytest.mark.parametrize(
    "caption",
    [
        "The scene shows an empty road.",
        "The camera pans left.",
        "The camera slowly moves to the window.",
        "The opening shot shows the harbour.",
        "Then the text reads 'The End'.",
        "The video ends with a black screen.",
        "The film begins.",
    ],
)
def test_what_is_said_of_the_picture_is_no_event_and_no_failure(caption: str) -> None:
    assert read_caption(caption, 0) == Parsed((), 0)


def test_somebody_of_the_film_crew_is_no_picture() -> None:
    assert told("The camera man opens the door.") == [("the camera man", "opens the door")]


def test_a_time_is_no_place_and_a_flashback_is_none() -> None:
    events = read_caption("At the same time, Ada opens a box. In a flashback, Ada hides the map. Ben leaves.", 0).events
    assert [(event.who, event.place, event.past) for event in events] == [
        ("Ada", "", False),
        ("Ada", "", True),
        ("Ben", "", False),
    ]


def test_an_action_that_only_speaks_of_earlier_is_no_flashback() -> None:
    assert not read_caption("Ada sells the ring that she got years ago.", 0).events[0].past


@pytest.mark.parametrize(
    "caption",
    [
        "The place is" + " " * 20_000 + ".",
        "In the" + " a" * 20_000 + ".",
        "Then " * 10_000 + "he runs.",
        "As " + "Ada, " * 10_000 + "runs.",
        "x.of." * 5_000 + " runs the house.",
    ],
    ids=["spaces", "letters", "openers", "commas", "dots"],
)
def test_a_long_sentence_takes_no_long_time(caption: str) -> None:
    begun = time.process_time()
    events = read_caption(caption, 0).events
    assert time.process_time() - begun < 1
    assert all(len(event.who + event.what) < 1000 for event in events)


def test_events_are_single_lines_without_characters_that_nobody_sees() -> None:
    (event,) = read_caption("Ada\u2028opens \x1b[31mthe\tdoor\u202e.", 0).events
    assert (event.who, event.what) == ("Ada", "opens [31mthe door")
