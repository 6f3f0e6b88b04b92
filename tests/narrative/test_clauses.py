"""Plain clauses are taken apart as any reader would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.narrative import read_clauses, split_sentence
from longvid.narrative.clauses import read_phrases


@pytest.mark.parametrize(
    ("text", "verb", "thing", "others"),
    [
        ("gives the old map to the tall nurse", "give", "the old map", [("to", "the tall nurse")]),
        ("gives Ada the old map", "give", "the old map", [("to", "Ada")]),
        ("buries the map under the tree", "bury", "the map", [("under", "the tree")]),
        ("takes the ring out of the safe", "take", "the ring", [("out of", "the safe")]),
        ("picks up two apples", "pick up", "two apples", []),
        ("picks up one apple", "pick up", "one apple", []),
        ("turns the radio off", "turn off", "the radio", []),
        ("puts out the candle", "put out", "the candle", []),
        ("opens the safe with the long pin", "open", "the safe", [("with", "the long pin")]),
        ("slowly walks past", "walk", None, []),
        ("greets Ben, the tall nurse", "greet", "Ben, the tall nurse,", []),
    ],
)
def test_verb_object_and_prepositions_are_found(
    text: str, verb: str, thing: str | None, others: list[tuple[str, str]]
) -> None:
    (clause,) = read_clauses(text)
    assert clause.verb == verb
    assert (clause.object and clause.object.say()) == thing
    assert [(preposition, phrase.say()) for preposition, phrase in clause.others] == others


def test_promises_and_sayings_hold_what_is_meant() -> None:
    (promise,) = read_clauses("promises to give the map to Ada")
    assert promise.complement is not None
    assert promise.complement.verb == "give"
    (said,) = read_clauses("says that Ben, the tall nurse, stole the map")
    assert said.complement is not None
    assert said.complement.verb == "steal"
    assert said.complement.subject is not None
    assert said.complement.subject.name == "Ben"


def test_and_begins_a_clause_only_before_a_verb() -> None:
    assert [c.verb for c in read_clauses("takes off the hood and is the old nurse")] == ["take off", "be"]
    (clause,) = read_clauses("greets Ada and Ben")
    assert [(p, x.name) for p, x in clause.others] == [("and", "Ben")]


@pytest.mark.parametrize("text", ["does not open the door", "never opens the door", "fails to open the door"])
def test_what_is_not_done_is_negative(text: str) -> None:
    (clause,) = read_clauses(text)
    assert (clause.verb, clause.negative) == ("open", True)


def test_a_passive_names_its_doer() -> None:
    (clause,) = read_clauses("is given the map by Ada")
    assert (clause.verb, clause.passive) == ("give", True)
    assert clause.subject is not None
    assert clause.subject.name == "Ada"


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("Ada, the tall nurse", [("Ada", "tall nurse")]),
        ("the tall nurse, Ada,", [("Ada", "tall nurse")]),
        ("Ada and Ben", [("Ada", None), ("Ben", None)]),
        ("a man in a grey coat", [(None, "man in grey coat")]),
        ("robotic birds", [(None, "robotic birds")]),
    ],
)
def test_who_an_event_is_about(text: str, called: list[tuple[str | None, str | None]]) -> None:
    assert [(phrase.name, phrase.description) for phrase in read_phrases(text)] == called


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("the man who killed Ada", [None]),
        ("Ada without Ben", ["Ada"]),
        ("Ada holding a gun", ["Ada"]),
        ("a man like Ben", [None]),
        ("Ada's mother", [None]),
        ("Lila, Ada's sister", ["Lila"]),
        ("Ada or Ben", []),
        ("all but Ada", []),
    ],
)
def test_only_who_is_meant_is_named(text: str, names: list[str | None]) -> None:
    assert [phrase.name for phrase in read_phrases(text)] == names


@pytest.mark.parametrize(
    "text", ["would open the door", "nearly opens the door", "will open it", "might open the door"]
)
def test_what_might_be_is_not_done(text: str) -> None:
    (clause,) = read_clauses(text)
    assert (clause.verb, clause.unreal, clause.done) == ("open", True, False)


def test_a_promise_not_to_is_negative() -> None:
    (promise,) = read_clauses("promises never to open the box")
    assert promise.complement is not None
    assert promise.complement.negative
    assert read_clauses("is not Ben")[0].negative


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("The tall nurse steals the map from Ben.", ("The tall nurse", "steals the map from Ben")),
        ("Ada sits on the bridge and checks her arms.", ("Ada", "sits on the bridge and checks her arms")),
        ("The old man, Ben, shoves the nurse.", ("The old man, Ben", "shoves the nurse")),
        ("They run along the path.", ("They", "run along the path")),
        ("Both men draw guns.", ("Both men", "draw guns")),
        ("The two women leave the house.", ("The two women", "leave the house")),
        ("Three birds fly over the lake.", ("Three birds", "fly over the lake")),
        ("The men in black wait outside.", ("The men in black", "wait outside")),
    ],
)
def test_a_sentence_falls_into_who_and_what(sentence: str, parts: tuple[str, str]) -> None:
    assert split_sentence(sentence) == parts


def test_a_sentence_without_a_verb_has_no_parts() -> None:
    assert split_sentence("A dark and stormy night.") is None


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_clauses(text)
    read_phrases(text)
    split_sentence(text)
