"""Thinned stories: still stories, of which a perfect LLM tells everything, with names where figures first appear."""

from __future__ import annotations

import random

import pytest

from longvid_benchmarks.oracle.author import Author
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.scorer import score
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.storyfilm.vocabulary import FILLERS
from longvid_benchmarks.training.thinning import thinned


def thin(seed: int, links: float, fillers: float) -> Story:
    return thinned(invent(seed, 12), random.Random(seed), links, fillers)


@pytest.mark.parametrize("seed", range(60, 68))
def test_chunks_are_numbered_and_links_are_whole(seed: int) -> None:
    story = thin(seed, 0.5, 0.2)
    assert [chunk.index for chunk in story.chunks] == list(range(len(story.chunks)))
    assert all(event.chunk == chunk.index for chunk in story.chunks for event in chunk.events)
    told = {event.id for event in story.events()}
    assert all(told >= set(link.events) for link in story.links)


def test_shares_decide_what_is_left() -> None:
    whole = invent(60, 12)
    assert len(thin(60, 1.0, 1.0).events()) == len(whole.events())
    bare = thin(60, 1.0, 0.0)
    assert not [event for event in bare.events() if event.predicate in FILLERS]
    assert bare.links == whole.links
    assert not thin(60, 0.0, 1.0).links


@pytest.mark.parametrize("seed", range(60, 66))
def test_everyone_who_is_seen_has_a_name_and_all_can_be_told(seed: int) -> None:
    story = thin(seed, 0.6, 0.1)
    author = Author(story)
    text = author.tell(author.read(gold.captions(story)), 10_000, ends=True)
    found = score(text, story, budget=10_000)
    assert (found.fact_recall, found.fact_precision) == (1.0, 1.0)


def test_a_name_can_be_shown_once_alone() -> None:
    story = thinned(invent(61, 12), random.Random(1), 1.0, 0.5, once=True)
    shown = [id for event in story.events() for id in event.tags]
    assert len(shown) == len(set(shown)) > 5
