"""Labels of a plot: each stands where its point is, or as near as the others allow."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid_benchmarks.compare.plots import LINE, draw, place, spread
from longvid_benchmarks.compare.rows import CEILING
from longvid_benchmarks.compare.summary import summarize_rows
from tests.benchmarks.compare.rows import row

SHARE = st.floats(0, 1)
LABELS = st.lists(st.tuples(SHARE, st.floats(0.01, 0.3), SHARE).map(lambda t: (t[0], t[0] + t[1], t[2])), max_size=12)


@given(LABELS)
def test_no_two_labels_lie_on_one_another(labels: list[tuple[float, float, float]]) -> None:
    heights = place(labels)
    for (one, a), (two, b) in combinations(zip(labels, heights, strict=True), 2):
        if one[0] < two[1] and two[0] < one[1]:
            assert abs(a - b) >= LINE - 1e-6


def test_a_label_that_is_in_nobodys_way_stays() -> None:
    assert place([(0.1, 0.2, 0.5), (0.3, 0.4, 0.5), (0.1, 0.2, 0.9)]) == [0.5, 0.5, 0.9]
    crowded = place([(0.1, 0.2, 0.0), (0.1, 0.2, 0.0), (0.1, 0.2, 1.0), (0.1, 0.2, 1.0)])
    assert min(crowded) == 0.0
    assert max(crowded) == 1.0


@given(st.lists(SHARE, max_size=18))
def test_labels_in_a_column_keep_the_order_of_their_points(wanted: list[float]) -> None:
    heights = spread(wanted)
    for (one, a), (two, b) in combinations(zip(wanted, heights, strict=True), 2):
        assert abs(a - b) >= LINE - 1e-9
        assert one == two or (one < two) == (a < b)
    assert all(-1e-9 <= height <= 1 + 1e-9 for height in heights)


def test_labels_in_a_column_that_have_room_stay() -> None:
    assert spread([0.9, 0.1, 0.5]) == pytest.approx([0.9, 0.1, 0.5])
    assert spread([0.5, 0.5]) == pytest.approx([0.5 - LINE / 2, 0.5 + LINE / 2])


def test_ways_of_watching_are_bars_where_there_are_several(tmp_path: Path) -> None:
    usual = [row("concat", film, facts=0.2 * film) for film in range(3)] + [row(CEILING, 0, facts=1.0)]
    padded = [row("concat", film, facts=0.1, watch="fit=pad") for film in range(3)]
    assert not [path for path in draw(summarize_rows(usual, "concat"), tmp_path) if path.stem == "watching"]
    (entry,) = [one for one in summarize_rows([*usual, *padded], "concat") if one["watch"] == "fit=pad"]
    assert abs(entry["difference"]["fact_recall"]["mean"] + 0.1) < 1e-9, "paired with the usual way of watching"
    written = draw(summarize_rows([*usual, *padded], "concat"), tmp_path)
    assert [path.name for path in written if path.stem == "watching"] == ["watching.png", "watching.svg"]
    drawn = (tmp_path / "watching.svg").read_text()
    for label in ("default", "fit=pad", "facts", "concat, appearance lines, 14 chunks, 3 films"):
        assert f">{label}<" in drawn
