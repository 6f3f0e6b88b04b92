"""The whole way with the bundled model: a rendered film in, and a summary out that says what happens in it.

What is asserted is meaning: who, which distant events belong together, in which order. Gold comes from the story, and
the scorer reads the summary without a language model.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from longvid.models import bundled
from longvid_benchmarks.storyfilm.film import render
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.scorer import Score, score
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.training import bundle
from tests.cli.program import longvid

MODEL = "storyfilm-tiny"
SEED, CHUNKS, HEIGHT, RATE = 600_000, 5, 180, 4
"""The first seed for testing, chosen before any result."""

NAMES, FACTS, TRUE, LINKS, ORDER = 0.75, 0.5, 0.5, 0.4, 0.25
"""What the summary must reach: shares of the figures named, of the salient events told, of what it tells that is so, of
the links told; and net order (at most FACTS squared where half is missing)."""


@pytest.fixture(scope="module")
def story() -> Story:
    return invent(SEED, CHUNKS)


@pytest.fixture(scope="module")
def said(story: Story, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command prints of the film."""
    film = tmp_path_factory.mktemp("tiny") / "film.mp4"
    render(story, film, height=HEIGHT, rate=RATE)
    ended = longvid("summarize", film, "--model", MODEL, "--strategy", "ledger", "--device", "cpu", "--json")
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.fixture(scope="module")
def scored(story: Story, said: dict[str, Any]) -> Score:
    return score(said["summary"], story)


def test_every_minute_is_watched_once_and_has_its_lines(story: Story, said: dict[str, Any]) -> None:
    assert len(said["chunks"]) == CHUNKS
    for chunk, gold in zip(said["chunks"], story.chunks, strict=True):
        assert chunk["start"] == pytest.approx(gold.start, abs=0.1)
        assert chunk["events"]
    assert said["degraded"] == []


def test_the_summary_names_those_who_act(story: Story, said: dict[str, Any]) -> None:
    shown = {story.figure(id).name for event in story.events() for id in event.tags}
    named = {name for name in shown if re.search(rf"\b{name}\b", said["summary"])}
    assert shown
    assert len(named) / len(shown) >= NAMES


def test_the_summary_tells_what_matters_and_little_else(scored: Score) -> None:
    assert scored.fact_recall >= FACTS
    assert scored.fact_precision >= TRUE


def test_the_summary_links_distant_events(story: Story, scored: Score) -> None:
    assert story.links
    assert scored.link_recall >= LINKS


def test_the_summary_keeps_the_order_of_the_film(scored: Score) -> None:
    assert scored.order >= ORDER


def test_the_bundled_weights_were_trained_on_the_prompts_in_use() -> None:
    folder = bundled()[MODEL]
    checkpoints = [folder, *(path for path in [folder / "writer"] if path.is_dir())]
    old = [checkpoint for checkpoint in checkpoints if not bundle.is_current(checkpoint)]
    assert old == [], "prompts have changed: train again with make tiny"
