"""The bundled model from the command line: what it says of films that it was not made for, and of strategies that want
an LLM."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import longvid
from tests.films import LOOKS, draw, encode

DOUBT = "film.mp4 does not say that it is a StoryFilm; storyfilm-tiny understands nothing else"


def make(path: Path, comment: str | None = None) -> Path:
    """A film of two seconds with this comment."""
    frames = [draw(LOOKS[0], i / 23, 128, 72) for i in range(24)]
    return encode(path, frames, rate=12, metadata={"comment": comment} if comment else None)


@pytest.mark.parametrize("comment", [None, "StoryFilmish", "no StoryFilm 1", "\x1b[2J"])
def test_a_film_that_does_not_say_what_it_is_is_doubted_once_at_first(tmp_path: Path, comment: str | None) -> None:
    film = make(tmp_path / "film.mp4", comment)
    done = longvid("caption", film, "--model", "storyfilm-tiny", "-q", "--json", "-f", "vtt,md,json")
    assert done.returncode == 3
    assert done.stderr.splitlines()[0] == f"longvid: {DOUBT}"
    assert done.stderr.count(DOUBT) == 1
    assert DOUBT in json.loads(done.stdout)["degraded"]
    run = tmp_path / "film.longvid"
    for name in ("vtt", "json", "md"):
        assert DOUBT in (run / f"film.concat.{name}").read_text(), name


@pytest.mark.parametrize("comment", ["StoryFilm 1", "StoryFilm"])
def test_a_film_that_says_what_it_is_is_not_doubted(tmp_path: Path, comment: str) -> None:
    film = make(tmp_path / "film.mp4", comment)
    done = longvid("caption", film, "--model", "storyfilm-tiny", "--json", "-f", "json")
    again = longvid("merge", tmp_path / "film.longvid", "--strategy", "concat", "--json")
    for ended in (done, again):
        assert "StoryFilm" not in ended.stderr
        assert not any("StoryFilm" in line for line in json.loads(ended.stdout)["degraded"])


def test_a_merge_doubts_what_the_run_doubted_though_the_film_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make(tmp_path / "film.mp4")
    longvid("caption", film, "--model", "storyfilm-tiny", "-f", "vtt")
    film.unlink()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = longvid("merge", tmp_path / "film.longvid", "--strategy", "concat", "--json")
    value = json.loads(done.stdout)
    assert done.returncode == 3
    assert done.stderr.splitlines()[0] == f"longvid: {DOUBT}"
    assert value["model"] == "storyfilm-tiny"
    assert value["calls"]["watch"] == 0
    assert DOUBT in value["degraded"]


def test_captions_of_another_model_are_doubted_where_the_llm_was_made_for_storyfilm_alone(
    random_model: Path, tmp_path: Path
) -> None:
    """An LLM by itself: the checkpoint says so in its card."""
    film = make(tmp_path / "film.mp4")
    longvid("caption", film, "--model", random_model, "-f", "vtt")
    llm = tmp_path / "made"
    llm.mkdir()
    for path in random_model.iterdir():
        (llm / path.name).symlink_to(path)
    (llm / "card.json").write_text('{"made_for": "StoryFilm"}')
    done = longvid("merge", tmp_path / "film.longvid", "--strategy", "concat", "--llm", llm, "--json")
    assert f"{llm} understands nothing else" in done.stderr.splitlines()[0]


def test_a_strategy_that_wants_an_llm_is_refused_where_the_model_only_watches(
    random_model: Path, tmp_path: Path
) -> None:
    only = tmp_path / "only"
    only.mkdir()
    for path in random_model.iterdir():
        (only / path.name).symlink_to(path)
    (only / "card.json").write_text('{"writes": false}')
    film = make(tmp_path / "film.mp4")
    done = longvid("summarize", film, "--model", only, "--strategy", "refine")
    said = " ".join(done.stderr.replace("│", " ").split())
    assert done.returncode == 2
    assert "only watches and refine cannot do without an LLM" in said
    assert "concat" in said
    assert not (tmp_path / "film.longvid").exists(), "before the film is touched"
    assert longvid("summarize", film, "--model", only, "--strategy", "concat", "--json").returncode in (0, 3)


def test_check_and_doctor_name_the_bundled_model_as_one_that_is_there() -> None:
    facts = json.loads(longvid("model", "check", "storyfilm-tiny", "--json").stdout)
    assert facts["complete"]
    assert facts["made_for"] == "StoryFilm"
    assert "made for: StoryFilm" in longvid("model", "check", "storyfilm-tiny").stdout
    assert "StoryFilm" in json.loads(longvid("doctor", "--json").stdout)["models"]["storyfilm-tiny"]
