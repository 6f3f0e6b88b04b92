"""The text: whatever must be told told, nothing told that does not hold."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Grounds, founded, words_in
from longvid_strategies.ledger.reading.acts import acts_of, lines_of
from longvid_strategies.ledger.reading.telling import tell
from tests.strategy.ledger.reading.asked import anything, asking, by_kind, fact, kinds, link, nobody
from tests.strategy.ledger.reading.story import (
    CAST,
    FACTS,
    LINE,
    LINKS,
    OPENED,
    copies,
    film,
    joining,
    same,
    shown,
    told,
)


def test_links_must_be_told_and_what_they_begin_with_and_key_facts_are_starred() -> None:
    lines = lines_of(FACTS, LINKS, 200)
    assert [line.must for line in lines] == [False, False, False, True, True]
    assert [line.star for line in lines] == [True, True, False, False, False]
    seen = shown(lines, FACTS, 100)
    assert [mark for _, mark, _ in seen] == ["* ", "* ", "", "", "++ "]
    assert [text for _, _, text in seen] == [line.text for line in lines]


@pytest.mark.parametrize("words", [100, 250])
def test_where_not_all_facts_fit_into_the_prompt_those_that_are_worth_least_are_left_out(words: int) -> None:
    facts = film(400)
    lines = lines_of(facts, joining(facts, 6), words)
    seen = [text for _, _, text in shown(lines, facts, words)]
    left = [line for line in lines if line.text not in seen]
    assert len(left) > 100
    assert not [line for line in left if line.link]
    # Of no act is one left out that is worth more than one that stays.
    for act in acts_of(lines, words):
        facts_left = [line.worth for line in act.lines if not line.link and line.text not in seen]
        facts_shown = [line.worth for line in act.lines if not line.link and line.text in seen]
        assert max(facts_left, default=0) <= min(facts_shown)


def test_links_are_shown_all_where_not_even_they_fit_beside_an_answer() -> None:
    facts = film(40)
    lines = lines_of(facts, joining(facts, 14), 200)
    seen = [(mark, text) for _, mark, text in shown(lines, facts, 200, context=560)]
    assert [text for mark, text in seen if mark == "++ "] == [line.text for line in lines if line.link]
    assert [text for mark, text in seen if mark != "++ "] == [facts[-1].text], "and how the film ends"


def test_an_act_of_more_words_than_the_context_is_written_from_its_lines() -> None:
    facts = film(6)
    lines = lines_of(facts, [], 4000)
    assert [text for _, _, text in shown(lines, facts, 4000, context=800)] == [fact.text for fact in facts]


def test_where_nothing_fits_into_the_prompt_the_lines_stand() -> None:
    facts = film(40)
    passages, counts = told(nobody, lines_of(facts, [], 400), facts, 400, context=200)
    assert counts["unwritten"] == 3
    said = [text for passage in passages for text in passage]
    assert set(said) <= {fact.text for fact in facts}
    assert 0.9 * 400 <= sum(map(words_in, said)) <= 1.1 * 400


def test_nothing_to_tell_makes_no_act() -> None:
    assert acts_of([], 200) == []
    assert told(by_kind(), [], [], 200) == (
        [],
        {"added": 0, "replaced": 0, "unwritten": 0, "ungrounded": 0, "unchecked": 0},
    )


def test_what_must_be_told_and_is_left_out_is_put_in_where_it_belongs() -> None:
    lines = lines_of(FACTS, LINKS, 100)
    write = "Anna hides a key. [1] Carl lies. [2] A boy feeds geese. [3] Anna opens a desk. [4]"
    passages, counts = told(by_kind(write=write, check="none", missing="none"), lines, FACTS, 100)
    assert [text for passage in passages for text in passage] == [
        "Anna hides a key.",
        "Carl lies.",
        "A boy feeds geese.",
        "Anna opens a desk.",
        OPENED.text,
    ]
    assert counts == {"added": 1, "replaced": 0, "unwritten": 0, "ungrounded": 0, "unchecked": 0}


def test_a_sentence_that_does_not_hold_is_replaced_by_its_lines() -> None:
    lines = lines_of(FACTS, LINKS, 100)
    write = (
        "Anna hides a key. [1] Carl saw nobody and Anna kissed him. [2] A boy feeds geese. [3] Anna finds it. [4, 5]"
    )
    passages, counts = told(by_kind(write=write, check="B, D", missing="none"), lines, FACTS, 100)
    assert [text for passage in passages for text in passage] == [
        "Anna hides a key.",
        "Carl swears that he saw nobody there.",
        "A boy feeds geese.",
        "Anna opens a desk with the silver key.",
        OPENED.text,
    ]
    assert counts == {"added": 0, "replaced": 2, "unwritten": 0, "ungrounded": 0, "unchecked": 0}


@pytest.mark.parametrize("verdict", ["none", "None.", "none of them", "", "Z", "All of it is fine."])
def test_what_is_not_found_wrong_stays(verdict: str) -> None:
    says = by_kind(write=copies, check=verdict, missing="none")
    assert told(says, lines_of(FACTS, LINKS, 100), FACTS, 100)[1]["replaced"] == 0


def test_a_sentence_with_a_name_or_number_of_nowhere_is_not_told() -> None:
    grounds = Grounds(fact.text for fact in FACTS)

    def allowed(text: str) -> bool:
        return founded(text, grounds) == text

    write = "Carl and Bernadette swear that they saw nobody. [1] The boy feeds 47 geese. [2] Anna opens the desk. [3]"
    passages, _ = told(
        by_kind(write=write, check="none", missing="none"), lines_of(FACTS, LINKS, 100), FACTS, 100, allowed=allowed
    )
    text = " ".join(text for passage in passages for text in passage)
    assert not re.search("Bernadette|47", text)
    assert "Carl swears that he saw nobody there." in text


@pytest.mark.parametrize("said", ["", "I am sorry, but I cannot help with that.", "Anna hides a key."])
def test_where_nothing_can_be_told_of_what_was_written_the_lines_stand(said: str) -> None:
    lines = lines_of(FACTS, LINKS, 100)
    passages, counts = told(by_kind(write=said, check="none", missing="none"), lines, FACTS, 100)
    assert counts["unwritten"] == 1
    text = " ".join(text for passage in passages for text in passage)
    assert all(line.text in text for line in lines if line.must)


def test_a_passage_that_breaks_off_keeps_the_sentences_whose_numbers_are_there() -> None:
    lines = lines_of(FACTS, LINKS, 100)
    says = by_kind(check="none", missing="none")

    def broken(prompt: str) -> Raw:
        if prompt.startswith("You write act"):
            said = "Anna hides it. [1] Carl says that he saw nobody. [2] A boy feeds geese. [3] The key op"
            return Raw(said, "length", 10, 20)
        return says(prompt)

    passages, _ = told(broken, lines, FACTS, 100)
    assert [text for passage in passages for text in passage] == [
        "Anna hides it.",
        "Carl says that he saw nobody.",
        FACTS[2].text,
        FACTS[3].text,
        OPENED.text,
    ]


LIES, FEEDS, OPENS = "Carl lies.", "A boy feeds geese.", "The key opens it."


@pytest.mark.parametrize(
    ("written", "sentences"),
    [
        ("Carl lies. [1, 2] A boy feeds geese. [3] The key opens it. [4, 5]", [LIES, FEEDS, OPENS]),
        ("Carl lies [1, 2]. A boy feeds geese [3]. The key opens it [4, 5].", [LIES, FEEDS, OPENS]),
        ("Carl lies. He is pale. [1, 2, 3] The key opens it. [4, 5]", ["Carl lies. He is pale.", OPENS]),
        ("In this film, Carl lies. [1-3] The key opens it. [4\u20135]", [LIES, OPENS]),
        ("A man [Carl] saw nobody. [1-3] The key opens it. [4, 5, 99]", ["A man saw nobody.", OPENS]),
    ],
    ids=["behind", "before the stop", "two sentences", "an opening", "names in brackets"],
)
def test_sentences_are_read_with_the_lines_that_they_name(written: str, sentences: list[str]) -> None:
    lines = lines_of(FACTS, LINKS, 100)
    passages, counts = told(by_kind(write=written, check="none", missing="none"), lines, FACTS, 100)
    assert [text for passage in passages for text in passage] == sentences
    assert counts["added"] == 0


def test_names_that_are_known_by_then_stand_in_what_code_tells_itself() -> None:
    facts = [
        fact(0, 0, "A woman in grey [Anna] hides a key.", key=True),
        fact(1, 1, "The desk is opened by somebody.", key=True),
    ]
    links = [link(0, 1, "The woman in grey [Anna] opens the desk with what she hid.")]
    passages, _ = told(by_kind(write="", check="none", missing="none"), lines_of(facts, links, 100), facts, 100)
    text = " ".join(text for passage in passages for text in passage)
    assert "The woman in grey (Anna) opens the desk" in text
    assert "[" not in text


def test_an_act_is_told_what_those_before_it_tell_in_short_and_in_order() -> None:
    before: list[str] = []

    def write(places: Mapping[str, str]) -> str:
        before.append(places["before"])
        return copies(places)

    facts = film(160)
    lines = lines_of(facts, joining(facts, 4), 900)
    told(by_kind(write=write, shorten=same, check="none", missing="none"), lines, facts, 900)
    acts = acts_of(lines, 900, 204)
    assert len(before) == len(acts) > 3
    assert before[0] == ""
    for number, said in enumerate(before[1:], 1):
        lead, *rows = said.strip().split("\n- ")
        assert lead == "Told before this act, among other things:"
        earlier = [line.text for act in acts[:number] for line in act.lines]
        assert [earlier.index(row) for row in rows] == sorted(earlier.index(row) for row in rows)
        assert all(line.text in rows for act in acts[:number] for line in act.lines if line.must)
        assert 4 <= len(rows) <= 12


def test_every_sentence_names_the_facts_that_it_rests_on() -> None:
    context = asking(by_kind(write=copies, check="none", missing="none"))
    lines = lines_of(FACTS, LINKS, 100)
    passages, _ = asyncio.run(tell(context, lines, FACTS, CAST, 100, anything))
    rests = [[line.facts for line in one.lines] for passage in passages for one in passage]
    assert rests == [[(0,)], [(1,)], [(2,)], [(3,)], [(0, 3)]]


@pytest.mark.parametrize(
    ("context", "size", "words", "written"),
    [
        (2048, 60, 800, ["write"] * 4),
        (4096, 60, 800, ["write"] * 3),
        (16384, 60, 800, ["whole"]),
        (16384, 120, 1200, ["write"] * 5),
        (16384, 1600, 800, ["write"] * 3),
    ],
    ids=["short", "longer, and acts grow little", "holds the film", "too long a text", "holds it by far not"],
)
def test_a_context_that_holds_the_film_writes_its_text_in_one_go(
    context: int, size: int, words: int, written: list[str]
) -> None:
    facts = film(size)
    lines = lines_of(facts, joining(facts, 6), words)
    asked: list[str] = []

    def write(kind: str) -> Callable[[Mapping[str, str]], str]:
        def says(places: Mapping[str, str]) -> str:
            asked.append(kind)
            return copies(places)

        return says

    says = by_kind(write=write("write"), whole=write("whole"), shorten=same, check="none", missing="none")
    passages, _ = told(says, lines, facts, words, context=context)
    assert asked == written
    sizes = [sum(map(words_in, part)) for part in passages]
    assert 0.9 * words <= sum(sizes) <= 1.1 * words
    assert len(sizes) >= len(written)
    assert max(sizes) <= 300


def test_a_text_in_one_go_is_written_from_all_that_happens_and_checked_like_any_other() -> None:
    facts = film(60)
    lines = lines_of(facts, joining(facts, 6), 400)
    seen: list[Mapping[str, str]] = []

    def whole(places: Mapping[str, str]) -> str:
        seen.append(places)
        return " ".join(f"It is told that {text} [{number}]" for number, _, text in LINE.findall(places["lines"]))

    context = asking(by_kind(whole=whole, shorten=same, check="A", missing="none"), context=16384, words=400)
    passages, counts = asyncio.run(tell(context, lines, facts, CAST, 400, anything))
    [places] = seen
    assert places["words"] == "400"
    assert [text for _, _, text in LINE.findall(places["lines"])] == [line.text for line in lines]
    assert kinds(context) == ["whole", "missing", "shorten", "check"]
    assert counts["replaced"] == 1
    links = [line for line in lines if line.link]
    assert links
    assert all(line in [one for part in passages for told in part for one in told.lines] for line in links)
