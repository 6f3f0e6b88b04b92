"""Counting, intervals, and the published rows as they are to be read."""

from __future__ import annotations

import pytest

from longvid_benchmarks.published.figures import ROWS
from longvid_benchmarks.published.scoring import SCORERS
from longvid_benchmarks.published.tables import beside
from longvid_benchmarks.published.tallies import Tally, tally, wilson


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


def test_published_means_are_over_the_tasks_that_were_asked() -> None:
    def counts(name: str, asked: int) -> Tally:
        return Tally(name, 2, asked, asked, asked, dict.fromkeys(SCORERS))

    tasks = [counts("MD", 2), counts("AL", 0), counts("CO", 2)]
    kinds = [counts("Position", 2), counts("Character", 2)]
    cells = [line.split("|") for line in beside(tasks, kinds, counts("", 4), "x")]
    lines = {row[1].strip(): row[3].strip() for row in cells}
    of = ROWS[0].scores
    assert lines["Position"] == f"{of['MD']:.1f}"
    assert lines["all"] == f"{(of['MD'] + of['CO']) / 2:.1f}"
    none = beside(tasks[1:2], [counts("Position", 0)], counts("", 0), "x")
    assert [line.split("|")[3].strip() for line in none[-2:]] == ["-", "-"]
