"""Outline and re-read: what a chunk is told of the film around it, and what becomes of its second answer."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Rarity
from longvid_strategies.outline_reread import OUTLINE, QUESTION, WHERE, OutlineReread, OutlineRereadConfig, around
from tests.standins import ScriptedContext, plainly

OUTLINES = OUTLINE.split("{words}")[0]
LANTERN = {2: "Ada hides the brass lantern.", 18: "Ben finds a brass lantern."}


def caption(index: int) -> Raw:
    return plainly(f"Ada crosses room{index}. {LANTERN.get(index, 'It is late.')} They walk on.")


def writes(prompt: str) -> Raw:
    if not prompt.startswith(OUTLINES):
        return plainly("A summary of it all.")
    said = re.findall(r"room\d+|Ada hides the brass lantern", prompt)
    return plainly(f"There is {' and '.join(said)}.")


def again(index: int, question: str) -> Raw:
    return plainly(f"Seen again is room{index}.")


def run(context: ScriptedContext, config: OutlineRereadConfig | None = None) -> str:
    state = asyncio.run(OutlineReread(config).build(context).ainvoke({}))
    return context.text(state["result"])


def merged(context: ScriptedContext) -> str:
    """What the tree was given, as one text."""
    return "\n".join(prompt for prompt in context.prompts if not prompt.startswith(OUTLINES))


def test_a_chunk_is_told_the_lines_before_around_after_and_the_related_one_elsewhere() -> None:
    context = ScriptedContext(24, caption=caption, writes=writes, asks=again)
    run(context)
    assert [index for index, _ in context.questions] == list(range(24))
    told = context.questions[18][1]
    before, around, after, elsewhere = (told.index(where) for where in WHERE)
    assert "room12" in told[before:around]
    assert "room18" in told[around:after]
    assert "room20" in told[after:elsewhere]
    assert "hides the brass lantern" in told[elsewhere:]
    assert WHERE[0] not in context.questions[0][1]
    assert WHERE[2] not in context.questions[23][1]


def test_what_is_told_of_elsewhere_is_not_from_here() -> None:
    lines = ["Ada hides a lantern.", "It rains.", "It snows.", "Ada finds a lantern in a box."]
    told = around(lines, Rarity(lines), 3, "Ada finds a lantern in a box.")
    assert told == [["It snows."], ["Ada finds a lantern in a box."], [], ["Ada hides a lantern."]]
    assert around(lines, Rarity(lines), 1, "Nothing of that kind.")[3] == []


def test_the_second_answers_are_merged_and_not_the_captions() -> None:
    context = ScriptedContext(24, caption=caption, writes=writes, asks=again)
    run(context)
    assert all(f"Seen again is room{i}." in merged(context) for i in range(24))
    assert "crosses" not in merged(context)


@pytest.mark.parametrize("most", [10, 30, 65])
def test_no_more_is_told_than_the_bound_and_only_whole_sentences(most: int) -> None:
    def long(prompt: str) -> Raw:
        return plainly("Here one walks on. There two run very far away. Rain falls on all of them in the end.")

    context = ScriptedContext(24, caption=caption, writes=long, asks=again)
    run(context, OutlineRereadConfig(told_words=most))
    frame = QUESTION.format(told="")
    for _, question in context.questions:
        told = question.removeprefix(frame[: frame.index("  ")]).split("Whoever")[0]
        words = re.sub("|".join(WHERE), "", told).split()
        assert 0 < len(words) <= most
        assert words[-1].endswith(".")


def test_a_line_that_failed_is_not_told() -> None:
    def breaks(prompt: str) -> Raw:
        return Raw("Somebody walks. And then they", "length", 1, 9) if "room5." in prompt else writes(prompt)

    context = ScriptedContext(24, caption=caption, writes=breaks, asks=again)
    run(context)
    assert all("Somebody walks" not in question for _, question in context.questions)
    state = asyncio.run(OutlineReread().build(context).ainvoke({}))
    outline = json.loads(context.text(state["extras"]["outline"]))
    assert [row["chunks"] for row in outline if not row["text"]] == [[4, 5, 6, 7]]


def test_where_the_question_leaves_no_room_less_is_told_and_in_the_end_nothing() -> None:
    roomy, tight, none = (
        ScriptedContext(24, caption=caption, writes=writes, asks=again, beside=beside) for beside in (119, -190, -260)
    )
    for context in (roomy, tight, none):
        run(context)
    lengths = [sum(len(question) for _, question in context.questions) for context in (roomy, tight, none)]
    assert lengths[0] > lengths[1] > lengths[2] == 0
    assert all(f"crosses room{i}." in merged(none) for i in range(24)), "the captions stand in for the answers"


def test_a_failed_second_answer_leaves_the_caption_and_a_failed_caption_gets_a_second_chance() -> None:
    def first(index: int) -> Raw:
        return Raw("", "stop", 1, 0) if index == 3 else caption(index)

    def second(index: int, question: str) -> Raw:
        return Raw("Seen. And then it", "length", 1, 9) if index == 7 else again(index, question)

    context = ScriptedContext(12, caption=first, writes=writes, asks=second)
    run(context)
    assert "Seen again is room3." in merged(context)
    assert "crosses room7." in merged(context)


def test_the_only_chunk_of_a_film_has_nothing_around_it_and_is_not_asked_again() -> None:
    context = ScriptedContext(1, caption=caption, writes=writes, asks=again)
    assert run(context) == caption(0).text
    assert context.questions == []
