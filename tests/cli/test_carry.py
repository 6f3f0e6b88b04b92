"""`--context` and `--cast` from the command line, with a model whose words mean nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import longvid
from tests.films import make_film


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("films") / "film.mp4", chunks=2)


@pytest.mark.parametrize("command", ["summarize", "caption"])
def test_a_carry_that_there_is_not_is_wrong_usage(command: str, film: Path) -> None:
    done = longvid(command, film, "--context", "all")
    assert done.returncode == 2
    assert "previous" in done.stderr


@pytest.mark.parametrize("command", ["summarize", "caption"])
def test_a_bad_file_of_figures_is_one_line_before_anything_is_read(command: str, film: Path, tmp_path: Path) -> None:
    cast = tmp_path / "cast.txt"
    cast.write_text("Ada = tall woman\nTom: old\x1b[2J man\n")
    done = longvid(command, film, "--cast", cast, "--model", tmp_path / "no model")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "cast.txt, line 2" in done.stderr
    assert "did you mean: Tom = old" in done.stderr
    assert "\x1b" not in done.stderr
    assert not list(film.parent.glob("*.longvid"))


@pytest.mark.parametrize(
    ("option", "way", "context", "carry"),
    [
        ("--context", "previous", "previous", "gist"),
        ("--context", "cast", "cast", "cast"),
        ("--carry", "gist", "previous", "gist"),
    ],
)
def test_caption_and_summarize_carry_alike_and_merge_goes_on_from_both(
    option: str, way: str, context: str, carry: str, film: Path, random_model: Path, tmp_path: Path
) -> None:
    cast = tmp_path / "cast.txt"
    cast.write_text("Ada = red\n")
    options = [film, "--model", random_model, "--device", "cpu", "--target-length", "4", "-o", tmp_path, "--json"]
    options += [option, way, "--cast", cast]
    first = json.loads(longvid("caption", *options).stdout)
    # 2 chunks, and 2 first looks; what loops or is empty is asked once more.
    assert first["calls"]["watch"] >= (4 if way == "cast" else 2)
    again = json.loads(longvid("summarize", *options, "--strategy", "concat").stdout)
    assert again["calls"]["watch"] == 0
    assert again["context"] == first["context"]
    assert first["context"].startswith(f"{context}-")
    assert first["carry"].startswith(f"{carry}-")
    done = longvid("merge", first["run"], "--strategy", "concat", "--json")
    assert done.returncode in (0, 3), done.stderr
    merged = json.loads(done.stdout)
    assert [chunk["caption"] for chunk in merged["chunks"]] == [chunk["caption"] for chunk in first["chunks"]]
    assert merged["context"] == first["context"]


def test_what_does_not_fit_into_any_prompt_is_said_once(film: Path, random_model: Path, tmp_path: Path) -> None:
    cast = tmp_path / "cast.txt"
    cast.write_text("Ada = " + "tall woman with a red scarf, " * 6 + "\n")
    options = ["--model", random_model, "--device", "cpu", "--target-length", "4", "-o", tmp_path, "--cast", cast]
    done = longvid("summarize", film, *options, "--strategy", "concat", "--json")
    assert len([line for line in json.loads(done.stdout)["notes"] if "did not fit" in line]) == 1
