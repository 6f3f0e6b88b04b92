"""What is learnt covers what is asked: every prompt of the tool and the built-in strategies is among the examples."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.training import views, watching, writing
from longvid_benchmarks.training.curriculum import BOTH, CURRICULA


@pytest.fixture(scope="module")
def asked(processor: Any) -> Counter[str]:
    """How often each prompt was asked of the LLM by all strategies over a few films."""

    def count(text: str) -> int:
        return int(processor.count(text, template="chat"))

    found: Counter[str] = Counter()
    for seed, chunks in ((30, 14), (31, 14), (32, 24), (33, 8), (34, 16)):
        for strategy in writing.STRATEGIES:
            made = writing.examples(invent(seed, chunks), strategy, 200, random.Random(seed), count)
            found.update(example.task for example in made)
    return found


def test_examples_of_writing_cover_every_prompt_of_the_strategies(asked: Counter[str]) -> None:
    # Who is one with whom is never in doubt in films told by gold: what noise makes of it is rare.
    assert set(asked) >= set(prompts.WRITING) - {"ledger same"}
    assert set(asked) <= set(prompts.WRITING)


def test_examples_of_watching_cover_every_prompt_about_a_clip(processor: Any) -> None:
    story, found = invent(35, 10), set()
    tasks = {*BOTH, *CURRICULA["captioner"][-1].tasks}
    for task in tasks:
        for chunk in story.chunks[:6]:
            made = watching.TASKS[task](views.whole(story, chunk), random.Random(0), processor.count_text)
            if made is not None:
                found.add(prompts.which(made[0]))
    assert found == {*prompts.WATCHING, None}
    assert tasks == set(watching.TASKS)
