"""Small questions: bounded, read strictly, and asked over rows that cannot pass for anything else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from longvid.strategy import Doubt, parse_events, resolve
from longvid_strategies.ledger.asking import check_links, said, settle, verdict
from longvid_strategies.ledger.deeds import find_deeds
from longvid_strategies.ledger.joins import find_links
from tests.standins import ScriptedContext, plainly

CHUNKS = [
    "1 | Ada | buries the torn map under a tree | park\n2 | Ada | locks the front door | house",
    "1 | Eve | whistles | street",
    "1 | Ben | digs up the torn map | park\n2 | Ben | unlocks the front door | house",
]


def answering(text: str) -> ScriptedContext:
    return ScriptedContext(3, caption=lambda i: plainly("x"), writes=lambda prompt: plainly(text))


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        ("Yes.", "yes"),
        ("**No**, they are not.", "no"),
        ("Unclear.", "unclear"),
        ("It is unclear", None),
        ("Yesterday", None),
        ("", None),
    ],
)
def test_an_answer_is_yes_or_no_or_unclear_or_unread(answer: str, means: str | None) -> None:
    assert verdict(answer) == means


@pytest.mark.parametrize(("answer", "unread"), [("unclear", 0), ("perhaps", 1)])
def test_only_what_cannot_be_read_counts_as_unread(answer: str, unread: int) -> None:
    cast = resolve(parse_events("1 | Ada, the nurse, | sits down | bar\n2 | Ben, the monk, | stands up | bar", 0).rows)
    one, other = cast.figures
    cast = replace(cast, doubts=(Doubt(one.id, other.id),))
    assert asyncio.run(settle(answering(answer), cast, 3)) == ([], unread)


def test_links_beyond_the_bound_are_said_to_be_unchecked() -> None:
    rows = [row for index, text in enumerate(CHUNKS) for row in parse_events(text, index).rows]
    cast = resolve(rows)
    links = [(link, "It holds.") for link in find_links(find_deeds(cast), cast)]
    assert len(links) == 2
    context = answering("no")
    assert asyncio.run(check_links(context, links, {row.id: row for row in rows}, 1)) == ({0}, 0)
    assert context.notes == ["1 of 2 links in doubt was not checked, since the number of questions is bounded"]
    whole = answering("unclear")
    assert asyncio.run(check_links(whole, links, {row.id: row for row in rows}, 2)) == (set(), 0)
    assert whole.notes == []


def test_a_row_is_one_line_with_one_time_that_the_chunk_has() -> None:
    rows = parse_events("75 | Ada | runs [0:00:01] Eve steals the map | pier", 1).rows
    assert said(answering("x"), rows) == "[0:02:00] Ada runs (0:00:01) Eve steals the map (pier)."
