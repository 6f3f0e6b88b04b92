"""The prompts in use have names, and a digest by which a change of any is noticed."""

from __future__ import annotations

import pytest

from longvid.engine.prompts import CAPTION, EVENTS
from longvid.strategy.registry import load, names
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.training import writing


def test_every_built_in_strategy_that_writes_is_taught() -> None:
    writes = {name for name in names() if "write" in load(name).requires | load(name).uses}
    assert {name for name, _ in writing.STRATEGIES.values()} == writes


@pytest.mark.parametrize("prompt", ["Sing a song.", CAPTION[:-3], f"Please. {CAPTION}", f"{EVENTS} Quickly."[9:]])
def test_a_prompt_that_nobody_asks_has_no_name(prompt: str) -> None:
    assert prompts.which(prompt) is None


def test_a_changed_template_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = prompts.digest()
    monkeypatch.setitem(prompts.WRITING, "outline", prompts.WRITING["outline"] + " Be brief.")
    assert prompts.digest() != before
