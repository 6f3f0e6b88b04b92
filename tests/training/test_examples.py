"""Samples to examples and clips: every learnt answer once, each video read once, one line for what cannot be shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from longvid.errors import DataError
from longvid.film import Clip, write_clip
from longvid.training.data import Role, Sample, Turn
from longvid.training.examples import Clips, examples_of
from longvid.training.recipe import Recipe
from tests.films import make_film

U: Role = "user"
A: Role = "assistant"


def dialogue(
    *said: str, rejected: str | None = None, learnt: bool = True, videos: tuple[str, ...] = ("a.mp4",)
) -> Sample:
    turns = [Turn(U if at % 2 == 0 else A, text, learnt or at == len(said) - 1) for at, text in enumerate(said)]
    return Sample(videos, tuple(turns), rejected)


def test_every_answer_that_is_learnt_is_an_example_behind_the_turns_before_it() -> None:
    first, second = examples_of([dialogue("q1", "a1", "q2", "a2")], pairs=False)
    assert (first.question, first.answer, first.history) == ("q1", "a1", ())
    assert (second.question, second.answer, second.history) == ("q2", "a2", (("q1", "a1"),))
    (only,) = examples_of([dialogue("q1", "a1", "q2", "a2", learnt=False)], pairs=False)
    assert only.answer == "a2"


def test_what_the_system_says_stands_before_the_first_question_alone() -> None:
    sample = Sample((), (Turn("system", "Be short."), Turn(U, "q1"), Turn(A, "a1"), Turn(U, "q2"), Turn(A, "a2")))
    first, second = examples_of([sample], pairs=False)
    assert first.question == "Be short.\nq1"
    assert (second.question, second.history) == ("q2", (("Be short.\nq1", "a1"),))


def test_pairs_are_of_the_last_answer() -> None:
    (only,) = examples_of([dialogue("q1", "a1", "q2", "a2", rejected="b2")], pairs=True)
    assert (only.question, only.answer, only.rejected) == ("q2", "a2", "b2")
    with pytest.raises(DataError, match="sample 2 has no rejected answer"):
        examples_of([dialogue("q", "a", rejected="b"), dialogue("q", "a")], pairs=True)


def test_what_cannot_be_shown_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="sample 1 has 2 videos"):
        examples_of([dialogue("q", "a", videos=("a.mp4", "b.mp4"))], pairs=False)
    clips = Clips(tmp_path, Recipe(), 56)
    for video, said in (
        ("https://host/a.mp4", "is an address"),
        (str(tmp_path / "none.mp4"), "cannot be read"),
        (str(tmp_path / "none.safetensors"), "cannot be read"),
    ):
        (example,) = examples_of([dialogue("q", "a", videos=(video,))], pairs=False)
        with pytest.raises(DataError, match=f"sample 1: .*{said}"):
            clips.read(example)


def test_a_video_is_decoded_once_and_its_frames_know_their_seconds(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4")
    examples = examples_of(
        [dialogue("q", "a", videos=(str(film),)), dialogue("r", "b", videos=(str(film),))], pairs=False
    )
    clips = Clips(tmp_path / "clips", Recipe(frames=6, sampler="first"), 56)
    assert list(clips.prepare(examples)) == [1]
    clip = clips.read(examples[0])
    assert clip is not None
    assert clip.frames.shape == (6, 56, 56, 3)
    assert [round(time) for time in clip.times] == [0, 1, 2, 3, 4, 5]
    film.rename(tmp_path / "gone.mp4")
    assert len(list((tmp_path / "clips").iterdir())) == 1
    other = Clips(tmp_path / "clips", Recipe(frames=4), 56)
    (tmp_path / "gone.mp4").rename(film)
    found = other.read(examples[0])
    assert found is not None
    assert len(found.times) == 4


def test_a_stored_clip_is_a_video_too_counted_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "clip.safetensors"
    write_clip(path, Clip(np.zeros((2, 56, 56, 3), np.uint8), np.array([60.0, 62.5])))
    (example,) = examples_of([dialogue("q", "a", videos=(str(path),))], pairs=False)
    clip = Clips(tmp_path / "clips", Recipe(), 56).read(example)
    assert clip is not None
    assert clip.times.tolist() == [0.0, 2.5]
    with pytest.raises(DataError, match="sees 112 x 112"):
        Clips(tmp_path / "clips", Recipe(), 112).read(example)
    with pytest.raises(DataError, match="has 2 frames and the recipe shows 1"):
        Clips(tmp_path / "clips", Recipe(frames=1), 56).read(example)
