"""Judgements read and counted: what a reply says, what an exact match is, intervals by video."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from longvid_benchmarks.published.openended.judging import Judged, Verdict, read_reply
from longvid_benchmarks.published.openended.questions import Open
from longvid_benchmarks.published.openended.scores import Score, interval, is_exact, scores
from longvid_benchmarks.published.openended.sets import AVERAGE, AXES, QA, SETS, VCG
from longvid_benchmarks.published.questions import Question
from longvid_benchmarks.published.tasks import Task


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
        ("-1", None, None),
        ("\u22121", None, None),
        (".5", None, None),
        ("**4**", None, Verdict(4, None)),
        ('Such as {"pred": "yes", "score": 4}: but {"pred": "no", "score": 0}', None, None),
        ('{"pred": "no", "score": 1} so {"pred": "no", "score": 1}', Verdict(1, False), Verdict(1, None)),
        ('{"a": {"pred": "yes", "score": 5}, "pred": "no", "score": 0}', Verdict(0, False), Verdict(0, None)),
        ('{"a": {"pred": "yes", "score": 5}, "pred": "no", "score": 0', None, None),
        ('{"pred": "yes", "score": 4, "why": "they said {cat} {"}', Verdict(4, True), Verdict(4, None)),
        ("{'pred': 'yes', 'score': 4, 'why': 'they said {cat}'}", Verdict(4, True), Verdict(4, None)),
        ('{cat} {"pred": "yes", "score": 4}', Verdict(4, True), Verdict(4, None)),
        ('{"pred": "yes", "score": "0_4"}', None, None),
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


def judged(verdicts: list[Verdict | None]) -> list[Judged]:
    """The same verdicts of each short benchmark, a video each, and of each axis of the long one."""
    found = []
    for of in SETS:
        for at, verdict in enumerate(verdicts):
            task = Task("x", of.name, "", "")
            asked = Question(task, at, "?", (), 0, Path(f"{of.name}{at}"), 0.0, math.inf)
            axes = AXES if of is VCG else (QA,)
            question = Open(of, (asked,), "cat", axes)
            found += [Judged(question, axis, ("cat",), "", "", verdict) for axis in axes]
    return found


def named(found: list[Score]) -> dict[str, Score]:
    return {one.name: one for one in found}


def test_a_mean_tells_what_could_not_be_read_of_its_parts() -> None:
    found = named(scores(judged([Verdict(4, True), None, Verdict(2, False), Verdict(2, False)]), []))
    mean, part = found[AVERAGE], found["msvd-qa accuracy"]
    assert (mean.of, mean.unread, mean.value) == (9, 3, part.value)
    assert mean.as_wrong == part.as_wrong == pytest.approx(25.0)
    long = found[f"{VCG.name} mean"]
    assert (long.of, long.unread, long.as_wrong) == (15, 5, 2.0)


def test_a_mean_of_few_videos_is_no_surer_than_its_parts_allow() -> None:
    found = named(scores(judged([Verdict(5, True)] * 3), []))
    mean, part = found[AVERAGE].interval, found["msvd-qa accuracy"].interval
    assert mean is not None
    assert part is not None
    assert part[0] < mean[0] < 80
    assert 100 - mean[0] == pytest.approx((100 - part[0]) / math.sqrt(3))


def test_where_nothing_could_be_read_a_row_without_a_value_says_so() -> None:
    found = named(scores(judged([None, None]), []))
    for name, unread in (("msvd-qa accuracy", 2), (AVERAGE, 6), (f"{VCG.name} {AXES[0]}", 2), (f"{VCG.name} mean", 10)):
        assert found[name] == Score(name, 0, None, None, unread, 0.0)
