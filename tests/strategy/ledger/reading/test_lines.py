"""Answers are read line by line; one of which nothing can be read is asked for once more, with the fault named."""

from __future__ import annotations

import asyncio
import re

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Answer, Limits
from longvid_strategies.ledger.reading import cast, choosing, facts, links, mending
from longvid_strategies.ledger.reading.lines import Form, Unread, ask, cells, numbers
from tests.standins import Says, ScriptedContext, plainly
from tests.strategy.ledger.reading.asked import asking, nobody

FORM = Form("letter | word", r"[a-z] \| [a-z]+")


def pair(line: str) -> list[tuple[str, ...]]:
    found = cells(line)
    return [tuple(found)] if len(found) == 2 else []


def asked(says: Says, *, none: bool = True, tokens: int = 100) -> tuple[list[tuple[str, ...]], ScriptedContext]:
    context = asking(says)
    return asyncio.run(ask(context, "Say what there is.", tokens, pair, FORM, none=none)), context


def test_one_bad_line_costs_itself_alone() -> None:
    found, context = asked(lambda prompt: plainly("a | apple\nThis is no line | of two | but three.\nb | bread"))
    assert found == [("a", "apple"), ("b", "bread")]
    assert len(context.prompts) == 1


def test_an_answer_without_any_line_is_asked_for_once_more_with_the_fault_named() -> None:
    answers = iter(["Here is what I found in the film.", "a | apple"])
    found, context = asked(lambda prompt: plainly(next(answers)))
    assert found == [("a", "apple")]
    first, again = context.prompts
    assert again.startswith(first)
    assert FORM.told in again
    assert "could not be read" in again


def test_only_who_did_not_keep_to_the_lines_is_held_to_them() -> None:
    answers, held = iter(["Here is what I found.", "a | apple"]), list[str | None]()

    class Held(ScriptedContext):
        async def write(self, prompt: str, *, max_tokens: int, line: str | None = None) -> Answer:
            held.append(line)
            return await super().write(prompt, max_tokens=max_tokens, line=line)

    limits = Limits(context=2048, caption=320, max_concurrency=4, words=200)
    context = Held(
        1, caption=lambda i: plainly("Nothing."), writes=lambda prompt: plainly(next(answers)), limits=limits
    )
    asyncio.run(ask(context, "Say what there is.", 100, pair, FORM))
    assert held == [None, FORM.pattern]


def _examples() -> list[tuple[Form, str]]:
    prompts = [(facts.FORM, facts.FACTS), (links.FORM, links.FORWARD), (links.BACK_FORM, links.BACKWARD)]
    prompts += [(cast.FORM, cast.CAST), (mending.FORM, mending.MISSING)]
    found = [(form, prompt.partition("Example: ")[2].splitlines()[0]) for form, prompt in prompts]
    found += [(cast.JOIN_FORM, "3 > 17 | Both limp."), (choosing.THREADS_FORM, "A | the hidden key | 3, 17")]
    return [*found, (choosing.HOLDS_FORM, "2 | yes"), (choosing.HOLDS_FORM, "2 | partly | She hid a key, not a coin.")]


@pytest.mark.parametrize(("form", "example"), _examples())
def test_an_example_of_a_prompt_has_the_pattern_that_a_server_is_held_to(form: Form, example: str) -> None:
    assert re.fullmatch(form.pattern, example)
    assert not re.fullmatch(form.pattern, "Here is what I found in the film.")


def test_what_cannot_be_read_twice_is_unread() -> None:
    context = asking(lambda prompt: plainly("There is a lot to be said of it."))
    with pytest.raises(Unread):
        asyncio.run(ask(context, "Say what there is.", 100, pair, FORM))
    assert len(context.prompts) == 2


@pytest.mark.parametrize("said", ["none", "None.", "- none", "No connections that matter.", "nothing", "No lines"])
def test_that_there_is_nothing_is_an_answer(said: str) -> None:
    found, context = asked(lambda prompt: plainly(said))
    assert (found, len(context.prompts)) == ([], 1)


def test_lines_that_are_right_and_of_no_use_are_not_asked_for_again() -> None:
    context = asking(lambda prompt: plainly("a | perhaps an apple?"))

    def read(line: str) -> list[str] | None:
        return None if line.endswith("?") else []

    assert asyncio.run(ask(context, "Say what there is.", 100, read, FORM)) == []
    assert len(context.prompts) == 1


def test_that_there_is_nothing_is_no_answer_where_there_must_be_something() -> None:
    with pytest.raises(Unread):
        asked(lambda prompt: plainly("none"), none=False)


def test_lines_count_beside_a_none() -> None:
    assert asked(lambda prompt: plainly("none\na | apple"))[0] == [("a", "apple")]


def test_an_answer_that_is_cut_off_loses_its_last_line_alone() -> None:
    found, context = asked(lambda prompt: Raw("a | apple\nb | bread\nc | chee", "length", 10, 20))
    assert found == [("a", "apple"), ("b", "bread")]
    assert len(context.prompts) == 1


def test_of_an_answer_that_loops_what_was_said_once_is_read() -> None:
    found, _ = asked(lambda prompt: Raw("a | apple\n" + "b | bread\n" * 30, "loop", 10, 90))
    assert found == [("a", "apple"), ("b", "bread")]


@pytest.mark.parametrize("mark", ["- ", "* ", "\u2022 ", "1. ", "2) ", "(3) "])
def test_list_marks_before_numbers_are_no_part_of_a_line(mark: str) -> None:
    found, _ = asked(lambda prompt: plainly(f"{mark}12 | apple\n{mark}13 | bread"))
    assert found == [("12", "apple"), ("13", "bread")]


def test_a_dash_before_a_bar_is_an_empty_cell() -> None:
    assert asked(lambda prompt: plainly("- | apple"))[0] == [("-", "apple")]


def test_nothing_is_asked_where_an_answer_has_no_room() -> None:
    context = asking(nobody, context=40)
    with pytest.raises(Unread):
        asyncio.run(ask(context, "word " * 30, 100, pair, FORM))


def test_an_answer_gets_no_more_than_the_room_that_is_left() -> None:
    context = asking(lambda prompt: plainly("a | apple"), context=100)
    # The context refuses a call whose prompt and answer together are more than it holds.
    assert asyncio.run(ask(context, "word " * 40, 500, pair, FORM)) == [("a", "apple")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3, 5 and 5", [3, 5]),
        ("3-5, 9", [3, 4, 5, 9]),
        ("part 7\u20138", [7, 8]),
        ("1-999", list(range(1, 52))),
        ("none", []),
    ],
)
def test_numbers_are_read_with_their_ranges(text: str, found: list[int]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a | b |c", ["a", "b", "c"]),
        ("| a | b |", ["a", "b"]),
        ("a  b | ", ["a b"]),
        ("a |  | c", ["a", "", "c"]),
    ],
)
def test_cells_stand_between_bars(line: str, found: list[str]) -> None:
    assert cells(line) == found
