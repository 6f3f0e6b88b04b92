"""Links are asked for in both directions, by numbers and letters of what is shown; code joins what says the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from longvid_strategies.ledger.reading.candidates import Candidates
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.links import LATER, MOST, MOST_OPEN, Link, find_links, joined
from tests.strategy.ledger.reading.asked import Reply, asking, by_kind, fact, kinds, link

FACTS = [
    fact(0, 0, "Anna hides a key under the bridge.", waits=True),
    fact(1, 0, "Carl lies about the bridge."),
    fact(2, 1, "Eve buys a ticket to Rome."),
    fact(3, 2, "Anna opens the desk with a key."),
    fact(4, 2, "Carl admits that he lied."),
]


def found(
    forward: Reply = "none", backward: Reply = "none", facts: list[Fact] = FACTS, most: int = 9
) -> tuple[list[Link], int]:
    context = asking(by_kind(forward=forward, backward=backward), 3)
    return asyncio.run(find_links(context, Candidates(facts, frozenset({"Anna", "Carl"})), most_back=most))


def in_part(number: int, line: str) -> Reply:
    return lambda places: line if int(places["part"]) == number else "none"


def test_a_chunk_names_earlier_facts_by_number_and_its_own_by_letter() -> None:
    links, unread = found(in_part(3, "A | 0 -> a | Anna opens the desk with the key that she had hidden"))
    assert unread == 0
    assert links == [Link((0,), (3,), "Anna opens the desk with the key that she had hidden.", True)]
    assert links[0].at == 3


def test_an_open_fact_is_asked_for_what_settles_it_by_numbers_alone() -> None:
    links, _ = found(backward="A | 0 -> 3 | The hidden key opens the desk.")
    assert links == [Link((0,), (3,), "The hidden key opens the desk.", True)]


@pytest.mark.parametrize(
    ("line", "early", "late"),
    [
        ("A | 0, 1 -> a, b | Both are told.", (0, 1), (3, 4)),
        ("A | 0-1 -> b | Both are told.", (0, 1), (4,)),
        ("B | 0 and 2 -> (b) | Both are told.", (0, 2), (4,)),
        ("A | a -> b | Both are told.", (3,), (4,)),
        ("A | 0, a -> b | Both are told.", (0, 3), (4,)),
        ("A: 0 => b | Both are told.", (0,), (4,)),
        ("A | 0 \u2192 b | Both are told.", (0,), (4,)),
        ("1. A | 0 -> b | Both are told.", (0,), (4,)),
        ("A | 0, 77 -> b, z | Both are told.", (0,), (4,)),
    ],
)
def test_several_numbers_and_letters_in_a_line_are_read(
    line: str, early: tuple[int, ...], late: tuple[int, ...]
) -> None:
    [only] = found(in_part(3, line))[0]
    assert (only.early, only.late, only.strong) == (early, late, "B" not in line.split("|")[0])


@pytest.mark.parametrize(
    "line",
    [
        "A | 0 -> a | The key may be the one that she had hidden?",
        "A | 77 -> a | The key is the one that she had hidden.",
        "A | 0 -> z | The key is the one that she had hidden.",
        "A | b -> a | What comes later explains nothing.",
        "A | a -> a | It explains itself.",
        "A | 0 -> a | ...",
        f"A | 0 -> a | The key {'and ' * 60}the desk.",
        "The key is the one that she had hidden.",
    ],
    ids=["a guess", "not shown", "no such letter", "backwards", "itself", "no words", "a story", "no line"],
)
def test_what_is_no_link_costs_itself_alone(line: str) -> None:
    links, unread = found(in_part(3, f"{line}\nA | 1 -> b | Carl admits that he lied about the bridge."))
    assert ([each.early for each in links], unread) == ([(1,)], 0)


def test_of_many_lines_the_weightiest_are_kept() -> None:
    many = [fact(i, 0, f"zx{i} waits.") for i in range(20)] + [fact(20 + i, 1, f"zy{i} comes.") for i in range(20)]
    said = "\n".join(f"A | {i} -> {'abcdefghijklmnopqrst'[i]} | zy{i} is what zx{i} waits for." for i in range(20))
    links, _ = found(in_part(2, said), facts=many)
    assert [each.early[0] for each in links] == list(range(MOST + 1))


def test_what_both_directions_see_is_one_link() -> None:
    forward = in_part(3, "B | 0 -> a | The key opens the desk.")
    links, _ = found(forward, "A | 0 -> 3 | The key that Anna had hidden opens the desk.")
    assert links == [Link((0,), (3,), "The key that Anna had hidden opens the desk.", True)]


def test_links_with_a_common_begin_and_a_common_end_are_joined_and_others_are_not() -> None:
    one, other = link(0, 3, "The key opens the desk."), replace(link(0, 3, "It opens."), early=(0, 1))
    assert joined([one, other]) == [Link((0, 1), (3,), "The key opens the desk.", True)]
    apart = [link(0, 3, "The key opens the desk."), link(0, 4, "The key is named."), link(1, 3, "The lie is named.")]
    assert joined(apart) == apart


def test_a_first_chunk_of_one_fact_is_not_asked_about() -> None:
    context = asking(by_kind(forward="none", backward="none"), 3)
    asyncio.run(find_links(context, Candidates([FACTS[0]], frozenset()), most_back=1))
    assert kinds(context) == []


def test_links_inside_one_part_are_links_too() -> None:
    [only] = found(in_part(1, "A | a -> b | Carl lies because of what Anna hid."))[0]
    assert (only.early, only.late) == ((0,), (1,))


def test_answers_that_cannot_be_read_are_counted_and_the_others_stand() -> None:
    def forward(places: Mapping[str, str]) -> str:
        return "A | 0 -> a | The key opens it." if places["part"] == "3" else "It is all connected, I feel."

    links, unread = found(forward, "Everything is settled.")
    assert [each.late for each in links] == [(3,)]
    # Parts 1 and 2, and the open fact.
    assert unread == 3


def test_backward_each_open_fact_is_shown_with_later_facts_alone_and_few() -> None:
    blocks: list[str] = []

    def backward(places: Mapping[str, str]) -> str:
        blocks.append(places["blocks"])
        return "none"

    facts = [fact(i, i // 4, f"Somebody speaks of the sundial, zx{i}.", waits=i % 10 == 5) for i in range(60)]
    found("none", backward, facts)
    shown = [block for text in blocks for block in text.split("Open: ")[1:]]
    ids = [[int(number) for number in re.findall(r"^ *(\d+)\. ", block, re.M)] for block in shown]
    assert {group[0] for group in ids} <= {i for i in range(60) if i % 10 == 5}
    assert all(len(group) - 1 <= LATER and min(group[1:]) > group[0] for group in ids)
    assert len(ids) >= 5


def test_no_more_questions_are_asked_backward_than_allowed() -> None:
    facts = [fact(i, i, f"Somebody {'often ' * 30}speaks of the sundial, zx{i}.", waits=True) for i in range(50)]
    context = asking(by_kind(forward="none", backward="none"), 50)
    asyncio.run(find_links(context, Candidates(facts, frozenset()), most_back=3))
    assert kinds(context).count("backward") == 3
    assert kinds(context).count("forward") <= 50
    asked = [int(number) // 17 for prompt in context.prompts for number in re.findall(r"^Open: (\d+)\. ", prompt, re.M)]
    assert {*asked} == {0, 1, 2}, "of each third of the film"
    (note,) = context.notes
    assert f"of {49 - len(asked)} facts" in note


def test_a_long_context_asks_of_no_more_open_facts_than_an_answer_has_room_for() -> None:
    facts = [fact(i, i // 3, f"Somebody hides thing number {i} there.", waits=True) for i in range(60)]
    asked: list[str] = []

    def backward(places: Mapping[str, str]) -> str:
        asked.append(places["blocks"])
        return "none"

    context = asking(by_kind(forward="none", backward=backward), 20, context=16384)
    asyncio.run(find_links(context, Candidates(facts, frozenset()), most_back=99))
    sizes = [blocks.count("Open: ") for blocks in asked]
    assert max(sizes) == MOST_OPEN
    assert sum(sizes) == sum(one.chunk < 19 for one in facts)


def test_an_answer_of_guesses_alone_is_an_answer() -> None:
    context = asking(by_kind(forward=in_part(3, "A | 0 -> a | Perhaps it is that key?"), backward="none"), 3)
    links, unread = asyncio.run(find_links(context, Candidates(FACTS, frozenset({"Anna", "Carl"})), most_back=9))
    assert (links, unread) == ([], 0)
    assert len(context.prompts) == len(set(context.prompts))
    assert not any("could not be read" in prompt for prompt in context.prompts)
