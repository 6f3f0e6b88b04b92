"""Labels of a plot: each stands where its point is, or as near as the others allow."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from longvid_benchmarks.merge.plots import LINE, place

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
