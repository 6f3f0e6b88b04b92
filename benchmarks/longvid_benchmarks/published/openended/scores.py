"""Judgements counted: accuracy and scores of each benchmark, their means, and intervals by video.

Questions of one video stand and fall together, so what varies is taken by video; a share is never given a narrower
interval than Wilson's. Knows no table.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from longvid_benchmarks.published.openended.judging import MOST, Judged
from longvid_benchmarks.published.openended.questions import Open
from longvid_benchmarks.published.openended.sets import AVERAGE, AXES, QA, SETS, SHORT, VCG
from longvid_benchmarks.published.tallies import Z, wilson

ARTICLES = frozenset({"a", "an", "the"})
Values = Sequence[tuple[str, float]]
"""A value of each question, behind its video."""


@dataclass(frozen=True, slots=True)
class Score:
    """One figure."""

    name: str
    of: int
    """Judgements that could be read; for an exact match, questions."""
    value: float
    """A share in percent, or a score from 0 to 5."""
    interval: tuple[float, float] | None
    """Of 95 %; None of a single video."""
    unread: int = 0
    """Replies that could not be read, which are left out."""
    as_wrong: float | None = None
    """The figure with those counted as wrong, or 0, as the public scripts do."""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "of": self.of,
            "value": self.value,
            "interval": None if self.interval is None else list(self.interval),
            "unread": self.unread,
            "unread_as_wrong": self.as_wrong,
        }


def scores(judged: Sequence[Judged], said: Sequence[tuple[Open, tuple[str, ...]]]) -> list[Score]:
    """All figures that there are judgements for, in the order of the benchmarks, and exact matches of short answers."""
    found: list[Score] = []
    shares: list[Values] = []
    axes: list[Values] = []
    for one in SETS:
        mine = [each for each in judged if each.question.of is one]
        if one is VCG:
            axes = [_read([each for each in mine if each.axis == axis], right=False) for axis in AXES]
            for axis, values in zip(AXES, axes, strict=True):
                found += _score(f"{one.name} {axis}", values, [each for each in mine if each.axis == axis], MOST)
            found += _mean(f"{one.name} mean", axes, MOST)
            continue
        shares.append(_read(mine, right=True))
        found += _score(f"{one.name} accuracy", shares[-1], mine, 100.0)
        found += _score(f"{one.name} score", _read(mine, right=False), mine, MOST)
        exact = [(str(of.video), 100.0 * is_exact(texts[0], of.answer)) for of, texts in said if of.of is one]
        found += _score(f"{one.name} exact match", exact, [], 100.0)
    assert len(shares) == len(SHORT)
    return [*found, *_mean(AVERAGE, shares, 100.0)]


def is_exact(said: str, answer: str) -> bool:
    """Whether both have the same words, but for articles, case and punctuation."""
    one, other = (
        [word for word in re.findall(r"\w+", text.lower()) if word not in ARTICLES] for text in (said, answer)
    )
    return one == other != []


def _read(judged: Sequence[Judged], *, right: bool) -> Values:
    return [
        (str(one.question.video), 100.0 * (one.verdict.right is True) if right else one.verdict.score)
        for one in judged
        if one.verdict is not None and (one.axis == QA or not right)
    ]


def _score(name: str, values: Values, judged: Sequence[Judged], most: float) -> list[Score]:
    if not values:
        return []
    unread = sum(one.verdict is None for one in judged)
    mean = sum(value for _, value in values) / len(values)
    ends = interval([values], most)
    if ends is not None and most == 100.0:
        low, high = wilson(sum(value > 0 for _, value in values), len(values))
        ends = min(ends[0], 100 * low), max(ends[1], 100 * high)
    as_wrong = mean * len(values) / (len(values) + unread) if judged else None
    return [Score(name, len(values), mean, ends, unread, as_wrong)]


def _mean(name: str, groups: Sequence[Values], most: float) -> list[Score]:
    """The mean of the groups' means, where each has a value."""
    if not groups or not all(groups):
        return []
    means = [sum(value for _, value in values) / len(values) for values in groups]
    return [Score(name, sum(map(len, groups)), sum(means) / len(means), interval(groups, most))]


def interval(groups: Sequence[Values], most: float) -> tuple[float, float] | None:
    """The ends of the 95 % interval of the mean of the groups' means, within 0 and `most`; None of one video.

    How much each video moves that mean is what varies.
    """
    moved: dict[str, float] = defaultdict(float)
    whole = 0.0
    for values in groups:
        mean = sum(value for _, value in values) / len(values)
        whole += mean / len(groups)
        for video, value in values:
            moved[video] += (value - mean) / len(values) / len(groups)
    if len(moved) < 2:
        return None
    half = Z * math.sqrt(sum(each * each for each in moved.values()) * len(moved) / (len(moved) - 1))
    return max(0.0, whole - half), min(most, whole + half)
