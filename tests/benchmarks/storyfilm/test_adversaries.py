"""What must not score, and what must: the two tables of the scorer (`pytest -s` prints them)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest

from longvid_benchmarks.storyfilm.adversaries import SPOILT, ZEROS
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.gold import reference
from longvid_benchmarks.storyfilm.paraphrases import PARAPHRASES
from longvid_benchmarks.storyfilm.scorer import Score, Scorer
from longvid_benchmarks.storyfilm.story import Story

LENGTHS = (14, 60, 120)
COLUMNS = ("fact_recall", "fact_precision", "link_recall", "link_precision", "order", "duplication", "composite")

Write = Callable[[Story, random.Random], str]


@pytest.fixture(scope="module", params=[2, pytest.param(8, marks=pytest.mark.slow)], ids="{} stories a length".format)
def scorers(request: pytest.FixtureRequest) -> list[Scorer]:
    return [Scorer(invent(seed, n)) for n in LENGTHS for seed in range(request.param)]


def scores(scorers: Iterable[Scorer], write: Write) -> list[Score]:
    return [scorer.score(write(scorer.story, random.Random(scorer.story.seed))) for scorer in scorers]


def table(title: str, rows: dict[str, list[Score]]) -> None:
    """Means over all films, and the least and the greatest composite."""
    print(f"\n{title}, {len(next(iter(rows.values())))} films of 14, 60 and 120 chunks\n")
    print("| summary | recall | precision | link r. | link p. | order | dupl. | composite | least | greatest |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, got in rows.items():
        means = [sum(getattr(one, column) for one in got) / len(got) for column in COLUMNS]
        ends = min(one.composite for one in got), max(one.composite for one in got)
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in (*means, *ends)) + " |")


def test_table_of_adversaries(scorers: list[Scorer]) -> None:
    every: dict[str, Write] = {"reference": lambda story, rng: reference(story)} | ZEROS | SPOILT
    rows = {name: scores(scorers, write) for name, write in every.items()}
    table("Adversaries", rows)
    assert min(one.composite for one in rows["reference"]) >= 0.90
    too_high = {
        name: round(worst, 3)
        for name in (*ZEROS, *SPOILT)
        if (worst := max(one.composite for one in rows[name])) > (0.05 if name in ZEROS else 0.65)
    }
    assert not too_high


def test_table_of_paraphrases(scorers: list[Scorer]) -> None:
    rows = {
        name: scores(scorers, lambda story, rng, reword=reword: reword(reference(story), rng))  # type: ignore[misc]
        for name, reword in PARAPHRASES.items()
    }
    table("Paraphrases", rows)
    for name, got in rows.items():
        for column in ("fact_recall", "fact_precision", "link_recall", "link_precision"):
            assert min(getattr(one, column) for one in got) >= 0.90, (name, column)


def test_paraphrases_differ_from_the_reference(scorers: list[Scorer]) -> None:
    told = reference(scorers[0].story)
    for name, reword in PARAPHRASES.items():
        assert reword(told, random.Random(0)) != told, name
