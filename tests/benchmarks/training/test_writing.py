"""Examples in copying: real prompts of the ledger, whose answers stand in them."""

from __future__ import annotations

import random

from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.training import writing


def test_examples_in_copying_are_orders_of_the_ledger_that_are_carried_out_to_the_letter() -> None:
    story = invent(3, 5)
    examples = writing.copying(story, random.Random(1))
    assert len(examples) == len(writing.COPIED)
    for example in examples:
        assert prompts.which(example.prompt) == example.task == "ledger write"
        statements = [line.split(". ", 1)[1] for line in example.prompt.split("\n")[1:]]
        assert example.answer == " ".join(f"{text} [{number}]" for number, text in enumerate(statements, 1))
    assert writing.copying(story, random.Random(1)) == examples
    assert writing.copying(story, random.Random(2)) != examples
