"""What a language model of 135 million parameters answered, and what becomes of it in every strategy that merges."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from longvid.strategy import Capability, Grounds, Limits, founded
from longvid.strategy.registry import load, names
from longvid.text import sentences
from longvid_strategies.single import Single
from tests.standins import ScriptedContext, plainly

TOLD: frozenset[Capability] = frozenset({"caption", "ask", "write", "instruct"})
SEEN = (
    "In the video, several policemen pull a body out of a grey harbour basin and lay it on the wet stones under a "
    "blanket. A woman with short grey hair kneels beside it, and a watch stands at about twenty to eleven.",
    "The video takes place in a small office with maps of the harbour on the walls. The woman with grey hair pins a "
    'photograph of a banquet to a board. She writes "10.40" in chalk and takes an old picture of a docker from her '
    "wallet.",
    "The video shows a low loft hung with brown fishing nets, where a very old woman with a pipe mends a net. A woman "
    "in a green coat shows her a worn photograph of a man in dock clothes. The mood is melancholic and mysterious.",
    "In this video, a cold room is seen with a body covered by a sheet on a table. A woman in a black dress signs a "
    'register, and the camera shows the line "Mrs. Brennick".',
)
OVER_AND_OVER = (
    "Part 1: The video takes place in a small office with maps of the harbour on the walls. The woman with grey hair "
    'pins a photograph of a docker in her wallet. She writes "10.40" in chalk. The mood is melancholic and slightly '
    'mysterious. Said: "The harbour keeps nothing, girl."\n\nPart 2: The video takes place in a small office with '
    "maps of the harbour on the walls. The woman with grey hair pins a photograph of a docker in her wallet. She signs "
    'a register, and the camera shows the line "Mrs. Brennick". The mood is melancholic and slightly mysterious. Said: '
    '"The harbour keeps nothing, girl."\n\nThe video takes place in a small office with maps of the harbour on the '
    "walls. The woman with grey hair pins a photograph of a docker in her wallet."
)
NAMING = (
    "1\n\nThe story is about a man named Aldo Brennick, who is a sailor, and a woman named Aria, who is a sailor. They "
    "are in a small office with maps of the harbour, and they are looking at a picture of a docker. They meet 17 men."
)
COUNTING = "1, 4; 1, 5; 1, 6; 1, 7; 1, 8; 1, 9; 1, 10; 1, 11; 1, 12; 1, 13; 1, 14; 1, 15; 1, 16; 1, 17; 1, 18; 1, 19"
COMMAND = "ADD | Anna Weber | hides 17 keys in Vienna.\nREPLACE | 1 | Aria is a sailor.\nDELETE | 2 | wrong"


def told(name: str, answer: str) -> tuple[str, ScriptedContext]:
    context = ScriptedContext(
        len(SEEN),
        caption=lambda index: plainly(SEEN[index]),
        writes=lambda prompt: plainly(answer),
        asks=lambda index, question: plainly(SEEN[index]),
        limits=Limits(context=2048, caption=320, max_concurrency=4, words=60),
        capabilities=TOLD,
    )
    state: dict[str, Any] = asyncio.run((Single if name == Single.name else load(name))().build(context).ainvoke({}))
    return context.text(state["result"]), context


@pytest.mark.parametrize("answer", [OVER_AND_OVER, NAMING, COUNTING, COMMAND, "Nothing.", "none", "I"])
@pytest.mark.parametrize("name", sorted({*names(), Single.name}))
def test_no_name_and_no_number_that_no_source_has_is_told(name: str, answer: str) -> None:
    text, context = told(name, answer)
    grounds = Grounds([*SEEN, '"The harbour keeps nothing, girl."'])
    assert text
    assert founded(text, grounds) == text
    if context.prompts and answer in (COUNTING, COMMAND, "none", "I"):
        assert context.degraded, "that the LLM said nothing of use is no secret"


@pytest.mark.parametrize("name", ["map-reduce", "refine", "hierarchical", "single"])
def test_what_is_said_again_and_the_marks_of_the_sources_are_not_told(name: str) -> None:
    text, _ = told(name, OVER_AND_OVER)
    found = sentences(text)
    assert len(found) == len(set(found)) > 3
    assert "Said:" not in text
    assert "Part 2" not in text


def test_a_short_sentence_may_come_again() -> None:
    text, _ = told(
        "map-reduce",
        "Policemen pull a body out of the harbour and the woman with grey hair kneels beside it. She nods. The very "
        "old woman mends a net in the loft and looks at the photograph of the docker. She nods.",
    )
    assert text.count("She nods.") == 2
