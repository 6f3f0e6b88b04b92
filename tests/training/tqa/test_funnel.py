"""The funnel counts every clip once."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from longvid.training.tqa.clip import Outcome
from longvid.training.tqa.funnel import STEPS, funnel_of
from tests.training.tqa.clips import clip


def test_each_outcome_is_dropped_by_one_step_or_kept() -> None:
    dropped = [outcome for _, outcomes in STEPS for outcome in outcomes]
    assert sorted([*dropped, "kept"]) == sorted(get_args(Outcome))


def test_steps_leave_what_is_left_and_say_why() -> None:
    ends: list[Outcome] = ["uncaptioned", "no change", "no change", "no pair", "leak", "unchanged", "near-duplicate"]
    clips = [replace(clip(index=at), outcome=end) for at, end in enumerate([*ends, "kept", "kept", "kept"])]
    found = funnel_of(3, 1, [replace(clips[0], captions={}), *clips[1:]], held_out=1)
    assert [step.left for step in found.steps] == [9, 7, 6, 4, 3]
    assert found.steps[1].dropped == {"no change": 2}
    assert (found.train, found.held_out, found.kept) == (2, 1, 3)
    assert (found.frames, found.failed) == (80, 8)
    table = "\n".join(found.table())
    assert "leak 1, unchanged 1" not in table
    assert "unchanged 1, leak 1" in table
    assert found.as_json()["steps"][3] == {"step": "valid", "left": 4, "dropped": {"unchanged": 1, "leak": 1}}
