"""What must be told and is told by half or not at all is put in as the LLM words it, in its place."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

import pytest

from longvid.strategy import Grounds, founded
from longvid_strategies.ledger.reading.acts import Act, Line, Told, lines_of
from longvid_strategies.ledger.reading.mending import mend
from longvid_strategies.ledger.reading.telling import _check
from tests.strategy.ledger.reading.asked import Reply, anything, asking, by_kind
from tests.strategy.ledger.reading.story import CAST, FACTS, LINKS, OPENED, copies, film, told

HALF = "Anna hides a silver key under the bridge. [1] Carl lies. [2] A boy feeds geese. [3] Anna opens a desk. [4, 5]"
WHOLE = "With the silver key that she hid under the bridge, Anna opens the desk."


def mended(missing: Reply, *, write: str = HALF, allowed: Callable[[str], bool] | None = None) -> list[str]:
    says = by_kind(write=write, missing=missing, check="none")
    passages, _ = told(says, lines_of(FACTS, LINKS, 100), FACTS, 100, allowed=allowed)
    return [text for passage in passages for text in passage]


def test_it_is_asked_with_the_sentences_and_what_they_must_tell() -> None:
    asked: list[Mapping[str, str]] = []

    def missing(places: Mapping[str, str]) -> str:
        asked.append(places)
        return "none"

    assert mended(missing)[3] == "Anna opens a desk."
    [places] = asked
    assert places["lines"] == f"1. {FACTS[3].text}\n2. {OPENED.text}", "also how the film ends"
    assert re.findall(r"^([A-Z])\. ", places["sentences"], re.M) == ["A", "B", "C", "D"]


@pytest.mark.parametrize("place", ["D", " D ", "**D**"])
def test_a_sentence_that_tells_it_by_half_is_written_anew(place: str) -> None:
    assert mended(f"2 | {place} | {WHOLE}") == [*HALF_TOLD[:3], WHOLE]


def test_a_new_sentence_comes_behind_the_one_that_is_named() -> None:
    assert mended(f"2 | D+ | {WHOLE}") == [*HALF_TOLD, WHOLE]


HALF_TOLD = [text.strip() for text in re.split(r"\[[\d, ]+\]", HALF) if text.strip()]


@pytest.mark.parametrize(
    "answer",
    ["none", "", "1 | D", "3 | D | It has no such line at all.", f"2 | Z | {WHOLE}", f"2 | D and C | {WHOLE}",
     "2 | D | Anna opens it.", "2 | D | Nothing at all of this was ever said by anybody."],
    ids=["all are told", "nothing", "no sentence", "no such line", "no such sentence", "two places", "too short",
         "made up"],
)  # fmt: skip
def test_what_is_of_no_use_changes_nothing(answer: str) -> None:
    assert mended(answer) == HALF_TOLD


def test_a_name_or_number_of_nowhere_does_not_come_in() -> None:
    grounds = Grounds(fact.text for fact in FACTS)
    strange = "With the silver key that Bernadette hid under the bridge, Anna opens 47 desks."
    assert mended(f"2 | D | {strange}", allowed=lambda text: founded(text, grounds) == text) == HALF_TOLD


def test_an_act_of_more_sentences_than_letters_is_looked_at_whole() -> None:
    facts = film(30)
    lines = [Line(one.text, (one.id,), one.id, 1.0, True) for one in facts]
    act = Act(lines, 250, [Told(f"So it is: {line.text}", (line,)) for line in lines])
    context = asking(by_kind(missing=f"1 | AD+ | {facts[0].text}", check="B, AD"), context=16384)
    asyncio.run(mend(context, act, facts, CAST, anything))
    assert [one.text for one in act.told[29:]] == [f"So it is: {facts[29].text}", facts[0].text]
    assert asyncio.run(_check(context, act, facts, CAST)) == {1, 29}
    for prompt in context.prompts:
        assert [f"\n{label}. So it is" in prompt for label in ("Z", "AA", "AD")] == [True] * 3


def test_where_what_must_be_told_stands_as_it_is_nothing_is_asked() -> None:
    assert told(by_kind(write=copies, check="none"), lines_of(FACTS, LINKS, 100), FACTS, 100)[0]
