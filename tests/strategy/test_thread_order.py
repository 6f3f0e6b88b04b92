"""Thread order: who is recognised, what is merged with what, and what the LLM is told of it."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Capability
from longvid_strategies.thread_order import ThreadOrder
from tests.standins import ScriptedContext, plainly

CAPTIONS: frozenset[Capability] = frozenset({"caption", "write"})


def two_plots(index: int) -> Raw:
    """Ada's story in the even chunks, Ben's in the odd ones."""
    if index % 2:
        return plainly(f"Ben opens door{index}. Ben greets the old sailor.")
    return plainly(f"Ada carries box{index}. The young nurse follows Ada.")


def lines(index: int) -> Raw:
    who, whom = ("Ben", "the old sailor") if index % 2 else ("Ada", "the young nurse")
    return plainly(f"2 | {who} | moves thing{index} | harbor\n9 | {who} | greets {whom} | harbor")


def writes(prompt: str) -> Raw:
    return plainly(f"Told are {' and '.join(re.findall(r'(?:door|box)[0-9]+', prompt))}.")


def run(context: ScriptedContext) -> dict[str, Any]:
    state: dict[str, Any] = asyncio.run(ThreadOrder().build(context).ainvoke({}))
    return state


def leaves(context: ScriptedContext, state: dict[str, Any]) -> list[int]:
    tree = json.loads(context.text(state["extras"]["tree"]))
    return [chunk for node in tree["levels"][0] for chunk in node["chunks"]]


@pytest.mark.parametrize("capabilities", [CAPTIONS, CAPTIONS | {"events"}], ids=["captions", "events"])
def test_two_plots_that_take_turns_are_merged_apart(capabilities: frozenset[Capability]) -> None:
    context = ScriptedContext(16, caption=two_plots, events=lines, writes=writes, capabilities=capabilities)
    state = run(context)
    assert leaves(context, state) == [*range(0, 16, 2), *range(1, 16, 2)]
    assert context.lines == (16 if "events" in capabilities else 0)
    for prompt in context.prompts[:-1]:
        assert ("door" in prompt) != ("box" in prompt), "no merge below the top takes from both"
    assert "door1" in context.prompts[-1]
    assert "box0" in context.prompts[-1]


def test_every_part_says_which_minutes_it_tells() -> None:
    context = ScriptedContext(16, caption=two_plots, events=lines, writes=writes)
    run(context)
    assert "Part 1 (minute 1): Ada carries box0." in context.prompts[0]
    assert re.search(r"Part 1 \(minutes 1-\d+\): Told are box0", context.prompts[-1]), "more than three spans are one"


def test_a_chunk_whose_event_lines_cannot_be_read_is_known_by_its_caption() -> None:
    def some(index: int) -> Raw:
        return Raw("", "stop", 1, 0) if index == 5 else lines(index)

    context = ScriptedContext(16, caption=two_plots, events=some, writes=writes)
    state = run(context)
    assert leaves(context, state) == [*range(0, 16, 2), *range(1, 16, 2)]


def test_a_chunk_without_a_caption_is_not_asked_for_events() -> None:
    def some(index: int) -> Raw:
        return Raw("", "stop", 1, 0) if index in (3, 4) else two_plots(index)

    context = ScriptedContext(16, caption=some, events=lines, writes=writes)
    state = run(context)
    assert context.lines == 14
    assert sorted(leaves(context, state)) == [i for i in range(16) if i not in (3, 4)]


def test_where_nobody_is_recognised_twice_the_film_keeps_its_order_and_the_outputs_say_so() -> None:
    def rain(index: int) -> Raw:
        return plainly(f"Rain{index} falls on box{index}.")

    context = ScriptedContext(12, caption=rain, writes=writes, capabilities=CAPTIONS)
    state = run(context)
    assert leaves(context, state) == list(range(12))
    assert any("order of the film" in note for note in context.notes)


def test_the_entities_are_kept_for_a_reader() -> None:
    context = ScriptedContext(16, caption=two_plots, events=lines, writes=writes)
    extras = run(context)["extras"]
    assert extras["figures"] == extras["entities"], "the earlier name is kept beside it"
    entities = json.loads(context.text(extras["entities"]))
    named = [[entities["titles"][entity] for entity in some] for some in entities["chunks"]]
    assert all("Ada" in some for some in named[::2])
    assert all("Ben" in some for some in named[1::2])
