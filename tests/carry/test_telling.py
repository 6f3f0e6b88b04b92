"""What is told: whole harmless sentences, nothing of a degraded or repeated answer, nobody who hides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.carry.telling import MOST_SENTENCES, ROLES, Told, entities, harmless, previous, repeats
from longvid.narrative import Cast, resolve
from longvid.strategy import Answer, Reason, parse_events
from longvid.text import is_whole, printable


def said(text: str, reason: Reason | None = None) -> Answer:
    return Answer(text, "ok" if reason is None else "degraded", reason, 1, 1, False, "key")


ALPHABET = st.sampled_from(
    [
        "A man",
        "runs",
        " ",
        ". ",
        "! ",
        "\n",
        "|",
        "Answer:",
        "user :",
        "<|x|>",
        "<|",
        "|>",
        "\x1b",
        "\u202e",
        "3",
        "é",
        "#",
    ]
)
TEXTS = st.lists(ALPHABET, max_size=40).map("".join)


@given(TEXTS)
def test_whatever_an_answer_says_what_is_told_is_harmless_whole_sentences(text: str) -> None:
    told = previous(said(text), None)
    assert len(told) <= MOST_SENTENCES
    for sentence in told:
        assert "\n" not in sentence
        assert sentence == printable(sentence) == harmless(sentence)
        assert not ROLES.search(sentence)
        assert is_whole(sentence)


@given(TEXTS, TEXTS)
def test_a_degraded_answer_is_never_carried(text: str, earlier: str) -> None:
    assert previous(said(text, "looping"), said(earlier)) == ()
    assert previous(said("", "empty"), None) == ()


def test_the_last_whole_sentences_are_told_and_the_unfinished_one_is_not() -> None:
    text = " ".join(f"He opens door {i}." for i in range(9)) + " He then opens"
    assert previous(said(text), None) == tuple(f"He opens door {i}." for i in range(9 - MOST_SENTENCES, 9))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("12 | a woman in red | opens the box. | hall", "a woman in red opens the box, hall."),
        ("0:07 | a woman in red | opens the box | hall | at night", "a woman in red opens the box, hall at night."),
        ("a woman in red | opens the box | hall", "a woman in red opens the box, hall."),
        ("12 | a woman in red | leaves |", "a woman in red leaves."),
    ],
)
def test_an_event_line_is_told_as_a_sentence_without_its_second(line: str, sentence: str) -> None:
    assert previous(said(f"{line}\n{line.replace('woman', 'girl')}"), None)[0] == sentence


def test_an_answer_that_mostly_repeats_the_one_before_it_is_not_carried() -> None:
    scene = "A woman in red walks along the river and looks at the boats."
    assert repeats(f"{scene} It rains.", scene)
    assert previous(said(f"{scene} It rains."), said(scene)) == ()
    assert previous(said(f"{scene} It rains."), said("A man in grey sits at a desk.")) != ()
    assert not repeats("", "")


def test_what_is_longest_ago_is_left_out_first_and_the_most_important_entity_last() -> None:
    told, seen = Told(("Ada", "Tom"), ("One.", "Two.")), []
    while told:
        seen.append(told.entities + told.before)
        told = told.shorter()
    assert seen == [("Ada", "Tom", "One.", "Two."), ("Ada", "Tom", "Two."), ("Ada", "Tom"), ("Ada",)]


def cast_of(*answers: str) -> Cast:
    return resolve([event for index, text in enumerate(answers) for event in parse_events(text, index).events])


SEEN = (
    "3 | a woman in a red scarf | opens the gate | yard\n9 | a man in a grey coat | hides a key | yard",
    "2 | a woman in a red scarf | reads a letter | kitchen\n8 | a boy with a kite | runs past | kitchen",
    "1 | a dog | barks | road",
    "4 | a man in a grey coat | sits down | cellar",
    "4 | a woman in a red scarf | smiles | road\n8 | Ada, a woman in a red scarf | leaves | road",
)


def test_a_chunk_is_told_of_those_seen_in_it_or_next_to_it_and_of_nobody_it_alone_has_seen() -> None:
    told = [entities(cast_of(*SEEN), index) for index in range(5)]
    assert told == [
        ("Ada (woman in a red scarf)", "the man in a grey coat", "the boy with a kite"),
        ("Ada (woman in a red scarf)", "the man in a grey coat", "the dog"),
        ("Ada (woman in a red scarf)", "the man in a grey coat", "the boy with a kite"),
        ("the man in a grey coat", "Ada (woman in a red scarf)", "the dog"),
        ("Ada (woman in a red scarf)", "the man in a grey coat"),
    ]
    assert entities(cast_of(*SEEN), 4, {"ada"}) == ("the man in a grey coat",)


def test_who_hides_is_not_given_away() -> None:
    seen = (
        "1 | a masked rider | stops the coach | road",
        "2 | the masked rider | rides away | road",
        "3 | Ada, a woman in a red scarf | sleeps | barn",
        "4 | the masked rider | is Ada | barn",
    )
    told = " ".join(line for index in range(4) for line in entities(cast_of(*seen), index))
    assert "Ada" in told
    assert "masked" not in told


@given(st.lists(TEXTS, max_size=6))
def test_whatever_was_seen_entities_are_harmless_lines(texts: list[str]) -> None:
    cast = cast_of(*(f"1 | {text} man | runs{text} | hall\n2 | Ada{text} | {text}sees a dog | hall" for text in texts))
    for index in range(len(texts)):
        for line in entities(cast, index):
            assert line == harmless(line) == printable(line)
            assert "\n" not in line
