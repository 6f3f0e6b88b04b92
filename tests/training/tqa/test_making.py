"""A data set is made of films: true, split by film, and the same byte for byte whatever was killed on the way."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest

from longvid.errors import FilmError, RunInUse
from longvid.film import probe
from longvid.pipeline.progress import Silent
from longvid.training.data import read
from longvid.training.tqa.making import _claimed, make
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.tqa.truth import is_right
from tests.child import Child
from tests.training.tqa.known import SEED, SETTINGS, die_making, known_film, made, perfect


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return known_film(tmp_path_factory.mktemp("known"))


@pytest.fixture(scope="module")
def whole(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole") / "set"
    found = made(film, out)
    story = invent(SEED, 1)
    kept = [clip for clip in found.clips if clip.outcome == "kept"]
    assert len(kept) >= 3
    assert all(is_right(story, clip) for clip in kept)
    assert not found.problems
    return out


def data(out: Path) -> dict[str, bytes]:
    """Every file of a data set, its videos among them, but for the runs."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.relative_to(out).parts[0] not in ("films", "lock")
    }


def test_both_forms_say_the_same_and_each_sample_has_its_video(whole: Path) -> None:
    samples = []
    for name in ("train", "held-out"):
        if (whole / f"{name}.jsonl").read_bytes():
            samples += (found := read(whole / f"{name}.jsonl"))
            assert read(whole / f"{name}.llava.jsonl") == found
    for sample in samples:
        assert probe(Path(sample.videos[0])).video.height == 90
        assert sample.answer.startswith("At the ")
    assert len(samples) == json.loads((whole / "funnel.json").read_text())["steps"][-1]["left"]


def test_killed_and_gone_on_it_is_the_same_byte_for_byte(film: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    # Reading tells 130 times, captions and questions 75, cutting 6: one kill falls into each.
    for count in (60, 150, 78):
        with Child(die_making, film, out, count, folder=tmp_path) as child:
            assert child.ended().returncode == -signal.SIGKILL
    made(film, out)
    assert data(out) == data(whole)


@pytest.mark.slow
def test_ten_kills_change_nothing(film: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    for count in (5, 60, 118, 122, 126, 135, 10, 40, 74, 78):
        with Child(die_making, film, out, count, folder=tmp_path) as child:
            assert child.ended().returncode == -signal.SIGKILL, count
    made(film, out)
    assert data(out) == data(whole)


def test_a_finished_one_asks_nobody(film: Path, whole: Path, tmp_path: Path) -> None:
    models = perfect()
    assert models.captioner is not None

    def ask(*_: object, **__: object) -> None:
        raise AssertionError("asked again")

    models.captioner.answer = models.llm.answer = ask  # type: ignore[method-assign, assignment]
    before = data(whole)
    asyncio.run(make([film], models, whole, SETTINGS, Silent()))
    assert data(whole) == before


def test_a_film_that_fails_is_left_out_and_told(film: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    models = perfect()
    found = asyncio.run(make([tmp_path / "bad.mp4", film, film], models, tmp_path / "set", SETTINGS, Silent()))
    assert (found.funnel.films, found.funnel.unread) == (2, 1)
    assert len(found.problems) == 1
    assert "bad.mp4 is left out" in found.problems[0]
    with pytest.raises(FilmError, match=r"bad\.mp4"):
        asyncio.run(make([tmp_path / "bad.mp4"], models, tmp_path / "set", SETTINGS, Silent()))


def test_two_are_never_at_work_in_one_folder(film: Path, tmp_path: Path) -> None:
    models = perfect()
    with _claimed(tmp_path / "set"), pytest.raises(RunInUse, match="in use"):
        asyncio.run(make([film], models, tmp_path / "set", SETTINGS, Silent()))
