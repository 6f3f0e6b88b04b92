"""Facts are read line by line, each with the sentences and cues that it comes from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence

import pytest

from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.facts import LONGEST, MOST, Fact, find_facts
from longvid_strategies.ledger.reading.graph import build
from longvid_strategies.ledger.reading.sources import Source
from tests.standins import Says
from tests.strategy.ledger.reading.asked import Reply, anything, asking, by_kind, figure, nobody, source

CHUNKS = [
    [source(0, 1, "Anna hides a letter from Carl."), source(0, 2, "A man knocks.")],
    [source(1, 1, "Carl waits."), source(1, 2, '"She will come." (Carl)', said=True)],
]


def found(
    says: Says, chunks: Sequence[Sequence[Source]] = CHUNKS, cast: Cast | None = None
) -> tuple[list[Fact], list[int]]:
    return asyncio.run(find_facts(asking(says, len(chunks)), cast or Cast(), chunks, anything))[:2]


def of_part(**replies: str) -> Reply:
    return lambda places: replies[f"part{places['part']}"]


def test_facts_have_ids_in_the_films_order_and_cite_their_own_chunk() -> None:
    says = by_kind(
        facts=of_part(part1="1 | Anna hides a letter | open\n2 | The man knocks.", part2="1, 2 | Carl waits. | ")
    )
    assert found(says) == (
        [
            Fact(0, 0, "Anna hides a letter.", (1,), open=True),
            Fact(1, 0, "The man knocks.", (2,)),
            Fact(2, 1, "Carl waits.", (1, 2)),
        ],
        [],
    )


@pytest.mark.parametrize(
    ("line", "marks"),
    [
        ("1 | Carl hides. | key", (True, False)),
        ("1 | Carl hides. | open", (False, True)),
        ("1 | Carl hides. | Key, open", (True, True)),
        ("1 | Carl hides. | key | open", (True, True)),
        ("*1 | Carl hides. | ", (True, False)),
        ("1 | Carl hides.", (False, False)),
    ],
)
def test_marks_are_read(line: str, marks: tuple[bool, bool]) -> None:
    [[only], _] = found(by_kind(facts=line), CHUNKS[:1])
    assert (only.text, only.key, only.open) == ("Carl hides.", *marks)


@pytest.mark.parametrize(
    "bad",
    [
        "Carl waits for her.",
        "9 | Carl flies to the moon. | key",
        "- | Carl flies to the moon. | key",
        "1 | ... | key",
        f"1 | {'very ' * LONGEST}long. | ",
    ],
    ids=["no bars", "a sentence that is not there", "no sentence", "no words", "a story"],
)
def test_a_bad_line_costs_itself_alone(bad: str) -> None:
    facts, unread = found(by_kind(facts=f"{bad}\n1 | Anna hides a letter. | "), CHUNKS[:1])
    assert ([fact.text for fact in facts], unread) == (["Anna hides a letter."], [])


def test_a_chunk_that_cannot_be_read_stands_with_its_own_sentences() -> None:
    says = by_kind(facts=of_part(part1="I cannot tell what happens in there.", part2="1 | Carl waits. | key"))
    facts, unread = found(says)
    assert unread == [0]
    assert facts == [
        Fact(0, 0, "Anna hides a letter from Carl.", (1,)),
        Fact(1, 0, "A man knocks.", (2,)),
        Fact(2, 1, "Carl waits.", (1,), key=True),
    ]


def test_where_nothing_happens_says_the_llm_what_is_described_is_not_lost() -> None:
    asked = asking(by_kind(facts="none"), len(CHUNKS))
    facts, unread, empty = asyncio.run(find_facts(asked, Cast(), CHUNKS, anything))
    assert [fact.text for fact in facts] == [source.text for chunk in CHUNKS for source in chunk]
    assert (unread, empty) == ([], [0, 1])


@pytest.mark.parametrize(
    "made_up", ["A sailor burns seventeen boats in Vienna.", "Anna hides the key under the stone."]
)
def test_a_fact_that_says_nothing_of_what_its_part_says_is_none(made_up: str) -> None:
    facts, unread = found(by_kind(facts=f"1 | {made_up} | key\n2 | The man knocks. | "), CHUNKS[:1])
    assert ([fact.text for fact in facts], unread) == (["The man knocks."], [])


def test_a_fact_with_a_name_that_the_film_does_not_say_is_none() -> None:
    says = by_kind(facts="1 | Anna Weber hides a letter. | \n1 | Anna hides a letter. | ")
    facts, _, _ = asyncio.run(find_facts(asking(says), Cast(), CHUNKS[:1], lambda text: "Weber" not in text))
    assert [fact.text for fact in facts] == ["Anna hides a letter."]


def test_nobody_is_asked_about_an_empty_chunk() -> None:
    assert found(nobody, [[]]) == ([], [])


def test_a_flood_of_facts_is_cut() -> None:
    chunk = [source(0, i, f"Man number {i} waits.") for i in range(1, 31)]
    facts, _ = found(by_kind(facts="\n".join(f"{i} | Man number {i} waits. | " for i in range(1, 31))), [chunk])
    assert MOST <= len(facts) <= MOST + 3


def test_the_cast_is_told_as_it_is_known_in_the_part() -> None:
    shown: list[str] = []

    def facts(places: Mapping[str, str]) -> str:
        shown.append(places["cast"])
        return "none"

    cast = Cast.of([figure("Anna", 2, ("woman in grey", (1, 2)), role="judge")])
    found(by_kind(facts=facts), CHUNKS, cast)
    assert [row.split(" | ")[0] for row in shown] == ["woman in grey [Anna]", "Anna"]


def test_it_is_noted_as_degraded_that_a_chunk_could_not_be_read() -> None:
    context = asking(
        by_kind(
            cast="none", facts="I cannot say.", forward="none", backward="none",
            write=lambda places: "Nothing happens in chunk 0. [1]", check="none", missing="none",
        ),
        2,
    )  # fmt: skip
    state = asyncio.run(build(context).ainvoke({}))
    assert any("2 of 2 chunks could not be read" in note for note in context.degraded)
    ledger = json.loads(context.text(state["extras"]["ledger"]))
    assert [row["text"] for row in ledger["facts"]] == ["Nothing happens in chunk 0.", "Nothing happens in chunk 1."]
