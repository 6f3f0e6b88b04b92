"""Which links are told: one of every thread first, and of those what holds by its own sources."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Grounds, founded
from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.choosing import TOGETHER, check, choose, ranked
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.links import Link
from tests.standins import Says
from tests.strategy.ledger.reading.asked import Reply, asking, by_kind, fact, figure, kinds, link, nobody, source

FACTS = [fact(i, i, f"zx{i} happens.") for i in range(42)]
TIGHT = 1000
"""Tokens that do not hold 39 links in one question."""


def several(count: int) -> list[Link]:
    return [link(i, i + 2, f"What zx{i + 2} is comes of zx{i}.") for i in range(count)]


def chosen(says: Says, links: list[Link], n: int, *, context: int = 2048) -> tuple[list[int], int]:
    """What is chosen, by the early ends of the links; and how many answers were unread."""
    best, unread = asyncio.run(choose(asking(says, context=context), links, FACTS, n))
    return [int(re.findall(r"comes of zx(\d+)", each.text)[0]) for each in best], unread


def test_one_of_every_thread_comes_before_a_second_one_of_any() -> None:
    says = by_kind(threads="C | The bird | 6\nB | The key | 5, 2, 4\nA | The death | 3, 1, 7\nB | The lie | 8")
    assert chosen(says, several(8), 8) == ([2, 4, 7, 5, 0, 1, 6, 3], 0)


def test_what_the_llm_leaves_out_is_dropped_and_what_it_names_twice_is_told_once() -> None:
    assert chosen(by_kind(threads="A | The death | 3, 3\nB | The key | 3, 1"), several(5), 5) == ([2, 0], 0)


def test_what_lies_near_is_chosen_only_where_there_is_little_else() -> None:
    shown: list[str] = []

    def threads(places: Mapping[str, str]) -> str:
        shown[:] = groups(places)
        return "\n".join(f"B | T{number} | {number}" for number in shown)

    near = [link(i, i + 1, f"What zx{i + 1} is comes of zx{i}.") for i in range(3)]
    says, links = by_kind(threads=threads), [*several(6), *near]
    assert len(chosen(says, links, 4)[0]) == len(shown) == 6
    assert len(chosen(says, links, 6)[0]) == len(shown) == 9


@pytest.mark.parametrize(
    "bad", ["The moon is lovely.", "A | The moon | 77", "A | The moon |", "D | The moon | 1", "A | 1"]
)
def test_a_bad_line_costs_itself_alone(bad: str) -> None:
    assert chosen(by_kind(threads=f"{bad}\n**B** | The key | 2"), several(3), 3) == ([1], 0)


def test_an_answer_that_cannot_be_read_leaves_the_order_of_code_and_is_counted() -> None:
    facts = [*FACTS[:4], fact(4, 4, "Carl dies.", key=True), *FACTS[5:]]
    links = [link(0, 1, "Near."), link(2, 9, "Far."), link(3, 4, "Of weight."), link(0, 30, "Echo.", strong=False)]
    assert [each.text for each in ranked(links, facts)] == ["Of weight.", "Far.", "Near.", "Echo."]
    context = asking(by_kind(threads="It is all one."))
    best, unread = asyncio.run(choose(context, links, facts, 3))
    assert [each.text for each in best] == ["Of weight.", "Far.", "Near.", "Echo."]
    assert (unread, len(context.prompts)) == (1, 2)


def test_one_link_needs_no_question() -> None:
    assert chosen(nobody, several(1), 5) == ([0], 0)


def test_the_best_link_of_a_thread_is_told_with_the_threads_name_and_rests_on_the_next_too() -> None:
    says = by_kind(threads="A | The death | 3, 1\nB | What zx3 is | 2")
    best, _ = asyncio.run(choose(asking(says), several(3), FACTS, 3))
    assert [(each.name, each.text) for each in best] == [
        ("The death", "What zx4 is comes of zx2."),
        ("", "What zx3 is comes of zx1."),
        ("", "What zx2 is comes of zx0."),
    ]
    assert best[0].whole == "The death: What zx4 is comes of zx2. Also: What zx2 is comes of zx0."
    assert (best[0].early, best[0].late) == ((0, 2), (4,))


def groups(places: Mapping[str, str], what: str = "links") -> list[str]:
    return re.findall(r"^(\d+)\. ", places[what], re.M)


def each_a_thread(places: Mapping[str, str]) -> str:
    """Every link a thread, named by where it begins."""
    rows = re.findall(r"^(\d+)\. .* of zx(\d+)\.", places["links"], re.M)
    return "\n".join(f"{'A' if int(zx) >= 30 else 'B'} | zx{zx} | {number}" for number, zx in rows)


def as_they_are(places: Mapping[str, str]) -> str:
    rows = re.findall(r"^(\d+)\. ([ABC]): (\w+)", places["threads"], re.M)
    return "\n".join(f"{letter} | {name} | {number}" for number, letter, name in rows)


def test_what_does_not_fit_into_one_question_is_sorted_in_groups_whose_threads_are_read_together() -> None:
    asked: list[int] = []
    shown: list[str] = []

    def threads(places: Mapping[str, str]) -> str:
        asked.append(len(groups(places)))
        return each_a_thread(places)

    def same(places: Mapping[str, str]) -> str:
        shown[:] = places["threads"].splitlines()
        return as_they_are(places)

    found, unread = chosen(by_kind(threads=threads, same=same), several(39), 39, context=TIGHT)
    assert unread == 0
    assert len(asked) > 1
    assert sum(asked) == 39
    # Nothing that was chosen is lost for want of room in the last question.
    assert sorted(found) == list(range(39))
    assert "A: zx30 (31 to 33)" in shown[-1] or any("A: zx30 (31 to 33)" in row for row in shown)
    assert set(found[:9]) == set(range(30, 39)), "what is weightier comes first, wherever it stands"


def test_threads_that_are_one_are_told_once_before_anything_is_told_twice() -> None:
    def same(places: Mapping[str, str]) -> str:
        """All is one thread, but for the last."""
        *rest, last = groups(places, "threads")
        return f"B | all | {', '.join(rest)}\nB | the other | {last}"

    found, _ = chosen(by_kind(threads=each_a_thread, same=same), several(39), 39, context=TIGHT)
    assert found[1] == 38
    assert sorted(found) == list(range(39))


def test_a_thread_that_the_llm_forgets_is_told_all_the_same() -> None:
    says = by_kind(threads=each_a_thread, same=lambda places: as_they_are(places).splitlines()[0])
    assert sorted(chosen(says, several(39), 39, context=TIGHT)[0]) == list(range(39))


def test_groups_that_cannot_be_read_are_counted_each() -> None:
    found, unread = chosen(by_kind(threads="It is all one.", same="So is this."), several(39), 39, context=TIGHT)
    assert unread > 2
    assert sorted(found) == list(range(39))


# -- checked ---------------------------------------------------------------------------------------------------------

STORY = [
    fact(0, 0, "Anna hides a key under the bridge."),
    fact(1, 1, "Carl lies."),
    fact(2, 2, "Anna opens the desk with a key."),
]
SOURCES = [
    [source(0, 1, "Anna hides a key under the bridge."), source(0, 2, "It rains.")],
    [source(1, 1, '"I was never there." (Carl)', said=True)],
    [source(2, 1, "A woman in grey opens the desk with a key.")],
]
CAST = Cast.of([figure("Anna", 1, ("woman in grey", (1, 3))), figure("Carl", 2, ("man in black", (2,)))])
LINKS = [
    link(0, 2, "The key that Anna hid opens the desk."),
    link(1, 2, "What lies in the desk shows that Carl lied."),
]


def allowed(text: str) -> bool:
    return founded(text, Grounds(each.text for chunk in SOURCES for each in chunk)) == text


def held(reply: Reply, links: list[Link] = LINKS) -> tuple[list[str], int, int]:
    context = asking(by_kind(holds=reply))
    best, wrong, unanswered = asyncio.run(check(context, links, STORY, SOURCES, CAST, allowed))
    assert len(best) == len(links)
    return [each.text for each in best if each is not None], wrong, unanswered


@pytest.mark.parametrize(
    "yes", ["1 | yes\n2 | yes", "1 | Yes, she does. |\n2 | yes | ", "1 | **yes**\n2 | yes - it follows"]
)
def test_what_holds_is_told_as_it_is(yes: str) -> None:
    assert held(yes) == ([each.text for each in LINKS], 0, 0)


def test_what_does_not_hold_is_not_told() -> None:
    assert held("1 | yes\n2 | no") == ([LINKS[0].text], 1, 0)


def test_what_holds_partly_is_told_as_it_was_put_right() -> None:
    assert held("1 | partly | The key that Anna hid opens some desk\n2 | yes") == (
        ["The key that Anna hid opens some desk.", LINKS[1].text], 1, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "right", ["", " | ", " | none", " | The desk.", " | The key that Bernadette hid opens the desk.",
              " | The key that Anna hid opens 47 desks."],
    ids=["nothing", "empty", "none", "no sentence", "a name of nowhere", "a number of nowhere"],
)  # fmt: skip
def test_what_holds_partly_and_is_not_put_right_is_not_told(right: str) -> None:
    assert held(f"1 | partly{right}\n2 | yes") == ([LINKS[1].text], 1, 0)


def test_what_was_not_answered_is_not_told() -> None:
    assert held("2 | yes") == ([LINKS[1].text], 0, 1)
    assert held("It is a fine film.") == ([], 0, 2)
    assert held("7 | yes\n0 | yes\n2 | perhaps") == ([], 0, 2)


def test_names_and_numbers_of_nowhere_need_no_question() -> None:
    strange = [link(0, 2, "The key that Bernadette hid opens the desk.")]
    best, wrong, unanswered = asyncio.run(check(asking(nobody), strange, STORY, SOURCES, CAST, allowed))
    assert (best, wrong, unanswered) == ([None], 0, 0)


def test_a_statement_is_shown_with_the_sentences_of_both_ends_and_who_is_who() -> None:
    blocks: list[str] = []

    def holds(places: Mapping[str, str]) -> str:
        blocks.append(places["blocks"])
        return "1 | yes\n2 | yes"

    held(holds)
    first, second = blocks[0].split("\n2. ")
    assert "part 1: Anna hides a key under the bridge." in first
    assert "part 3: A woman in grey opens" in first
    # What stands beside a sentence may be needed to understand it.
    assert "part 1: It rains." in first
    assert "who is who: Anna is woman in grey (part 1, 3)" in first
    assert '"I was never there." (Carl)' in second
    assert "Anna hides" not in second


def test_few_statements_stand_in_one_question() -> None:
    context = asking(by_kind(holds=lambda places: "1 | yes\n2 | no\n3 | yes\n4 | yes\n5 | yes"))
    many = [link(0, 2, f"The key that Anna hid opens the desk, {'so ' * i}they say.") for i in range(2 * TOGETHER)]
    best, wrong, unanswered = asyncio.run(check(context, many, STORY, SOURCES, CAST, allowed))
    assert kinds(context) == ["holds", "holds"]
    assert [i for i, each in enumerate(best) if each is None] == [1, 1 + TOGETHER]
    assert (wrong, unanswered) == (2, 0)


def test_an_answer_that_breaks_off_costs_what_it_does_not_reach() -> None:
    context = asking(lambda prompt: Raw("1 | yes\n2 | y", "length", 10, 9))
    best, wrong, unanswered = asyncio.run(check(context, LINKS, STORY, SOURCES, CAST, allowed))
    assert (best, wrong, unanswered) == ([LINKS[0], None], 0, 1)


def test_no_facts_no_links_no_questions() -> None:
    facts: list[Fact] = []
    assert asyncio.run(choose(asking(nobody), [], facts, 5)) == ([], 0)
    assert asyncio.run(check(asking(nobody), [], facts, [], Cast(), allowed)) == ([], 0, 0)
