"""A second look: at stored clips, at the film where these are gone, and at nothing where the film is gone too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from longvid.api import Asked, IngestSettings, Job, ask, load_strategy, summarize, wait
from longvid.engine.models import Models
from longvid.run.reading import answers_about_clips
from tests.asking.runs import Says
from tests.films import make_film
from tests.standins import ScriptedBackend, plainly


def models(eye: ScriptedBackend, llm: Says, size: int = 28) -> Models:
    sizes = {"image_size": size, "caption_tokens": 100, "events_tokens": 60}
    return Models("scripted", eye.identity, eye, llm, "says", **sizes)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A film and its run."""
    folder = tmp_path_factory.mktemp("looked")
    film = make_film(folder / "film.mp4")
    eye = ScriptedBackend(lambda prompt: plainly("A square slides over a wall."))
    job = Job(load_strategy("concat")(), IngestSettings(target_length=4), directory=folder)
    return film, Path(wait(summarize(film, job, models(eye, Says()))).run)


@pytest.fixture
def run(made: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of the film's run, with the film beside it."""
    film, run = made
    shutil.copy(film, tmp_path / film.name)
    return Path(shutil.copytree(run, tmp_path / run.name))


def cite(prompt: str) -> str:
    """Cites the passage of the second look."""
    for line in prompt.splitlines():
        if "seen on a second look" in line:
            return f"The square is orange {line.split()[0]}."
    return "not shown"


def looked(run: Path, size: int = 28) -> tuple[Asked, ScriptedBackend]:
    eye = ScriptedBackend(lambda prompt: plainly("The square is orange."))
    question = "Which colour has the square on the wall?"
    return wait(ask(run, question, models(eye, Says(cite), size), looks=2)), eye


def test_the_chunks_that_matter_are_asked_again_from_their_stored_clips(run: Path) -> None:
    (run.parent / "film.mp4").unlink()
    found, eye = looked(run)
    assert found.answer == "The square is orange."
    assert [evidence.kind for evidence in found.evidence] == ["looked"]
    assert len(found.looked) == 2
    assert found.calls["ask"] == 2
    assert all(request.clip is not None for batch in eye.batches for request in batch)
    again, idle = looked(run)
    assert idle.batches == []
    assert again.answer == found.answer


def test_where_clips_were_cleaned_away_those_chunks_alone_are_read_from_the_film(run: Path) -> None:
    from_clips, _ = looked(Path(shutil.copytree(run, run.parent / "copy.longvid")))
    for clip in run.glob("clips/*/*.safetensors"):
        clip.unlink()
    found, eye = looked(run)
    assert found.answer == "The square is orange."
    assert found.looked == from_clips.looked
    assert sum(map(len, eye.batches)) == 2
    # They are the same pictures at the same times, so that what was answered before stands.
    assert {clip.clip for clip in answers_about_clips(run / "answers.sqlite", ["ask"])} == {
        clip.clip for clip in answers_about_clips(run.parent / "copy.longvid" / "answers.sqlite", ["ask"])
    }
    assert list(run.glob(".look-*")) == []


def test_a_model_that_takes_other_pictures_reads_them_from_the_film(run: Path) -> None:
    found, eye = looked(run, size=56)
    assert found.answer == "The square is orange."
    assert sum(map(len, eye.batches)) == 2


@pytest.mark.parametrize(("change", "why"), [("gone", "is gone"), ("other", "another film")])
def test_where_the_film_is_gone_or_another_one_that_is_said(run: Path, change: str, why: str) -> None:
    for clip in run.glob("clips/*/*.safetensors"):
        clip.unlink()
    film = run.parent / "film.mp4"
    described = (run / "film.json").read_text(encoding="utf-8")
    elsewhere = str(run.parent / "was" / "film.mp4")
    import json

    (run / "film.json").write_text(json.dumps(json.loads(described) | {"path": elsewhere}), encoding="utf-8")
    film.unlink() if change == "gone" else film.write_bytes(b"something else")
    found, eye = looked(run)
    assert found.status == "not shown"
    assert found.looked == ()
    assert eye.batches == []
    assert any(why in note for note in found.notes)
