"""Every rule throws out what it is for, and lets a good pair pass."""

from __future__ import annotations

import pytest

from longvid.training.tqa.clip import RULES
from longvid.training.tqa.validating import changes_of, validated
from tests.training.tqa.clips import AFTER, BEFORE, clip


def test_a_pair_about_the_change_holds_whether_something_comes_or_goes() -> None:
    came = validated(clip())
    assert (came.outcome, came.second) == ("kept", 4)
    went = {second: AFTER if second < 4 else BEFORE for second in range(8)}
    assert validated(clip("When does the masked figure leave the beach?", told=went)).outcome == "kept"


BROKEN = [
    ("malformed", {"question": "Tell when the masked figure comes."}),
    ("malformed", {"answer": "At the 4th second. " + "It rains. " * 40}),
    ("leak", {"answer": "By frame_captions at the 4th second."}),
    ("leak", {"question": "When do the captions tell of a masked figure?"}),
    ("leak", {"answer": "The dictionary says at the 4th second."}),
    ("names no second", {"answer": "Near the middle."}),
    ("names no second", {"answer": "From the 3rd second to the 4th second."}),
    ("names no second", {"question": "Does the masked figure come at the 4th second?"}),
    ("second outside", {"answer": "At the 0th second."}),
    ("second outside", {"answer": "At the 7th second."}),
    ("second outside", {"answer": "At the 12th second."}),
    ("second unseen", {"told": {3: ""}}),
    ("second unseen", {"told": {4: ""}}),
    ("unchanged", {"answer": "At the 5th second."}),
    ("not about the change", {"question": "When are there clouds on the beach?"}),
    ("passing", {"told": {5: BEFORE, 6: BEFORE, 7: BEFORE}}),
    ("passing", {"told": dict.fromkeys((0, 1, 2), AFTER)}),
    ("told in one frame", {"told": {4: AFTER + " A clock shows that it is the 4th second."}}),
]


@pytest.mark.parametrize(("rule", "changed"), BROKEN)
def test_what_breaks_a_rule_is_thrown_out_by_it(rule: str, changed: dict[str, object]) -> None:
    assert validated(clip(**changed)).outcome == rule  # type: ignore[arg-type]


def test_every_rule_is_tried() -> None:
    assert {rule for rule, _ in BROKEN} == set(RULES)


def test_where_wording_wavers_a_change_must_be_as_large_as_the_others() -> None:
    colours = ["Grey", "green", "blue", "red", "dark", "light"]
    wavering = {s: f"{colours[s % 6]} waves number{s} on a beach." for s in range(8)}
    told = wavering | {4: wavering[3] + " A figure."}
    assert validated(clip("When does the figure come?", told=told)).outcome == "unchanged"


def test_a_missing_caption_leaves_no_change_on_either_side_of_it() -> None:
    assert sorted(changes_of({0: "a cat", 1: "a dog", 3: "a cow", 4: "a cow"})) == [1, 4]
