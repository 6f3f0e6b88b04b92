"""A part of a film has outputs of its own, and those of the whole film stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid.output.naming import output_name
from tests.cli.program import longvid
from tests.films import make_film


def outputs(run: Path) -> set[str]:
    return {path.name for path in run.glob("film.*.md")}


def test_a_summary_of_a_part_leaves_that_of_the_whole_alone(tmp_path: Path, random_model: Path) -> None:
    film, run = make_film(tmp_path / "film.mp4", chunks=2), tmp_path / "film.longvid"
    command = ("summarize", film, "--model", random_model, "--strategy", "concat")
    assert longvid(*command).returncode in (0, 3)
    whole = (run / "film.concat.md").read_text()
    assert longvid(*command, "--end", "4").returncode in (0, 3)
    assert (run / "film.concat.md").read_text() == whole
    assert outputs(run) == {"film.concat.md", "film.concat.0h00m00s-0h00m04s.md"}
    # A merge is of the run before it, and so is its name.
    assert longvid("merge", run, "--strategy", "ledger", "--llm", "none").returncode in (0, 3)
    assert "film.ledger.0h00m00s-0h00m04s.md" in outputs(run)
    assert longvid(*command, "--start", "0").returncode in (0, 3)
    assert len(outputs(run)) == 3


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [
        (None, None, "ledger"),
        (0.0, None, "ledger"),
        (600.0, 1200.0, "ledger.0h10m00s-0h20m00s"),
        (None, 90.5, "ledger.0h00m00s-0h01m30.5s"),
        (3661.0, None, "ledger.1h01m01s-end"),
    ],
)
def test_the_name_of_a_part_says_which(start: float | None, end: float | None, name: str) -> None:
    assert output_name("ledger", start=start, end=end) == name
