"""The perfect language model judges and asks by what captions say; the careless one is caught by the rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from longvid.engine.request import Request
from longvid.errors import LLMError
from longvid.training.tqa.clip import Clip
from longvid.training.tqa.parsing import Unreadable, parse_pair, parse_verdict
from longvid.training.tqa.prompts import FILTER, WRITE, filled
from longvid.training.tqa.validating import validated
from longvid_benchmarks.tqa.writer import CARELESS, PERFECT, Writer

PLACE, EVENT = "The place is the beach.", "The red circle hides the blue key in the chest in the beach."
CHANGED = {second: PLACE if second < 3 else f"{PLACE} {EVENT}" for second in range(8)}
STILL = dict.fromkeys(range(8), f"{PLACE} {EVENT}")


def said(template: str, captions: dict[int, str], kind: str = PERFECT) -> str:
    (raw,) = Writer(kind).answer([Request("write", filled(template, captions), 100)])
    return raw.text


def test_it_judges_and_asks_by_the_captions() -> None:
    assert parse_verdict(said(FILTER, CHANGED))
    assert not parse_verdict(said(FILTER, STILL))
    assert parse_pair(said(WRITE, STILL)) is None
    pair = parse_pair(said(WRITE, CHANGED))
    assert pair is not None
    assert pair.question == "When does it happen that the red circle hides the blue key in the chest in the beach?"
    assert pair.answer == "At the 3rd second."


def test_what_one_caption_alone_says_or_leaves_out_is_an_error_to_it() -> None:
    assert not parse_verdict(said(FILTER, STILL | {4: PLACE}))
    assert not parse_verdict(said(FILTER, STILL | {4: f"{STILL[4]} The green cross dances."}))


def test_rules_catch_what_a_careless_one_gets_wrong() -> None:
    ends: Counter[str] = Counter()
    for number in range(80):
        captions = {second: f"{text} There are {number} clouds." for second, text in CHANGED.items()}
        try:
            pair = parse_pair(said(WRITE, captions, CARELESS))
        except Unreadable:
            ends["unreadable"] += 1
            continue
        clip = validated(replace(Clip("ab", number, 0, 8, captions, 8), pair=pair))
        ends[clip.outcome] += 1
        assert clip.outcome != "kept" or clip.second == 3
    assert {"unreadable", "kept", "leak", "names no second", "second outside", "unchanged"} <= set(ends)


def test_it_answers_nothing_else() -> None:
    with pytest.raises(LLMError, match="longvid tqa alone"):
        Writer(PERFECT).answer([Request("write", "Hello? frame_captions = {}", 10)])
