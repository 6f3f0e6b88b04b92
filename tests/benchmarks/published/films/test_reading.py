"""Published words about films to the letter, and replies and answers as their benchmarks read them."""

from __future__ import annotations

import hashlib
from math import inf
from pathlib import Path

import pytest

from longvid_benchmarks.published.films import wordings
from longvid_benchmarks.published.films.asking import Said, subtitles_of
from longvid_benchmarks.published.films.judging import claimed, judge_prompt, read_verdict
from longvid_benchmarks.published.films.questions import Asked
from longvid_benchmarks.published.films.reading import read_films
from longvid_benchmarks.published.films.sets import BY_NAME, MLVU, MOVIECHAT, SF20K, FilmSet
from longvid_benchmarks.published.openended.scores import interval
from tests.benchmarks.published.films import layouts

WORDS = {
    "MOVIECHAT": (138, "b77a31d5560932e5"),
    "MOVIECHAT_JUDGE": (1171, "9b431b8b063e2303"),
    "SF20K": (224, "eee26f0c582603c1"),
    "SF20K_OPEN": (182, "b3ffc3d66a630bf5"),
    "SF20K_JUDGE": (1171, "7f548e9bc684708b"),
    "MF2_SYSTEM": (187, "93cdde62fef8f7f1"),
    "MF2": (404, "d9a56fe4f424d3f3"),
    "MLVU_SYSTEM": (118, "f1961abe18ac1d19"),
    "SUB_SCENE_JUDGE": (2362, "6a5bbe9340754cec"),
    "SUMMARY_JUDGE": (2640, "5a03303e8bd621ed"),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layouts.make(tmp_path_factory.mktemp("films"))


def said(of: FilmSet, part: str, text: str = "It counts.") -> Said:
    return Said(Asked(of, part, 0, Path("film.mp4"), "What\nhappens?", "It ends.", points="One."), text)


def test_no_published_word_changes() -> None:
    told = {name: getattr(wordings, name) for name in WORDS}
    assert {name: (len(text), hashlib.sha256(text.encode()).hexdigest()[:16]) for name, text in told.items()} == WORDS


def test_every_question_of_every_benchmark_is_read_with_its_film_and_moment(data: Path) -> None:
    found = {name: read_films(data / name.removesuffix("-open"), of) for name, of in BY_NAME.items()}
    counts = {name: (len(one.questions), len(one.unasked)) for name, one in found.items()}
    assert counts == {"moviechat": (4, 0), "sf20k": (2, 0), "sf20k-open": (2, 0), "mf2": (4, 0), "mlvu-gen": (4, 0)}
    assert {one.until for one in found["moviechat"].questions if one.part == "breakpoint"} == {4 / layouts.RATE}
    assert {one.until for one in found["moviechat"].questions if one.part == "global"} == {inf}
    assert all(one.film.is_file() for each in found.values() for one in each.questions)
    assert len(read_films(data / "moviechat", MOVIECHAT, 1).questions) == 2, "one of each kind"


def test_subtitles_of_one_table_become_a_file_for_each_film(data: Path, tmp_path: Path) -> None:
    folder = subtitles_of(data / "sf20k", SF20K, tmp_path)
    assert folder == tmp_path
    assert (tmp_path / "-x_1.srt").read_text() == "1\n00:00:00,250 --> 00:00:01,000\nI am -x_1.\n"
    assert subtitles_of(data / "mf2", BY_NAME["mf2"], tmp_path) == data / "mf2" / "transcripts"
    assert subtitles_of(data / "moviechat", MOVIECHAT, tmp_path) is None


@pytest.mark.parametrize(
    ("reply", "total"),
    [
        ("{'score_accuracy': 4, 'score_relevance': 5, 'total_score': 4 + 5}", 9.0),
        ('Reasons.\n```json\n{"score_accuracy": 3.5, "score_relevance": 1}\n```', 4.5),
        ("**score_accuracy**: 2 and **score_relevance**: 2.", 4.0),
        ("{'score_accuracy': 2, 'score_relevance': 2} or {'score_accuracy': 3, 'score_relevance': 2}", None),
        ("{'score_accuracy': 0, 'score_relevance': 2}", None),
        ("{'score_accuracy': score_acc, 'score_relevance': score_rele}", None),
        ("{'score_accuracy': 4}", None),
        ("{'score_accuracy': 1.2.3, 'score_relevance': 2}", None),
        ("", None),
    ],
)
def test_two_scores_are_read_wherever_they_stand_and_never_guessed(reply: str, total: float | None) -> None:
    found = read_verdict(said(MLVU, "sub_scene"), reply)
    assert (None if found is None else found["total"]) == total


@pytest.mark.parametrize(
    ("text", "found"),
    [("TRUE", "TRUE"), ("The answer is false, not true", "FALSE"), ("untrue", None), ("", None), ("**True.**", "TRUE")],
)
def test_a_claim_is_what_the_first_of_the_two_words_says(text: str, found: str | None) -> None:
    assert claimed(text) == found


def test_a_judge_is_told_question_answer_and_what_was_said_and_what_stands_in_them_is_not_read_again() -> None:
    prompt = judge_prompt(said(MLVU, "sub_scene", "See {question} and {points}."))
    assert prompt is not None
    assert prompt.endswith(
        "Question: Whathappens?\nScoring Points: One.\nRespondent's Answer: See {question} and {points}.\n"
    )
    assert judge_prompt(said(SF20K, "questions")) is None
    assert interval([[("a", 2.0), ("b", 4.0)]], 10.0) is not None
