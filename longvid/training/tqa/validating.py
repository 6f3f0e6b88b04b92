"""What code can know of a pair: whether its second is one of a change that it asks about, told by no single frame.

Compares captions by their content words alone; knows no model and no picture. What it lets through may still be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from statistics import median

from longvid.text.lexical import terms
from longvid.training.tqa.clip import Clip, Outcome, Pair
from longvid.training.tqa.parsing import second_of, seconds_in
from longvid.training.tqa.prompts import NAME

LONGEST = 300
"""Characters of a question or an answer."""
LEAK = re.compile(rf"\b(?:{NAME}|frame captions?|captions?|captioned|dictionar(?:y|ies)|descriptions?|json)\b", re.I)


def validated(clip: Clip) -> Clip:
    """`clip`, whose pair was written, with the second that it names and the first rule that it breaks, if any."""
    if clip.pair is None:
        raise ValueError("only a pair can be validated")
    second = second_of(clip.pair)
    return replace(clip, second=second, outcome=_broken(clip, clip.pair, second) or "kept")


def _broken(clip: Clip, pair: Pair, second: int | None) -> Outcome | None:
    if not pair.question.endswith("?") or max(len(pair.question), len(pair.answer)) > LONGEST:
        return "malformed"
    if LEAK.search(pair.question) or LEAK.search(pair.answer):
        return "leak"
    if second is None:
        return "names no second"
    if not 0 < second < clip.frames - 1:
        return "second outside"
    captions = clip.captions
    if second not in captions or second - 1 not in captions:
        return "second unseen"
    changes = changes_of(captions)
    if not changes[second] or changes[second] < median(changes.values()):
        return "unchanged"
    asked = terms(pair.question)
    told = {at: asked & terms(captions[at]) for at in range(second - 2, second + 2) if at in captions}
    if told[second] == told[second - 1]:
        return "not about the change"
    if told[second] == told.get(second - 2) or told[second - 1] == told.get(second + 1):
        return "passing"
    if any(str(second) in seconds_in(text) for text in captions.values()):
        return "told in one frame"
    return None


def changes_of(captions: Mapping[int, str]) -> dict[int, float]:
    """For each second whose caption and the one before are there: the share of their content words, 0 to 1, that only
    one of the two has."""
    words = {second: terms(text) for second, text in captions.items()}
    return {b: unlike(words[a], words[b]) for a, b in pairwise(sorted(words)) if b == a + 1}


def unlike(one: frozenset[str], two: frozenset[str]) -> float:
    """1 less the Jaccard index; 0 where neither has a word."""
    return 1 - len(one & two) / len(one | two) if one | two else 0.0
