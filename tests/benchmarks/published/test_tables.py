"""Counting, intervals, and the published rows as they are to be read."""

from __future__ import annotations

import pytest

from longvid_benchmarks.published.figures import ROWS
from longvid_benchmarks.published.tables import aligned, of_class
from longvid_benchmarks.published.tallies import tally, wilson


@pytest.mark.parametrize(
    ("right", "of", "low", "high"), [(2, 2, 0.342, 1.0), (0, 2, 0.0, 0.658), (100, 200, 0.431, 0.569)]
)
def test_the_interval_of_a_share_is_wilsons(right: int, of: int, low: float, high: float) -> None:
    assert wilson(right, of) == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))


def test_nothing_asked_has_no_share() -> None:
    none = tally("all", [], 3)
    assert (none.total, none.accuracy, none.interval, none.others["official"]) == (3, None, None, None)


@pytest.mark.parametrize(
    ("model", "mean"),
    [
        ("CogVLM2-Video", 62.275),
        ("PLLaVA-34B", 58.1),
        ("VideoChat2_HD (re-read)", 62.3),
        ("VideoChat2 (Vicuna)", 51.15),
    ],
)
def test_published_rows_have_the_mean_that_was_published(model: str, mean: float) -> None:
    row = next(row for row in ROWS if row.model == model)
    assert len(row.scores) == 20
    assert row.mean == pytest.approx(mean, abs=0.06)


def test_a_class_is_the_mean_of_its_tasks() -> None:
    assert of_class(ROWS[0], "Position") == (48.0 + 31.5) / 2
    with pytest.raises(ValueError, match="no class"):
        of_class(ROWS[0], "Nothing")


def test_columns_stand_below_one_another() -> None:
    assert aligned([("a", "bb"), ("ccc", "d")]) == ["| a   | bb |", "|-----|---:|", "| ccc |  d |"]
