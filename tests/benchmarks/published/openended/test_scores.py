"""Judgements read and counted: what a reply says, what an exact match is, intervals by video."""

from __future__ import annotations

import math

import pytest

from longvid_benchmarks.published.openended.judging import Verdict, read_reply
from longvid_benchmarks.published.openended.scores import interval, is_exact


@pytest.mark.parametrize(
    ("reply", "short", "long"),
    [
        ('{"pred": "yes", "score": 4}', Verdict(4, True), Verdict(4, None)),
        ("{'pred': 'No', 'score': '1.5'}", Verdict(1.5, False), Verdict(1.5, None)),
        ('Sure: {"x": 1} and {"pred": "yes", "score": 5} there', Verdict(5, True), Verdict(5, None)),
        ('{"score": 3}', None, Verdict(3, None)),
        ("4", None, Verdict(4, None)),
        ("4.5.", None, Verdict(4.5, None)),
        ("Score 4", None, None),
        ('{"pred": "yes"}', None, None),
        ('{"pred": "yes", "score": 6}', None, None),
        ('{"pred": "yes", "score": -1}', None, None),
        ('{"pred": "yes", "score": NaN}', None, None),
        ('{"pred": "yes", "score": true}', None, None),
        ('{"pred": "perhaps", "score": 3}', None, Verdict(3, None)),
        ("{__import__('os')}", None, None),
        ("{" * 5000, None, None),
        ("", None, None),
    ],
)
def test_a_reply_is_read_strictly_or_not_at_all(reply: str, short: Verdict | None, long: Verdict | None) -> None:
    assert read_reply(reply, short=True) == short
    assert read_reply(reply, short=False) == long


@pytest.mark.parametrize(
    ("said", "answer", "same"),
    [
        ("A cat.", "cat", True),
        ("The CAT", "a cat", True),
        ("It is a cat", "cat", False),
        ("", "cat", False),
        ("the", "a", False),
    ],
)
def test_an_exact_match_has_the_same_words(said: str, answer: str, same: bool) -> None:
    assert is_exact(said, answer) is same


def test_an_interval_is_of_videos_and_as_wide_as_they_differ() -> None:
    alike = [(f"v{at}", float(at % 2)) for at in range(100)]
    low, high = interval([alike], 1.0) or (0.0, 0.0)
    assert math.isclose(high - low, 2 * 1.96 * math.sqrt(0.25 / 99), rel_tol=1e-3)
    # Ten questions of each video that all fall the same way are worth no more than one.
    together = [(f"v{at}", float(at % 2)) for at in range(100) for _ in range(10)]
    assert interval([together], 1.0) == pytest.approx((low, high), rel=1e-6)
    assert interval([[("one", 1.0), ("one", 0.0)]], 1.0) is None


def test_the_mean_of_several_figures_knows_that_they_share_their_videos() -> None:
    one = [(f"v{at}", float(at % 2)) for at in range(50)]
    same = interval([one, one], 1.0)
    assert same == pytest.approx(interval([one], 1.0))
    apart = [(f"w{at}", float(at % 2)) for at in range(50)]
    low, high = interval([one, apart], 1.0) or (0.0, 0.0)
    assert high - low == pytest.approx((same[1] - same[0]) / math.sqrt(2), rel=0.02)  # type: ignore[index]
