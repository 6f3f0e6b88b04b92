"""`longvid bench tqa`: a small run from films to its table."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.program import longvid


def test_a_run_says_how_many_pairs_are_true_and_goes_on_from_what_it_has(tmp_path: Path) -> None:
    given = ("bench", "tqa", "--films", "1", "--chunks", "1", "-o", tmp_path / "out", "-q")
    first = longvid(*given, "--rows", "perfect+perfect,perfect+careless")
    assert first.returncode == 0, first.stderr
    perfect, careless = json.loads(first.stdout.splitlines()[-1])["rows"]
    assert perfect["kept"][0] == perfect["kept"][1] > 0
    assert perfect["filter_precision"][0] == perfect["filter_precision"][1]
    assert careless["kept"][0] == careless["kept"][1]
    again = longvid(*given, "--rows", "perfect+perfect,perfect+careless", "--write")
    assert again.stdout == first.stdout
    for row, found in (("perfect+perfect", perfect), ("perfect+careless", careless)):
        names = ("train.jsonl", "held-out.jsonl")
        rows = [line for name in names for line in (tmp_path / "out" / row / name).read_text().splitlines()]
        assert len(rows) == found["kept"][1]


def test_a_row_names_captions_and_a_language_model(tmp_path: Path) -> None:
    for rows in ("perfect", "+perfect", ","):
        ended = longvid("bench", "tqa", "--rows", rows, "-o", tmp_path / "out")
        assert ended.returncode == 2
        assert "--rows" in ended.stderr
