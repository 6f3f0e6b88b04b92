"""Patch: what operations may do to the ledger, what becomes of those that fail, and what sentences rest on."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.engine.request import Raw
from longvid.strategy import REPLACED, Limits, sentences
from longvid_strategies.patch import Patch
from longvid_strategies.patch.rows import Ledger, LedgerRow, rests_on, shown_rows
from longvid_strategies.patch.strategy import PATCH
from tests.standins import ScriptedContext, plainly

STRETCH = {
    4: "Ada finds the brass key under the bridge. It rains.",
    5: "The red figure opens the harbor gate with the brass key. The red figure is Ben.",
}
NAMES = frozenset({"Ada", "Ben"})
PATCHES = PATCH.split("{rows}")[0]


def ledger() -> Ledger:
    made = Ledger()
    made.add("Ada hides the brass key in the forest.", [1])
    made.add("The red figure steals a boat.", [2])
    return made


def apply(answer: str, shown: tuple[int, ...] = (1, 2)) -> Ledger:
    made = ledger()
    made.apply(answer, STRETCH, shown, NAMES)
    return made


@pytest.mark.parametrize(
    "line",
    [
        "ADD | Ada finds the brass key under the bridge",
        "- add: Ada finds the brass key under the bridge.",
        "3. **ADD** | Ada finds the brass key under the bridge.",
        "ADD | 7 | Ada finds | the brass key under the bridge.",
        "ADD | Part 1 | Ada finds the brass key under the bridge.",
    ],
)
def test_a_row_is_added_however_the_line_is_dressed_and_comes_from_the_chunk_that_says_it(line: str) -> None:
    assert apply(line).rows[-1] == LedgerRow(3, "Ada finds the brass key under the bridge.", (4,))
    assert apply(line).unread == 0


def test_a_replaced_row_keeps_its_place_and_gains_its_new_chunk() -> None:
    made = apply("REPLACE | row 2 | The red figure, who is Ben, steals a boat.")
    assert made.rows[1] == LedgerRow(2, "The red figure, who is Ben, steals a boat.", (2, 5))


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("REPLACE | 1 | It rains.", "refused"),
        ("REPLACE | 1 | Ben hides the brass key in the forest.", "refused"),
        ("REPLACE | 1 | Ada hides the brass key in the forest while seven elephants dance tango abroad.", "refused"),
        ("ADD | Seven elephants dance tango abroad.", "refused"),
        ("ADD | Ada finds the brass key under the bridge with Ebenezer.", "refused"),
        ("ADD | Ada finds 7 brass keys under the bridge.", "refused"),
        ("REPLACE | 2 | The red figure steals a boat, opens the harbor gate and is Ebenezer.", "refused"),
        ("REPLACE | 9 | Ada finds the brass key.", "unknown"),
        ("DELETE | 99999999999999999999 | no", "unknown"),
        ("REPLACE | Ada finds the brass key.", "unread"),
        ("DELETE | 1", "unread"),
        (f"REPLACE | {'9' * 5000} | Ada finds the brass key.", "unread"),
        ("Ada finds the brass key.", "unread"),
        ("ADD |", "unread"),
    ],
)
def test_what_loses_invents_or_cannot_be_read_is_counted_and_changes_nothing(line: str, count: str) -> None:
    made = apply(line)
    assert made.rows == ledger().rows
    assert getattr(made, count) == 1
    assert made.unread + made.unknown + made.refused == 1


def test_a_row_that_was_not_shown_cannot_be_touched() -> None:
    made = apply("DELETE | 1 | It was a dream.\nREPLACE | 1 | Ada hides the brass key, wet, in the forest.", shown=(2,))
    assert made.rows == ledger().rows
    assert made.unknown == 2


def test_a_deleted_row_stays_with_its_reason_and_a_step_deletes_few() -> None:
    made = apply("DELETE | 1 | It was a dream\nDELETE | 2 | That too")
    assert made.rows[0].deleted == "It was a dream."
    assert [row.id for row in made.alive()] == [2]
    assert made.refused == 1


def test_talk_around_the_operations_is_no_fault() -> None:
    assert apply("Here are the operations:\n```\n---\nADD | It rains under the bridge.").unread == 0


@given(st.text(alphabet="ADREPLCTYadd|0123456789 .-*#:\n\u00e9", max_size=300))
def test_no_answer_breaks_the_ledger_or_changes_more_than_it_may(answer: str) -> None:
    made = apply(answer)
    assert [row.id for row in made.rows] == list(range(1, len(made.rows) + 1))
    assert Ledger.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert {"Ada", "brass", "key"} <= set(made.rows[0].text.replace(".", "").split())


def test_shown_rows_are_the_latest_and_those_like_what_comes() -> None:
    rows = [LedgerRow(i, f"Somebody moves box{i}.", (i,)) for i in range(1, 60)]
    rows[4] = LedgerRow(5, "Ada hides a lantern.", (5,))
    shown = shown_rows(rows, "Ben finds a lantern.", 60, lambda text: len(text.split()))
    assert 5 in [row.id for row in shown]
    assert rows[-1] in shown
    assert len(shown) < 15
    assert shown == sorted(shown, key=lambda row: row.id)


def test_a_sentence_rests_on_the_rows_it_tells_and_on_none_where_it_tells_of_none() -> None:
    rows = ledger().rows
    assert rests_on("In the forest Ada hides the key of brass.", rows) == [rows[0]]
    assert rests_on("Ada hides the brass key in the forest, and the red figure steals a boat.", rows) == rows
    assert rests_on("Elephants dance.", rows) == []


def caption(index: int) -> Raw:
    return plainly(f"Ada carries box{index} to room{index}. It is late. They walk on.")


def operations(prompt: str) -> Raw:
    if prompt.startswith(PATCHES):
        found = re.findall(r"Part \d+: Ada carries (box\d+) to (room\d+)", prompt)
        return plainly("\n".join(f"ADD | Ada brings {box} to {room}." for box, room in found))
    return plainly(" ".join(re.findall(r"Ada brings \w+ to \w+\.", prompt)))


def run(context: ScriptedContext) -> dict[str, Any]:
    state: dict[str, Any] = asyncio.run(Patch().build(context).ainvoke({}))
    return state


def test_every_sentence_is_cited_with_its_row_its_chunk_and_its_time() -> None:
    context = ScriptedContext(20, caption=caption, writes=operations)
    state = run(context)
    evidence = json.loads(context.text(state["evidence"]))
    assert [cited["sentence"] for cited in evidence] == sentences(context.text(state["result"]))
    assert [cited["chunks"] for cited in evidence] == [[i] for i in range(20)]
    assert [cited["times"] for cited in evidence] == [[60.0 * i] for i in range(20)]
    assert evidence[7]["events"] == ["Ada brings box7 to room7."]
    assert context.degraded == []


def test_rows_that_nobody_touches_reach_the_last_llm_to_the_letter() -> None:
    context = ScriptedContext(100, caption=caption, writes=operations, limits=Limits(2048, 320, 4, 800))
    run(context)
    last = "\n".join(prompt for prompt in context.prompts if not prompt.startswith(PATCHES))
    assert all(f"Ada brings box{i} to room{i}." in last for i in range(100))


def test_a_long_ledger_is_never_shown_whole() -> None:
    context = ScriptedContext(200, caption=caption, writes=operations, limits=Limits(400, 60, 3, 120))
    state = run(context)
    assert len(json.loads(context.text(state["extras"]["ledger"]))["rows"]) == 200
    assert max(len(re.findall(r"^\d+ \| ", prompt, re.M)) for prompt in context.prompts) < 20


def test_unreadable_answers_are_counted_once_for_the_run_and_the_captions_speak() -> None:
    def prose(prompt: str) -> Raw:
        return plainly("A man walks about and thinks of the sea.") if prompt.startswith(PATCHES) else plainly("")

    context = ScriptedContext(20, caption=caption, writes=prose)
    text = context.text(run(context)["result"])
    assert context.degraded == ["5 lines of operations on the ledger could not be read", REPLACED]
    assert any("own words" in note for note in context.notes)
    assert set(text.split()) <= set(" ".join(caption(i).text for i in range(20)).split())
    assert "room0" in text
    assert "room19" in text


def test_a_step_of_the_loop_keeps_no_list_in_its_state() -> None:
    context = ScriptedContext(40, caption=caption, writes=operations)

    async def states() -> list[dict[str, object]]:
        return [s async for s in Patch().build(context).astream({}, stream_mode="values")]

    looping = [state for state in asyncio.run(states()) if "ledger" in state]
    assert len(looping) > 5
    assert all(len(str(state)) < 1000 for state in looping)
