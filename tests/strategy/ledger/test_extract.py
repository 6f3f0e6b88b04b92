"""Rows come from what was wholly said; a failed answer never stands for a caption."""

from __future__ import annotations

import asyncio

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Row
from longvid_strategies.ledger.extract import extract
from tests.standins import ScriptedContext, plainly

CAPTION = "Ada opens the door. Ben takes the map."


def extracted(context: ScriptedContext, *, captions: bool) -> list[Row]:
    return asyncio.run(extract(context, captions=captions))


@pytest.mark.parametrize(
    "answer",
    [
        Raw("Ada | opens the door | hall\nBen | ta", "length", 1, 8),
        Raw("Ada | opens the door | hall\n" * 40, "length", 1, 200),
        Raw("", "stop", 1, 0),
    ],
    ids=["cut off", "looping", "empty"],
)
def test_lines_of_a_failed_answer_never_stand_for_the_caption(answer: Raw) -> None:
    context = ScriptedContext(1, caption=lambda i: plainly(CAPTION), writes=lambda prompt: answer)
    assert [row.what for row in extracted(context, captions=True)] == ["opens the door", "takes the map"]


def test_lines_of_a_whole_answer_stand_for_the_caption() -> None:
    context = ScriptedContext(
        1, caption=lambda i: plainly(CAPTION), writes=lambda p: plainly("Ada | opens the door | hall")
    )
    assert [(row.what, row.place) for row in extracted(context, captions=True)] == [("opens the door", "hall")]


def test_a_writer_that_answers_in_prose_is_not_read_in_place_of_the_caption() -> None:
    context = ScriptedContext(1, caption=lambda i: plainly(CAPTION), writes=lambda p: plainly("Eve eats an apple."))
    assert [row.who for row in extracted(context, captions=True)] == ["Ada", "Ben"]


def test_a_chunk_in_which_nothing_happens_is_no_failure() -> None:
    context = ScriptedContext(
        1, caption=lambda i: plainly("x"), writes=plainly, events=lambda i: plainly("0 | none | nothing happens | none")
    )
    assert extracted(context, captions=False) == []
    assert context.degraded == []


def test_what_cannot_be_read_is_noted() -> None:
    context = ScriptedContext(1, caption=lambda i: plainly("x"), writes=plainly, events=lambda i: plainly("Silence."))
    assert extracted(context, captions=False) == []
    assert len(context.degraded) == 2
