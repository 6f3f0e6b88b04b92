"""Examples about clips say what gold says of the frames shown, in the prompts of the tool."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from longvid.carry.telling import Told
from longvid.engine.prompts import CAPTION, CARRY_TOKENS, EVENTS, carried
from longvid.strategy import parse_events
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.training import watching
from longvid_benchmarks.training.views import View, whole

STORY = invent(21, 12)


def asked(task: str, processor: Any, seeds: int = 3) -> Iterator[tuple[View, str, str]]:
    for chunk in STORY.chunks:
        for seed in range(seeds):
            view = whole(STORY, chunk)
            made = watching.TASKS[task](view, random.Random(seed), processor.count_text)
            if made is not None:
                yield view, *made


def test_captions_and_lines_of_whole_chunks_are_those_of_gold(processor: Any) -> None:
    assert [a for _, _, a in asked("caption", processor, 1)] == gold.captions(STORY)
    for view, prompt, answer in asked("events", processor, 1):
        assert prompt == EVENTS
        wanted = gold.event_lines(STORY, view.chunk)
        assert [line.partition(" | ")[2] for line in answer.split("\n")] == [w.partition(" | ")[2] for w in wanted]


def test_seconds_of_lines_are_within_a_frame_of_gold(processor: Any) -> None:
    for view, _, answer in asked("events", processor, 1):
        rows = parse_events(answer, 0).events
        for row, event in zip(rows, view.chunk.events, strict=True):
            assert row.second is not None
            assert 0 <= row.second - (event.start - view.chunk.start) <= 3.5


@pytest.mark.parametrize(("task", "question"), [("carried caption", CAPTION), ("carried events", EVENTS)])
def test_what_is_carried_fits_and_names_only_who_is_told_with_this_look(
    processor: Any, task: str, question: str
) -> None:
    names = 0
    for view, prompt, answer in asked(task, processor):
        assert prompt.endswith(question)
        assert processor.count_text(prompt) - processor.count_text(question) <= CARRY_TOKENS
        shown = {STORY.figure(id).name for event in view.chunk.events for id in event.tags}
        for name, look in re.findall(r"(\w+), the ([\w ]+?)(?:,| \||\.|$)", answer, re.M):
            names += name not in shown
            assert name in shown or name in prompt
            assert name in shown or look in prompt
    assert names > 3


def test_a_carry_is_worded_as_the_tool_words_it(processor: Any) -> None:
    prompts = {prompt for _, prompt, _ in asked("carried caption", processor)}
    told = Told(before=("The place is the cave.",))
    assert carried(CAPTION, (), told.before).split("The place")[0] == "Just before: "
    assert any(prompt.startswith("Just before: ") for prompt in prompts)
    assert any(prompt.startswith("Figures of this film: ") for prompt in prompts)


def test_a_look_again_is_answered_in_the_words_of_the_list(processor: Any) -> None:
    for _, prompt, answer in asked("look", processor):
        listed = re.search(r"video: (.*)\.\n", prompt)
        assert listed is not None
        lines = answer.split("\n")
        assert len(lines) == prompt.count("Question ")
        for number, line in enumerate(lines, 1):
            head, _, who = line.partition(" | ")
            assert head == str(number)
            assert who in (*listed[1].split("; "), "somebody else")


def test_questions_when_and_who_are_about_one_event_alone(processor: Any) -> None:
    for view, prompt, answer in asked("when", processor):
        hits = [e for e in view.seen().events if f"{e.start - view.start:.0f}" == answer]
        assert hits, prompt
    for view, prompt, answer in asked("who", processor):
        what = re.search(r"somebody (.*)\. Answer", prompt)
        assert what is not None
        assert f"{answer.rstrip('.')} {what[1]}".replace(",", "") in gold.caption(STORY, view.seen()).replace(",", "")
