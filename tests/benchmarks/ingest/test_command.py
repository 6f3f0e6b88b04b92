"""`longvid bench ingest`: each way of reading is measured in turns, cuts are held against the stock detector's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from longvid.errors import LongvidError
from longvid.film import probe
from longvid_benchmarks.ingest.measure import Cost, Row, _run, measure
from longvid_benchmarks.ingest.summary import agreement, summary
from tests.cli.program import longvid
from tests.film.films import encode, scenes


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("ingest") / "a.mp4", scenes([48, 60, 36]))


def test_every_way_is_measured_and_the_last_line_is_json(film: Path, tmp_path: Path) -> None:
    done = longvid("bench", "ingest", str(film), "--ways", "raw,scenedetect,scenes,clips", "--lengths", "3",
                   "--rounds", "1", "-o", str(tmp_path))  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["codec"], told["width"], told["height"], told["rounds"]) == ("h264", 128, 96, 1)
    (one,) = told["lengths"]
    ways = one["ways"]
    assert (one["seconds"], list(ways)) == (3, ["raw", "scenedetect", "scenes", "clips"])
    assert ways["raw"]["decode"] == 1
    assert [row["cuts"] for row in ways.values()] == [None, 1, 1, 1], "of two in the film"
    assert [row["agreement"] for row in ways.values()] == [None, 1, 1, 1]
    assert all(row["wall"] > 0 for name, row in ways.items() if name != "scenedetect")
    assert len((tmp_path / "rows.jsonl").read_text().splitlines()) == 4
    assert {path.name for path in tmp_path.iterdir()} >= {"rows.jsonl", "ingest.png", "ingest.svg"}


@pytest.mark.parametrize("lengths", ["0.5", "60", "3,x"])
def test_a_length_that_the_film_has_not_is_refused(film: Path, lengths: str) -> None:
    done = longvid("bench", "ingest", str(film), "--lengths", lengths)
    assert done.returncode == 2
    assert "--lengths" in done.stderr or "is no time" in done.stderr


def test_a_program_that_is_not_there_is_one_line(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longvid_benchmarks.ingest.measure.program", lambda name: None)
    with pytest.raises(LongvidError, match="ffmpeg is not installed; install it, or leave it out of --ways"):
        measure(probe(film), ["raw", "ffmpeg"], [2], 1)


def test_a_child_that_fails_is_one_line_with_what_it_said() -> None:
    with pytest.raises(LongvidError, match="failed with status 3: no such thing"):
        _run([sys.executable, "-c", "import sys; sys.stderr.write('no such thing\\n'); sys.exit(3)"])


def test_peak_and_cpu_are_those_of_the_child() -> None:
    code = "x = bytearray(100 << 20)\nimport time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: 0"
    cost, _ = _run([sys.executable, "-c", code])
    assert cost.peak is None or 100 << 20 < cost.peak < 150 << 20
    assert cost.cpu >= 0.2
    assert cost.wall >= 0.2


def row(way: str, turn: int, wall: float, cuts: tuple[float, ...] | None = None) -> Row:
    return Row(way, 60, turn, Cost(wall, 2 * wall, 1000 * turn), cuts)


def test_ratios_are_within_a_round_and_then_their_median() -> None:
    # The machine was five times as slow in the second round; ffmpeg is the faster decoder in the third.
    walls = {"raw": (1.0, 5.0, 2.0), "ffmpeg": (2.0, 9.0, 1.0), "scenedetect": (4.0, 20.0, 4.0), "clips": (2, 8, 1.25)}
    rows = [
        row(way, turn, wall, (1.0, 2.0) if way in ("scenedetect", "clips") else None)
        for way, taken in walls.items()
        for turn, wall in enumerate(taken)
    ]
    found = summary(rows, 60, 0.04)
    assert found["clips"]["decode"] == pytest.approx(0.625)  # of 0.5, 0.625 and 0.8
    assert found["clips"]["scenedetect"] == pytest.approx(2.5)
    assert found["raw"]["decode"] == pytest.approx(1)
    assert found["clips"]["peak"] == 2000
    assert (found["clips"]["cuts"], found["clips"]["agreement"]) == (2, 1)
    assert found["raw"]["cuts"] is None
    assert summary(rows[:3], 60, 0.04)["raw"]["scenedetect"] is None


def test_cuts_agree_one_with_one() -> None:
    assert agreement([1, 2, 3], [1.03, 1.98, 3], 0.05) == 1
    assert agreement([1, 2, 3], [1, 3], 0.05) == pytest.approx(0.8)
    assert agreement([1, 1.02], [1.01], 0.05) == pytest.approx(2 / 3)
    assert agreement([1], [2], 0.05) == 0
    assert agreement([], [], 0.05) == 1
