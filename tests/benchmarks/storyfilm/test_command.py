"""`longvid bench storyfilm`: a film in a folder, its score, its pictures, and the pipeline over it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pysubs2
import pytest

from longvid.film import probe
from longvid_benchmarks.storyfilm.folder import load, write
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.gold import reference
from longvid_benchmarks.storyfilm.scorer import Scorer
from tests.checkpoints import make_checkpoint
from tests.cli.program import longvid


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of four chunks with its gold."""
    folder = tmp_path_factory.mktemp("storyfilm") / "film"
    done = longvid("bench", "storyfilm", "make", "--seed", "5", "--chunks", "4", "--out", folder, "--height", "90")
    assert done.returncode == 0, done.stderr
    assert "4 chunks" in done.stderr
    return folder


def test_a_folder_holds_film_and_all_gold(made: Path) -> None:
    assert {path.name for path in made.iterdir()} >= {
        "film.mp4", "story.json", "facts.jsonl", "links.jsonl", "looks.jsonl", "questions.jsonl",
        "probes.jsonl", "reference.txt", "event_lines.jsonl", "captions.named.jsonl", "captions.appearance.jsonl",
        "captions.noisy.jsonl",
    }  # fmt: skip
    assert load(made) == invent(5, 4)
    assert not (made / "film.srt").exists(), "nobody speaks in this story"
    for path in made.glob("*.jsonl"):
        assert [json.loads(line) for line in path.read_text().splitlines()]


def test_the_default_plan_finds_exactly_the_chunks_of_the_story(made: Path) -> None:
    found = json.loads(longvid("plan", made / "film.mp4", "--json").stdout)["chunks"]
    story = invent(5, 4)
    assert len(found) == len(story.chunks)
    for chunk, told in zip(found, story.chunks, strict=True):
        assert chunk["start"] == pytest.approx(told.start, abs=0.1)
        assert chunk["end"] == pytest.approx(told.end, abs=0.1)


def test_score_prints_the_promised_json(made: Path) -> None:
    done = longvid("bench", "storyfilm", "score", made / "reference.txt", made, "--json")
    value = json.loads(done.stdout)
    assert {
        "fact_recall", "fact_precision", "link_recall", "link_precision", "order", "contradictions", "duplication",
        "coverage", "words", "composite",
    } <= set(value)  # fmt: skip
    assert value["composite"] >= 0.9


def test_score_is_for_people_too(made: Path, tmp_path: Path) -> None:
    first, *_ = reference(load(made)).split(". ")
    (tmp_path / "first.txt").write_text(f"{first}. Nobody buries the moon.")
    done = longvid("bench", "storyfilm", "score", tmp_path / "first.txt", made)
    assert done.returncode == 0
    table, *lists = done.stdout.split("\n\n")
    assert re.search(r"events told, of the \d+ that matter +1 \(", table)
    assert re.search(r"composite of all of these +0\.00 +(0\.9|1\.0)", table)
    missed = next(part for part in lists if part.startswith("Events not told:"))
    assert len(missed.splitlines()) == len(Scorer(load(made)).salient)


def test_make_takes_no_film_of_somebody_else_away(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"mine")
    done = longvid("bench", "storyfilm", "make", "--chunks", "1", "--out", tmp_path)
    assert done.returncode == 1
    assert "would be lost" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_make_that_breaks_off_leaves_the_film_before_with_its_gold(tmp_path: Path) -> None:
    write(invent(1, 1), tmp_path, height=90, progress=lambda done, of: None)
    before = (tmp_path / "film.mp4").read_bytes()

    def breaks(done: float, of: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(invent(2, 1), tmp_path, height=90, progress=breaks)
    assert (tmp_path / "film.mp4").read_bytes() == before
    assert load(tmp_path) == invent(1, 1)


def test_show_draws_a_sheet_and_a_timeline(made: Path) -> None:
    done = longvid("bench", "storyfilm", "show", made)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert Path(line).read_bytes().startswith(b"\x89PNG")


def test_summarize_runs_over_a_generated_film(made: Path, tmp_path: Path) -> None:
    model = make_checkpoint(tmp_path / "model", seed=1)
    film = made / "film.mp4"
    done = longvid("summarize", film, "--model", model, "--strategy", "concat", "-o", tmp_path / "out", "--json")
    assert done.returncode == 3, "a random checkpoint says nothing that can be used, and that is said"
    assert len(json.loads(done.stdout)["chunks"]) == 4


def test_what_is_no_film_of_ours_is_one_clear_line(made: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        done = longvid("bench", "storyfilm", "score", made / "reference.txt", folder)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    other = tmp_path / "other"
    other.mkdir()
    (other / "story.json").write_text((made / "story.json").read_text())
    (other / "reference.txt").write_text(reference(invent(6, 4)))
    done = longvid("bench", "storyfilm", "show", other)
    assert done.returncode == 1
    assert "another version" in done.stderr
    assert longvid("bench", "storyfilm", "make", "--out", other, "--easy", "--hard").returncode == 2


def test_a_film_of_which_a_share_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    make = ("bench", "storyfilm", "make", "--seed", "41", "--chunks", "2", "--height", "90", "--out", folder)
    done = longvid(*make, "--said", "1")
    assert done.returncode == 0, done.stderr
    assert ("silent" in done.stderr) == (shutil.which("espeak-ng") is None)
    story = load(folder)
    assert story == invent(41, 2, said=1.0)
    assert len((folder / "dialogue.jsonl").read_text().splitlines()) == len(story.lines)
    assert len(pysubs2.load(str(folder / "film.srt"))) == len(story.lines)
    assert probe(folder / "film.mp4").audio
    scored = longvid("bench", "storyfilm", "score", folder / "reference.txt", folder).stdout
    assert re.search(r"events that are only said, of \d+ +\d", scored)
    assert longvid(*make).returncode == 0
    assert not (folder / "dialogue.jsonl").exists()
    assert not probe(folder / "film.mp4").audio
