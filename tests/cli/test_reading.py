"""What is read of a film and of the files beside it, run by run: nothing is ignored, and nothing is done twice."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from longvid import film as films
from longvid.pipeline import listening, planning
from tests.cli.program import Ended, longvid
from tests.cli.scripted import answer_at_once, watched
from tests.film.films import encode, scenes
from tests.films import make_film

SRT = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"
RUSSIAN = "Привет, как дела? Я давно тебя не видел."
LENGTH = ("--target-length", "4")


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The films that were decoded, one for each time."""
    seen: list[Path] = []
    scan = films.scan

    def counted(film: films.Film, **options: Any) -> films.Scan:
        seen.append(film.path)
        return scan(film, **options)

    for module in (films, planning):
        monkeypatch.setattr(module, "scan", counted)
    return seen


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_film(tmp_path / "film.mp4", chunks=3)


def summarize(film: Path, *options: str) -> tuple[Ended, dict[str, Any]]:
    done = longvid("summarize", film, "--strategy", "concat", *LENGTH, "--json", *options)
    return done, json.loads(done.stdout) if done.stdout else {}


def plans(film: Path) -> list[Path]:
    return sorted((film.parent / "film.longvid" / "clips").iterdir())


def said(film: Path) -> list[str]:
    """What is said in the plan of the last run."""
    run = film.parent / "film.longvid"
    key = json.loads((run / "run.json").read_text())["plan"]
    rows = json.loads((run / "clips" / key / "plan.json").read_text())["chunks"]
    return [text for row in rows for _, _, text, _, _ in row["dialogue"]]


def test_subtitles_that_are_added_mended_or_removed_are_read_by_the_next_run(
    film: Path, scans: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    eye = answer_at_once(monkeypatch)
    beside = film.with_suffix(".srt")
    assert summarize(film)[0].returncode == 0
    assert said(film) == []
    beside.write_text("not subtitles")
    done, report = summarize(film)
    assert done.returncode == 3
    assert len(report["degraded"]) == 1
    assert report["degraded"][0].startswith("film.srt: not subtitles")
    for words in ("My name is Ada.", "My name is Ben."):
        beside.write_text(SRT.format(words))
        done, report = summarize(film)
        assert (done.returncode, report["degraded"]) == (0, [])
        assert said(film) == [words]
    beside.unlink()
    assert summarize(film)[0].returncode == 0
    assert said(film) == []
    assert watched(eye) == 3, "the pictures are the same"
    assert len(scans) == 1, "and so are the chunks"
    assert len(plans(film)) == 4


@pytest.mark.parametrize("first", ["", "00:00:00.100 --> 99:59:59.999\nHello\n\n"])
def test_a_line_that_is_added_moves_a_border(
    tmp_path: Path, scans: list[Path], monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    answer_at_once(monkeypatch)
    film = encode(tmp_path / "film.mp4", scenes([240]), rate=6)
    length = ("--target-length", "16")
    before = [chunk["end"] for chunk in summarize(film, *length)[1]["chunks"]]
    line = f"00:00:{before[0] - 0.3:.3f} --> 00:00:{before[0] + 0.5:.3f}\nNow!\n"
    film.with_suffix(".srt").write_text(first + line)
    after = [chunk["end"] for chunk in summarize(film, *length)[1]["chunks"]]
    assert after[0] == pytest.approx(before[0] - 0.3, abs=0.1), "the line is spared, whatever else the file claims"
    planned = json.loads(longvid("plan", film, *length, "--json").stdout)["chunks"]
    assert [chunk["end"] for chunk in planned] == after
    assert len(scans) == 3


def test_an_encoding_that_is_guessed_is_told_and_is_no_loss(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_at_once(monkeypatch)
    film.with_suffix(".srt").write_bytes(SRT.format(RUSSIAN).encode("cp1251"))
    guess = "film.srt: is not UTF-8; read as cp1251, which is a guess; save it as UTF-8 if its words look wrong"
    for done, value in (summarize(film), summarize(film)):
        assert done.returncode == 0
        assert value["notes"] == [guess]
        assert done.stderr.splitlines() == [f"longvid: film.mp4: {guess}"]
    assert said(film) == [RUSSIAN]
    plan = longvid("plan", film, "--json")
    assert plan.returncode == 0
    assert json.loads(plan.stdout)["notes"] == [guess]
    assert json.loads(plan.stdout)["warnings"] == []
    assert plan.stderr.splitlines() == [f"longvid: film.mp4: {guess}"]


@pytest.mark.parametrize(("data", "status"), [("", 0), ("\n \n", 0), ("WEBVTT\n", 0), ("not subtitles", 3)])
def test_status_3_is_for_lines_that_are_lost(film: Path, data: str, status: int) -> None:
    film.with_suffix(".srt").write_text(data)
    assert longvid("plan", film, "-q").returncode == status


def test_a_pipe_beside_the_film_is_passed_over(film: Path) -> None:
    os.mkfifo(film.with_suffix(".srt"))
    assert longvid("plan", film).returncode == 0


def test_to_start_at_nothing_is_to_name_no_start(
    film: Path, scans: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_at_once(monkeypatch)
    assert summarize(film)[0].returncode == 0
    for same in (["--start", "0"], ["--start", "0:00"], ["--min-length", str(4 / 3)], ["--max-length", "4.8"]):
        assert summarize(film, *same)[0].returncode == 0
    assert len(scans) == 1


@pytest.mark.parametrize("out", [[], ["-o", "new/folder"]])
def test_a_run_that_does_nothing_leaves_nothing(film: Path, monkeypatch: pytest.MonkeyPatch, out: list[str]) -> None:
    monkeypatch.chdir(film.parent)
    answer_at_once(monkeypatch)
    done = longvid("summarize", film, "--start", "500", *out)
    assert done.returncode == 1
    assert "of the wanted range can be decoded" in done.stderr
    assert os.listdir(film.parent) == ["film.mp4"]


def test_a_failed_range_takes_nothing_from_a_run_that_is_there(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eye = answer_at_once(monkeypatch)
    assert summarize(film)[0].returncode == 0
    assert longvid("summarize", film, "--start", "500").returncode == 1
    assert summarize(film)[0].returncode == 0
    assert watched(eye) == 3


def test_what_somebody_else_put_into_a_run_folder_stays(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_at_once(monkeypatch)
    reading = listening.dialogue

    def putting(film: films.Film, choice: films.SubtitleChoice) -> films.Dialogue:
        (film.path.parent / "film.longvid" / "mine.txt").touch()
        return reading(film, choice)

    monkeypatch.setattr(listening, "dialogue", putting)
    assert longvid("summarize", film, "--start", "500").returncode == 1
    assert (film.parent / "film.longvid" / "mine.txt").exists()


def test_a_warning_names_its_film_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_at_once(monkeypatch)
    whole = encode(tmp_path / "whole.mkv", scenes([48, 60, 60])).read_bytes()
    (tmp_path / "whole.mkv").unlink()
    broken = [tmp_path / "one.mkv", tmp_path / "two.mkv"]
    for film in broken:
        film.write_bytes(whole[: len(whole) * 6 // 10])
    done = longvid("summarize", *broken, "--strategy", "concat", "--json")
    assert done.returncode == 3
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    for film, line in zip(broken, lines, strict=True):
        assert line.startswith(f"longvid: {film.name}: breaks off at")
        assert line.count(film.name) == 1


# File systems of macOS take names in UTF-8 alone.
STEM, SHOWN = ("cafe\u0301".encode(),) * 2 if sys.platform == "darwin" else (b"caf\xe9", b"caf\\xe9")


def test_a_name_that_is_no_utf_8_is_told_alike_and_comes_back(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_at_once(monkeypatch)
    name = STEM + b".mp4"
    odd = film.rename(film.with_name(os.fsdecode(name)))
    run = json.loads(longvid("summarize", odd, "--strategy", "concat", "--json").stdout)
    plan = json.loads(longvid("plan", odd, "--json").stdout)
    assert run["film"] == plan["film"] == SHOWN.decode() + ".mp4"
    outputs = {os.fsencode(path.name) for path in odd.with_suffix(".longvid").glob("*.md")}
    assert outputs == {STEM + b".concat.md"}
    again = json.loads(longvid("summarize", odd, "--strategy", "concat", "--json").stdout)
    assert again["film"] == run["film"]
