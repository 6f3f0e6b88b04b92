"""Tables of Markdown."""

from __future__ import annotations

from longvid_benchmarks.markdown import aligned


def test_columns_stand_below_one_another() -> None:
    rows = [("a", "bb"), ("ccc", "d")]
    assert aligned(rows) == ["| a   | bb |", "|-----|---:|", "| ccc |  d |"]
    assert aligned(rows, words=2) == ["| a   | bb |", "|-----|----|", "| ccc | d  |"]
