"""Chain of agents: what is handed from worker to worker, and what is not."""

from __future__ import annotations

import asyncio
import re

import pytest

from longvid.engine.request import Raw
from longvid_strategies.chain_of_agents import MANAGER, ChainConfig, ChainOfAgents
from tests.standins import ScriptedContext, plainly, tokens

MANAGES = MANAGER.split("{words}")[0]


def caption(index: int) -> Raw:
    return plainly(f"Ada finds thing{index} in room{index}. It is late. " + "They walk on and on. " * 3)


def notes_of(prompt: str) -> Raw:
    things = dict.fromkeys(re.findall(r"thing\d+", prompt))
    return plainly(f"Noted are {' and '.join(things)}.")


def run(context: ScriptedContext, config: ChainConfig | None = None) -> dict[str, str]:
    state: dict[str, str] = asyncio.run(ChainOfAgents(config).build(context).ainvoke({}))
    return state


def test_a_worker_reads_the_last_notes_and_the_next_captions_and_the_manager_the_notes_alone() -> None:
    context = ScriptedContext(12, caption=caption, writes=notes_of)
    run(context, ChainConfig(most=4))
    first, second, third, manager = context.prompts
    assert "room0" in first
    assert "room3" in first
    assert "Part 1: Noted are thing0 and thing1 and thing2 and thing3." in second
    assert "room3" not in second, "the captions that were read are gone"
    assert "room4" in second
    assert "room11" in third
    assert manager.startswith(MANAGES)
    assert "room" not in manager
    assert "thing0" in manager
    assert "thing11" in manager


@pytest.mark.parametrize(
    "bad",
    [
        plainly("No changes are needed."),
        Raw("Round it goes. " * 30, "loop", 1, 90),
        Raw("Then they run and", "length", 1, 5),
        Raw("", "stop", 1, 0),
    ],
    ids=["no change", "loop", "cut-off", "empty"],
)
def test_notes_that_failed_are_not_handed_on_and_the_stretch_speaks_for_itself(bad: Raw) -> None:
    def writes(prompt: str) -> Raw:
        return bad if "room5" in prompt and not prompt.startswith(MANAGES) else notes_of(prompt)

    context = ScriptedContext(12, caption=caption, writes=writes)
    run(context, ChainConfig(most=4))
    after = context.prompts[2]
    assert "Noted are thing0 and thing1 and thing2 and thing3." in after, "the old notes stay"
    assert all(f"thing{i} in room{i}" in after for i in range(4, 8)), "and the evidence is appended"
    assert bad.text == "" or bad.text[:15] not in after


def test_notes_stay_bounded_however_many_workers_fail() -> None:
    context = ScriptedContext(60, caption=caption, writes=lambda prompt: plainly("No changes are needed."))
    run(context, ChainConfig(most=1, unit_words=60))
    handed = [re.search(r"Part 1: (.*)", prompt) for prompt in context.prompts[1:]]
    assert all(found is not None and tokens(found.group(1)) <= 1.4 * 60 * 1.3 + 5 for found in handed)


def test_a_step_of_the_loop_keeps_no_list_in_its_state() -> None:
    context = ScriptedContext(40, caption=caption, writes=notes_of)

    async def states() -> list[dict[str, object]]:
        return [s async for s in ChainOfAgents().build(context).astream({}, stream_mode="values")]

    looping = [state for state in asyncio.run(states()) if "unit" in state]
    assert len(looping) > 5
    assert all(len(str(state)) < 1000 for state in looping)
