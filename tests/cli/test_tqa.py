"""`longvid tqa make`: from films to a data set, or one line that says why not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from longvid.engine.request import Request
from longvid.training.data import read
from longvid.training.tqa.prompts import FILTER
from longvid_benchmarks.storyfilm.film import render
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.tqa.writer import PERFECT, Writer
from tests.answering import somebody
from tests.cli.program import Ended, longvid
from tests.film.films import encode
from tests.servers import Answer, Asked, Server, says, serving


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one film of a minute."""
    folder = tmp_path_factory.mktemp("films")
    render(invent(600_002, 1), folder / "story.mp4", height=112)
    return folder


@dataclass(frozen=True)
class Set:
    """A folder in which data sets of the films are made, and whoever writes them."""

    out: Path
    box: Path

    def make(self, films: Path, *given: str, says: Callable[[str], str]) -> Ended:
        """The command, whose LLM says what `says` says."""
        captions = ("--model", "storyfilm-tiny", "--clip-length", "12", "--held-out", "0")
        (self.box / "answers").mkdir(parents=True, exist_ok=True)
        with somebody(self.box, says):
            return longvid("tqa", "make", films, "-o", self.out, *captions, "--llm", f"files:{self.box}", *given)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Set:
    """Where the films are captioned once for all tests."""
    folder = tmp_path_factory.mktemp("once")
    return Set(folder / "set", folder / "box")


def perfectly(prompt: str) -> str:
    return Writer(PERFECT).answer([Request("write", prompt, 1)])[0].text


def test_films_are_captioned_asked_about_and_written_in_both_forms(films: Path, once: Set) -> None:
    ended = once.make(films, says=perfectly)
    assert ended.returncode == 0, ended.stderr
    samples = read(once.out / "train.jsonl")
    assert samples
    assert read(once.out / "train.llava.jsonl") == samples
    assert all(Path(sample.videos[0]).is_file() for sample in samples)
    assert all(sample.question.startswith("When ") and sample.answer.startswith("At the ") for sample in samples)
    assert f"{len(samples)} samples" in ended.stdout
    assert "pair written" in ended.stderr
    told = json.loads(once.make(films, "--json", "-q", says=perfectly).stdout)
    assert told == json.loads((once.out / "funnel.json").read_text())
    assert told["train"] == len(samples)


def test_where_nothing_holds_the_set_is_empty_and_it_is_said(films: Path, once: Set) -> None:
    other = Set(once.out, once.box.with_name("chatty"))
    ended = other.make(films, says=lambda prompt: "Well, the scene may change here.")
    assert ended.returncode == 1
    assert "filter unreadable" in ended.stderr
    assert "the data set is empty" in ended.stderr.splitlines()[-1]


def test_a_server_captions_frames_one_at_a_time_and_asks(tmp_path: Path) -> None:
    red, blue = np.full((90, 160, 3), (200, 30, 30), np.uint8), np.full((90, 160, 3), (30, 30, 200), np.uint8)
    encode(tmp_path / "wall.mp4", [red] * 60 + [blue] * 60, rate=10)

    def reply(asked: Asked) -> Answer:
        if asked.has_pictures:
            (url,) = (part["image_url"]["url"] for part in asked.body["messages"][0]["content"] if "image_url" in part)
            picture = cv2.imdecode(np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8), cv2.IMREAD_COLOR)
            assert picture is not None
            return says(f"A wall is {'red' if picture[..., 2].mean() > 100 else 'blue'} in bright light.")
        if asked.prompt.startswith(FILTER[:100]) and "Yes or No" in asked.prompt:
            return says("Yes")
        return says('{"question": "When does the red wall become blue?", "answer": "At the 6th second."}')

    with serving(Server(reply)) as server:
        ended = longvid("tqa", "make", tmp_path, "-o", tmp_path / "set", "--model", server.name, "--held-out", "0")
        assert ended.returncode == 0, ended.stderr
        # Frames that look the same are asked about once.
        assert sum(asked.has_pictures for asked in server.asked) <= 4
        (sample,) = read(tmp_path / "set" / "train.jsonl")
        assert (sample.question, sample.more["second"]) == ("When does the red wall become blue?", 6)
        # Its own clips, which lie below the films, are no films.
        before = len(server.asked)
        again = longvid("tqa", "make", tmp_path, "-o", tmp_path / "set", "--model", server.name, "--held-out", "0")
        assert again.stdout == ended.stdout
        assert len(server.asked) == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--llm", "none"), "written by a language model"),
        (("--clip-length", "1"), "--clip-length"),
        (("--held-out", "1"), "--held-out"),
    ],
)
def test_what_makes_no_data_set_is_wrong_usage(films: Path, tmp_path: Path, given: tuple[str, ...], said: str) -> None:
    ended = longvid("tqa", "make", films, "-o", tmp_path / "set", "--model", "storyfilm-tiny", *given)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not (tmp_path / "set").exists()


def test_films_that_are_not_there_are_told(tmp_path: Path) -> None:
    ended = longvid("tqa", "make", tmp_path, "-o", tmp_path / "set", "--model", "storyfilm-tiny")
    assert ended.returncode == 1
    assert "no film in this folder" in ended.stderr
