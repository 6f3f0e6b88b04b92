"""A second look: at stored clips, at the film where these are gone, and at nothing where the film is gone too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from longvid.api import Asked, IngestSettings, Job, ask, load_strategy, summarize, wait
from longvid.engine.models import Models
from longvid.run.reading import answers_about_clips
from tests.asking.runs import Says
from tests.film.films import two_tracks
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
    (run / "film.json").write_text(json.dumps(json.loads(described) | {"path": elsewhere}), encoding="utf-8")
    film.unlink() if change == "gone" else film.write_bytes(b"something else")
    found, eye = looked(run)
    assert found.status == "not shown"
    assert found.looked == ()
    assert eye.batches == []
    assert any(why in note for note in found.notes)


def test_what_is_read_again_is_the_video_track_that_the_run_read(tmp_path: Path) -> None:
    film = two_tracks(tmp_path / "film.mp4")
    eye = ScriptedBackend(lambda prompt: plainly("A green square slides over a wall."))
    job = Job(load_strategy("concat")(), IngestSettings(video_track=1), directory=tmp_path)
    run = Path(wait(summarize(film, job, models(eye, Says()))).run)
    for clip in run.glob("clips/*/*.safetensors"):
        clip.unlink()
    looked(run)
    captioned, again = (
        {answer.clip for answer in answers_about_clips(run / "answers.sqlite", [kind])} for kind in ("caption", "ask")
    )
    assert captioned == again


@pytest.mark.parametrize("name", ["a" * 5000, "a" * 300])
def test_what_the_system_cannot_look_at_is_gone(run: Path, name: str) -> None:
    described = json.loads((run / "film.json").read_text(encoding="utf-8"))
    (run / "film.json").write_text(json.dumps(described | {"path": f"/{name}"}), encoding="utf-8")
    (plan,) = run.glob("clips/*/plan.json")
    value = json.loads(plan.read_text(encoding="utf-8"))
    value["chunks"] = [row | {"clip": name} for row in value["chunks"]]
    plan.write_text(json.dumps(value), encoding="utf-8")
    found, _ = looked(run)
    assert any("is gone" in note for note in found.notes)
