"""Verdicts by eye: what stands beside the check, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from longvid.errors import LongvidError
from longvid_benchmarks.compare.filmtexts import read_texts
from longvid_benchmarks.compare.rows import CHECK, EYE, Row, read_as
from longvid_benchmarks.compare.verdicts import by_eye, read_verdicts
from tests.benchmarks.compare.filmtexts import film_text, write_rows

SUMMARY = "The lad\u2019s key \u2013 a brass one \u2013 fits.\n\nWho was to come back, came."
ABOUT = {"film": "one", "strategy": "ledger"}
TOLD: dict[str, Any] = {**ABOUT, "link": "key", "told": True, "sentence": "The lad's key - a brass one - fits."}
MISSED: dict[str, Any] = {**ABOUT, "link": "promise", "told": False}


def read(tmp_path: Path, *verdicts: dict[str, Any]) -> tuple[list[Row], list[str]]:
    """The rows by eye of a run of `ledger` that told nothing, by the check."""
    films = read_texts([film_text(tmp_path / "one")], words=None)
    assert films[0].claims is not None
    (tmp_path / "summary.txt").write_text(SUMMARY, encoding="utf-8")
    nothing = read_as(CHECK, films[0].claims, {"key": None, "promise": None, "thief": None})
    row = {"film": "one", "strategy": "ledger", "text": "summary.txt", "calls": 7, **nothing}
    write_rows(tmp_path / "verdicts.jsonl", *verdicts)
    return by_eye([row], films, read_verdicts(tmp_path / "verdicts.jsonl"), tmp_path)


def test_a_persons_verdicts_are_a_row_beside_that_of_the_check(tmp_path: Path) -> None:
    rows, unread = read(tmp_path, TOLD, MISSED, {**ABOUT, "trap": "thief", "told": False})
    assert unread == []
    (row,) = rows
    assert (row["reader"], row["calls"]) == (EYE, 7)
    assert (row["link_recall"], row["weight_recall"], row["traps_told"]) == (0.5, 0.75, 0)
    assert row["links"] == [["picture", 3, True], ["dialogue", 2, False]]
    assert [(link["link"], link["sentence"]) for link in row["told"]] == [
        ("key", "The lad's key - a brass one - fits."), ("promise", None)
    ]  # fmt: skip


def test_where_no_trap_was_looked_for_none_is_counted(tmp_path: Path) -> None:
    (row,), _ = read(tmp_path, TOLD, MISSED)
    assert (row["traps_told"], row["traps"]) == (None, [])


def test_a_quotation_may_reach_over_lines_and_be_of_what_is_not_told(tmp_path: Path) -> None:
    (row,), _ = read(tmp_path, {**TOLD, "sentence": "fits. Who was to come back"}, {**MISSED, "sentence": "came."})
    assert row["link_recall"] == 0.5


def test_verdicts_on_what_was_not_run_are_named_and_count_for_nothing(tmp_path: Path) -> None:
    rows, unread = read(tmp_path, {**TOLD, "strategy": "refine"}, {**TOLD, "film": "two"})
    assert rows == []
    assert unread == [
        "refine on one has verdicts by eye and was not run here",
        "ledger on two has verdicts by eye and was not run here",
    ]


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([{**TOLD, "sentence": "The key fits."}, MISSED], 'line 1: the summary of ledger does not say "The key fits."'),
        ([MISSED, {**TOLD, "link": "lock"}], "line 2: one has no link lock"),
        ([TOLD, MISSED, {**ABOUT, "trap": "key", "told": False}], "line 3: one has no trap key"),
        ([TOLD], "ledger on one has no verdict on link promise"),
        ([TOLD, TOLD], "line 2: a verdict on this link stands in an earlier row too"),
        ([{**TOLD, "sentence": None}], "line 1: what is told must be quoted"),
        ([{**TOLD, "sentence": " "}], "line 1: sentence must be text"),
        ([{**TOLD, "told": 1}], "line 1: told must be true or false"),
        ([{**TOLD, "film": None}], "line 1: film must be text"),
        ([{**TOLD, "trap": "thief"}], "line 1: a verdict needs one of link and trap"),
        ([ABOUT], "line 1: a verdict needs one of link and trap"),
        ([], "holds no verdicts"),
    ],
)
def test_a_wrong_verdict_is_one_line_that_says_where(tmp_path: Path, verdicts: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(LongvidError, match=re.escape(said)) as caught:
        read(tmp_path, *verdicts)
    assert "verdicts.jsonl: " in str(caught.value)
    assert "\n" not in str(caught.value)
