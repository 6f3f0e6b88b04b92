"""The text is as long as was asked for: filled where it is short, shortened or cut where it is long."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from longvid.strategy import words_in
from longvid_strategies.ledger.reading.acts import acts_of, lines_of
from longvid_strategies.ledger.reading.telling import LONG
from tests.strategy.ledger.reading.asked import by_kind, link
from tests.strategy.ledger.reading.story import (
    FACTS,
    LINE,
    LINKS,
    OPENED,
    copies,
    film,
    joining,
    same,
    told,
)


@pytest.mark.parametrize("words", [60, 100, 160, 250, 400, 600, 800, 1200])
@pytest.mark.parametrize("links", [0, 8, 100])
def test_the_text_is_within_a_tenth_of_the_words_asked_for(words: int, links: int) -> None:
    """Of an LLM that does as it is told, from a film with more than enough to tell."""
    facts = film(600)

    def write(places: Mapping[str, str]) -> str:
        """Lines in their order, shortened or drawn out to the words asked for."""
        lines = LINE.findall(places["lines"])
        each = int(places["words"]) / len(lines)
        said = []
        for i, (number, _, text) in enumerate(lines):
            size = round(each * (i + 1)) - round(each * i)
            kept = text.rstrip(".").split()[:size]
            said.append(f"{' '.join([*kept, *['so'] * (size - len(kept))])}. [{number}]")
        return " ".join(said)

    lines = lines_of(facts, joining(facts, links), words)
    passages, counts = told(by_kind(write=write, shorten=same, check="none", missing="none"), lines, facts, words)
    size = sum(words_in(text) for passage in passages for text in passage)
    assert 0.9 * words <= size <= 1.1 * words
    assert (counts["replaced"], counts["unwritten"]) == (0, 0)


@pytest.mark.parametrize("words", [60, 160, 400, 1200])
def test_a_text_that_is_far_too_short_is_filled_with_what_links_begin_with_first(words: int) -> None:
    facts = film(600, key=lambda i: False)
    links = [link(50 * i, 50 * i + 25, f"Then v{i} is what v{i} was.") for i in range(8)]
    lines = lines_of(facts, links, words)

    def write(places: Mapping[str, str]) -> str:
        """The first five words of each link."""
        told = LINE.findall(places["lines"])
        return " ".join(f"{' '.join(text.split()[:5])}. [{number}]" for number, mark, text in told if mark == "++ ")

    passages, _ = told(by_kind(write=write, check="none", missing="none"), lines, facts, words)
    text = " ".join(text for passage in passages for text in passage)
    assert 0.9 * words <= words_in(text) <= 1.1 * words
    begun = [facts[line.facts[0]].text for line in lines if line.link]
    assert all(said in text for said in begun[: words // 60])
    order = [int(number) for number in re.findall(r"Somebody w(\d+)x", text)]
    assert order == sorted(order)


@pytest.mark.parametrize("words", [60, 160, 400, 1200])
def test_a_text_that_is_far_too_long_is_cut_where_it_is_worth_least(words: int) -> None:
    facts = film(600)
    lines = lines_of(facts, joining(facts, 4), words)

    def write(places: Mapping[str, str]) -> str:
        return " ".join(f"{text.rstrip('.')} {'and so on ' * 4}. [{n}]" for n, _, text in LINE.findall(places["lines"]))

    passages, _ = told(by_kind(write=write, shorten=same, check="none", missing="none"), lines, facts, words)
    text = " ".join(text for passage in passages for text in passage)
    assert words_in(text) <= 1.1 * words
    # The links are told before anything else.
    assert all(line.text.split()[1] in text for line in lines if line.link and line.worth == 10.0)


def test_what_is_too_long_is_taken_from_the_act_that_is_longest_for_its_words() -> None:
    facts = film(120)
    lines = lines_of(facts, [], 440)
    first, second = acts_of(lines, 440, 204)

    def write(places: Mapping[str, str]) -> str:
        """Nothing but its first lines, of the second act three times as much as it may be."""
        size = 1 if places["act"] == "1" else 3
        rows, said = LINE.findall(places["lines"]), ""
        for number, _, text in rows * 2:
            if words_in(said) > size * int(places["words"]):
                break
            said += f"{text} [{number}] "
        return said

    passages, _ = told(by_kind(write=write, shorten=same, check="none", missing="none"), lines, facts, 440)
    sizes = [sum(map(words_in, passage)) for passage in passages]
    assert sum(sizes) <= 1.1 * 440
    assert sizes[0] >= 0.9 * first.words, "a sentence or two less"
    assert sizes[1] <= 1.3 * second.words


LENGTHY = [line.text for line in lines_of(FACTS, LINKS, 36)]


def shortened(brief: str, *, words: int = 36, long: bool = True) -> tuple[list[str], list[Mapping[str, str]]]:
    """Sentences of FACTS, written as they are or within the words, and what was asked to be shortened."""
    asked: list[Mapping[str, str]] = []

    def shorten(places: Mapping[str, str]) -> str:
        asked.append(places)
        return brief

    write = copies if long else "Anna hides a key and Carl lies. [1, 2] That key opens the desk. [4, 5]"
    passages, _ = told(
        by_kind(write=write, shorten=shorten, check="none", missing="none"), lines_of(FACTS, LINKS, words), FACTS, words
    )
    return [text for passage in passages for text in passage], asked


def test_an_act_that_is_too_long_is_asked_once_to_be_shortened_with_its_numbers() -> None:
    kept = ["Anna hides a silver key; Carl swears that he saw nobody.", "A boy feeds geese.", "The key opens a desk."]
    said, [places] = shortened(f"{kept[0]} [1, 2] {kept[1]} [3] {kept[2]} [4, 5]")
    assert said == kept
    marks = ["", "", "", "++ ", "++ "]
    rows = [f"{mark}{text} [{number}]" for number, (mark, text) in enumerate(zip(marks, LENGTHY, strict=True), 1)]
    assert places["text"] == "\n".join(rows), "what must stay is marked"
    assert (places["have"], places["words"]) == (str(sum(map(words_in, LENGTHY))), "36")


def test_an_act_that_is_long_enough_is_not_asked_to_be_shortened() -> None:
    assert shortened("Nothing. [1]", long=False)[1] == []
    # Nor one with hardly more words than it may have.
    assert shortened("Nothing. [1]", words=round(sum(map(words_in, LENGTHY)) / LONG) + 1)[1] == []


@pytest.mark.parametrize(
    "brief",
    [
        "",
        "Anna opens a desk. [4]",
        "I am sorry, but I cannot help with that.",
        "Anna hides a silver key; Carl swears that he saw nobody. With the key she opens a desk.",
        " ".join(f"{text} So it is told here at length. [{number}]" for number, text in enumerate(LENGTHY, 1)),
    ],
    ids=["nothing", "most is thrown away", "a refusal", "without numbers", "longer"],
)
def test_what_is_not_shortened_but_thrown_away_is_not_taken(brief: str) -> None:
    said, asked = shortened(brief)
    assert len(asked) == 1
    # It is still cut to length by code, and the link stays.
    assert set(said) < set(LENGTHY)
    assert OPENED.text in said


def test_a_link_that_is_lost_where_an_act_is_shortened_is_put_in_again() -> None:
    said, _ = shortened("Anna hides a silver key under the bridge, and Carl swears that he saw nobody there. [1, 2]")
    assert said[-1] == OPENED.text


def test_a_name_of_nowhere_does_not_come_in_where_an_act_is_shortened() -> None:
    brief = "Anna hides a silver key; Carl swears that he saw nobody. [1, 2] Bernadette opens the desk with it. [4, 5]"

    def allowed(text: str) -> bool:
        return "Bernadette" not in text

    says = by_kind(write=copies, shorten=brief, check="none", missing="none")
    passages, _ = told(says, lines_of(FACTS, LINKS, 18), FACTS, 18, allowed=allowed)
    assert not [text for passage in passages for text in passage if "Bernadette" in text]
