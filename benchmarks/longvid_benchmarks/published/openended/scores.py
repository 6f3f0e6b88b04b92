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
    value: float | None
    """A share in percent, or a score from 0 to 5; None where no judgement could be read."""
    interval: tuple[float, float] | None
    """Of 95 %; None of a single video, and without a value."""
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
    accuracies: list[Score] = []
    for one in SETS:
        mine = [each for each in judged if each.question.of is one]
        if one is VCG:
            axes = [_read([each for each in mine if each.axis == axis], right=False) for axis in AXES]
            parts: list[Score] = []
            for axis, values in zip(AXES, axes, strict=True):
                parts += _score(f"{one.name} {axis}", values, [each for each in mine if each.axis == axis], MOST)
            found += [*parts, *_mean(f"{one.name} mean", parts, axes, MOST)]
            continue
        shares.append(_read(mine, right=True))
        accuracy = _score(f"{one.name} accuracy", shares[-1], mine, 100.0)
        accuracies += accuracy
        found += accuracy
        found += _score(f"{one.name} score", _read(mine, right=False), mine, MOST)
        exact = [(str(of.video), 100.0 * is_exact(texts[0], of.answer)) for of, texts in said if of.of is one]
        found += _score(f"{one.name} exact match", exact, [], 100.0)
    assert len(shares) == len(SHORT)
    return [*found, *_mean(AVERAGE, accuracies, shares, 100.0)]


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
    return figure(name, values, most, sum(one.verdict is None for one in judged) if judged else None)


def figure(name: str, values: Values, most: float, unread: int | None = None) -> list[Score]:
    """The mean of `values`, which are shares where `most` is 100; `unread` replies had none, None where nobody judged.

    An empty list where there is nothing to count.
    """
    judged, unread = unread is not None, unread or 0
    if not values:
        return [Score(name, 0, None, None, unread, 0.0)] if unread else []
    mean = sum(value for _, value in values) / len(values)
    ends = interval([values], most)
    if ends is not None and most == 100.0:
        low, high = wilson(sum(value > 0 for _, value in values), len(values))
        ends = min(ends[0], 100 * low), max(ends[1], 100 * high)
    as_wrong = mean * len(values) / (len(values) + unread) if judged else None
    return [Score(name, len(values), mean, ends, unread, as_wrong)]


def _mean(name: str, parts: Sequence[Score], groups: Sequence[Values], most: float) -> list[Score]:
    """The mean of `parts`, where each of `groups` is of one."""
    if not parts or len(parts) < len(groups):
        return []
    of, unread = sum(one.of for one in parts), sum(one.unread for one in parts)
    as_wrong = sum(one.as_wrong or 0.0 for one in parts) / len(parts)
    values = [one.value for one in parts if one.value is not None]
    if len(values) < len(parts):
        return [Score(name, of, None, None, unread, as_wrong)]
    mean = sum(values) / len(values)
    ends = interval(groups, most)
    known = [(value, one.interval) for value, one in zip(values, parts, strict=True) if one.interval is not None]
    if ends is not None:
        # A part may vary more than its few videos show, and then their mean does too.
        below = math.hypot(*(value - low for value, (low, _) in known)) / len(parts)
        above = math.hypot(*(high - value for value, (_, high) in known)) / len(parts)
        ends = max(0.0, min(ends[0], mean - below)), min(most, max(ends[1], mean + above))
    return [Score(name, of, mean, ends if len(known) == len(parts) else None, unread, as_wrong)]


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
