"""Events come from what was wholly said; a failed answer never stands for a caption."""

from __future__ import annotations

import asyncio
import json

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Event
from longvid_strategies.ledger.rules.extract import extract
from longvid_strategies.ledger.strategy import Ledger
from tests.standins import ScriptedContext, plainly

CAPTION = "Ada opens the door. Ben takes the map."


def extracted(context: ScriptedContext, *, captions: bool) -> list[Event]:
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
    assert [event.what for event in extracted(context, captions=True)] == ["opens the door", "takes the map"]


def test_lines_of_a_whole_answer_stand_for_the_caption() -> None:
    context = ScriptedContext(
        1, caption=lambda i: plainly(CAPTION), writes=lambda p: plainly("Ada | opens the door | hall")
    )
    assert [(event.what, event.place) for event in extracted(context, captions=True)] == [("opens the door", "hall")]


def test_an_llm_that_answers_in_prose_is_not_read_in_place_of_the_caption() -> None:
    context = ScriptedContext(1, caption=lambda i: plainly(CAPTION), writes=lambda p: plainly("Eve eats an apple."))
    assert [event.who for event in extracted(context, captions=True)] == ["Ada", "Ben"]


def test_a_chunk_in_which_nothing_happens_is_no_failure() -> None:
    context = ScriptedContext(
        1, caption=lambda i: plainly("x"), writes=plainly, events=lambda i: plainly("0 | none | nothing happens | none")
    )
    assert extracted(context, captions=False) == []
    assert context.degraded == []


def test_lines_that_cannot_be_read_are_noted_as_a_fault() -> None:
    context = ScriptedContext(1, caption=lambda i: plainly("x"), writes=plainly, events=lambda i: plainly("Silence."))
    assert extracted(context, captions=False) == []
    assert context.degraded == [
        "1 line of the answers about chunks could not be read as events",
        "1 of 1 chunks has an answer without any event",
    ]


def test_sentences_of_captions_that_tell_no_event_are_noted_and_no_fault() -> None:
    said = ["Ada opens the door. Silence.", "Silence. Darkness.", "Ben runs."]
    context = ScriptedContext(
        3, caption=lambda i: plainly(said[i]), writes=plainly, capabilities=frozenset({"caption"})
    )
    assert [event.who for event in extracted(context, captions=True)] == ["Ada", "Ben"]
    assert context.degraded == []
    assert context.notes == [
        "3 sentences of the captions could not be read as events",
        "1 of 3 chunks has a caption without any event",
    ]


def test_captions_of_which_most_chunks_give_no_event_are_a_fault() -> None:
    said = ["Ada opens the door.", "Darkness.", "Silence."]
    context = ScriptedContext(
        3, caption=lambda i: plainly(said[i]), writes=plainly, capabilities=frozenset({"caption"})
    )
    assert len(extracted(context, captions=True)) == 1
    assert context.degraded == ["2 of 3 chunks have a caption without any event"]


CHINESE = ["\u4ed6\u628a\u94a5\u5319\u85cf\u5728\u62bd\u5c49\u91cc\u3002", "\u4ed6\u62ff\u51fa\u94a5\u5319\u3002"]


def told(context: ScriptedContext) -> tuple[str, list[dict[str, object]]]:
    state = asyncio.run(Ledger().build(context).ainvoke({}))
    return context.text(state["result"]), json.loads(context.text(state["evidence"]))


def test_captions_in_a_language_that_nobody_takes_apart_are_merged_as_they_stand() -> None:
    summary = CHINESE[1] + CHINESE[0]
    asked: list[str] = []

    def writes(prompt: str) -> Raw:
        asked.append(prompt)
        return plainly(summary if "Write the summary" in prompt else "Somebody hides.")

    context = ScriptedContext(
        2, caption=lambda i: plainly(CHINESE[i]), writes=writes, capabilities=frozenset({"caption", "write"})
    )
    text, evidence = told(context)
    assert text == summary
    assert all(caption in asked[-1] for caption in CHINESE)
    assert [cited["sentence"] for cited in evidence] == [CHINESE[1], CHINESE[0]]
    assert context.degraded[-1] == "nothing of the captions could be read as events; they are merged as they stand"


def test_captions_in_another_language_are_told_without_an_llm_too() -> None:
    context = ScriptedContext(
        2, caption=lambda i: plainly(CHINESE[i]), writes=plainly, capabilities=frozenset({"caption"})
    )
    assert told(context)[0] == "\n\n".join(CHINESE)


def test_lines_that_the_llm_makes_of_captions_in_another_language_are_told_in_it() -> None:
    lines = ["\u4ed6 | \u85cf\u94a5\u5319 | \u62bd\u5c49", "\u4ed6 | \u62ff\u51fa\u94a5\u5319"]

    def writes(prompt: str) -> Raw:
        if prompt.startswith("Turn this description"):
            return plainly(lines[0] if CHINESE[0] in prompt else lines[1])
        return plainly(f"{CHINESE[0]}[1] {CHINESE[1]}[2]" if prompt.startswith("These statements") else "none")

    context = ScriptedContext(
        2, caption=lambda i: plainly(CHINESE[i]), writes=writes, capabilities=frozenset({"caption", "write"})
    )
    assert told(context)[0] == " ".join(CHINESE)
    assert context.degraded == []


def test_what_is_kept_beside_the_text_has_its_earlier_names_too() -> None:
    context = ScriptedContext(
        1, caption=lambda i: plainly("Ada takes the map."), writes=plainly, capabilities=frozenset({"caption"})
    )
    state = asyncio.run(Ledger().build(context).ainvoke({}))
    kept = json.loads(context.text(state["extras"]["ledger"]))
    assert kept["entities"] == kept["figures"]
    assert [event["id"] for event in kept["events"]] == ["0.0"]
    assert [entity["names"] for entity in kept["entities"]] == [["Ada"]]
    assert kept["events"] == kept["rows"]
