"""Near-duplicates: the same asked of what looks the same goes, the same asked of something else stays."""

from __future__ import annotations

import itertools
import random

from longvid.training.tqa.clip import Clip
from longvid.training.tqa.duplicates import ALIKE, without_duplicates, words_of
from longvid.training.tqa.validating import unlike
from tests.training.tqa.clips import PAIR, clip


def test_the_first_of_two_stays() -> None:
    other = {s: f"A room with a lamp, a table, number{s} and five chairs." for s in range(8)}
    clips = [
        clip(),
        clip(index=1),
        clip("When does the tall masked figure come to the beach?", film="cd", index=2),
        clip("When does it rain hard on that green hill?", index=3),
        clip(PAIR.question, index=4, told=other),
    ]
    outcomes = [found.outcome for found in without_duplicates(clips)]
    assert outcomes == ["kept", "near-duplicate", "near-duplicate", "kept", "kept"]


def test_no_two_that_stay_are_alike_and_none_goes_without_its_like() -> None:
    rng = random.Random(0)
    words = [f"word{n}" for n in range(14)]
    asked = [f"When {' '.join(rng.sample(words, rng.randint(4, 9)))}?" for _ in range(120)]
    clips = [clip(question, index=at) for at, question in enumerate(asked)]
    found = without_duplicates(clips)
    kept = [one for one in found if one.outcome == "kept"]

    def alike(one: Clip, other: Clip) -> bool:
        return 1 - unlike(words_of(one), words_of(other)) >= ALIKE

    assert not any(alike(one, other) for one, other in itertools.combinations(kept, 2))
    gone = [one for one in found if one.outcome != "kept"]
    assert len(gone) > 5
    assert all(any(alike(one, other) for other in kept if other.index < one.index) for one in gone)
