"""What is said becomes what is told: promises, plans, claims and names, of whoever is known to speak."""

from __future__ import annotations

import pytest

from longvid.captions.events import Event
from longvid.film import Chunk, Cue
from longvid.narrative import hear
from longvid.narrative.dialogue import Told, understand_line

CHUNK = Chunk(3, 180.0, 240.0, ((180.0, 240.0),), ())


def event(second: float | None, who: str, what: str, number: int = 0) -> Event:
    return Event(f"3.{number}", 3, second, who, what, "hall")


def said(text: str, at: float = 10.4, speaker: str | None = None) -> Cue:
    return Cue(180.0 + at, 180.0 + at + 2, text, speaker)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("I will give the map to Ada.", [Told("promises to give the map to Ada")]),
        ("I'll hand the map to the tall man.", [Told("promises to hand the map to the tall man")]),
        ("I promise to close the door.", [Told("promises to close the door")]),
        ("I swear I will find the ring.", [Told("promises to find the ring")]),
        ("I am going to hide the ring in the cellar.", [Told("plans to hide the ring in the cellar")]),
        ("I\u2019ll open the gate!", [Told("plans to open the gate")]),
        ("It was Ben who stole the ring.", [Told("says that Ben stole the ring")]),
        ("The old woman hid the ring.", [Told("says that the old woman hid the ring")]),
        ("I am Ada.", [Told(name="Ada")]),
        ("My name is Ada Byron.", [Told(name="Ada Byron")]),
        ("The man in the coat is Ben.", [Told(name="Ben", whose="the man in the coat")]),
        ("The name of the old woman is Ada.", [Told(name="Ada", whose="the old woman")]),
        ("I am Ada. I will open the gate.", [Told(name="Ada"), Told("plans to open the gate")]),
    ],
)
def test_plain_lines_are_understood(line: str, told: list[Told]) -> None:
    assert understand_line(line) == told


@pytest.mark.parametrize(
    "line",
    [
        "", "...", "Stop!", "Will you open the gate?", "Did Ben steal the ring?", "I will not open the gate.",
        "I'll never tell.", "I am tired.", "You stole the ring.", "They left.", "He opened the gate.", "Ben is here.",
        "The weather is fine.", "I think that it rains.", "What a day it was", "I", "Ben", "(" * 500, "the " * 200,
    ],
)  # fmt: skip
def test_what_tells_nothing_for_sure_is_passed_over(line: str) -> None:
    assert understand_line(line) == []


def test_who_says_something_says_it() -> None:
    events = [
        event(2, "a man", "sits", 0),
        event(10, "the woman", "says something", 1),
        event(30, "a boy", "speaks", 2),
    ]
    heard = hear(events, [said("I will give the map to Ada.")], CHUNK)
    assert [(one.id, one.who, one.what) for one in heard] == [
        ("3.0", "a man", "sits"),
        ("3.1", "the woman", "promises to give the map to Ada"),
        ("3.2", "a boy", "speaks"),
    ]


def test_a_label_is_a_name_beside_the_look_of_the_speaker() -> None:
    events = [event(10, "the woman", "says something")]
    [heard] = hear(events, [said("I will open the gate.", speaker="ADA")], CHUNK)
    assert (heard.who, heard.what) == ("Ada, the woman", "plans to open the gate")
    [named] = hear([event(10, "Ada", "says something")], [said("I will open the gate.", speaker="Ada")], CHUNK)
    assert named.who == "Ada"


def test_where_nobody_is_seen_to_speak_only_a_label_says_who_does() -> None:
    events = [event(10, "the woman", "sits down")]
    assert hear(events, [said("I will open the gate.")], CHUNK) == events
    [_, heard] = hear(events, [said("I will open the gate.", speaker="Ben")], CHUNK)
    assert (heard.who, heard.what, heard.chunk, heard.place) == ("Ben", "plans to open the gate", 3, "hall")
    assert heard.second == pytest.approx(10.4)
    [alone] = hear([], [said("I will open the gate.", speaker="Ben")], CHUNK)
    assert (alone.who, alone.chunk) == ("Ben", 3)


def test_without_seconds_lines_are_said_one_after_the_other() -> None:
    events = [event(None, "the woman", "says something", 0), event(None, "the man", "says something", 1)]
    heard = hear(events, [said("I am Ada.", 5), said("It was Ada who stole the ring.", 40)], CHUNK)
    assert [(one.who, one.what) for one in heard] == [
        ("Ada, the woman", "says something"),
        ("the man", "says that Ada stole the ring"),
    ]


def test_of_a_name_that_somebody_else_says_the_first_mention_has_it() -> None:
    events = [event(2, "the man", "greets the woman in red", 0), event(20, "the woman in red", "waves", 1)]
    heard = hear(events, [said("The woman in red is Ada.", 3, "Ben")], CHUNK)
    assert [(one.who, one.what) for one in heard] == [
        ("the man", "greets Ada, the woman in red"), ("the woman in red", "waves"),
    ]  # fmt: skip


def test_what_is_seen_to_be_promised_is_not_told_twice() -> None:
    events = [event(10, "the woman", "promises to give the map to the man")]
    [heard] = hear(events, [said("I will give the map to Ben.", speaker="Ada")], CHUNK)
    assert (heard.who, heard.what) == ("Ada, the woman", "promises to give the map to the man")


def test_all_sentences_of_a_line_are_told_by_its_speaker_under_ids_of_their_own() -> None:
    events = [event(10, "the woman", "says something")]
    heard = hear(events, [said("I am Ada. I will open the gate. I promise to find the ring.")], CHUNK)
    assert [(one.who, one.what) for one in heard] == [
        ("Ada, the woman", "plans to open the gate"),
        ("Ada, the woman", "promises to find the ring"),
    ]
    assert len({one.id for one in heard}) == 2


def test_sounds_songs_and_late_lines_are_nobodys() -> None:
    events = [event(10, "the woman", "says something")]
    text = "I will open the gate."
    for cue in (said(text, 50), Cue(190, 192, text, None, "song"), Cue(190, 192, text, None, "sound")):
        assert hear(events, [cue], CHUNK) == events
