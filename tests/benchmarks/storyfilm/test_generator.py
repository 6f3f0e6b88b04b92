"""Stories: every seed keeps every promise, and is the same for good."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter

import pytest

from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.checks import check
from longvid_benchmarks.storyfilm.generator import LINKS_PER_CHUNK, invent
from longvid_benchmarks.storyfilm.gold import captions, event_lines, facts, reference, salient
from longvid_benchmarks.storyfilm.questions import questions
from longvid_benchmarks.storyfilm.solver import solve
from longvid_benchmarks.storyfilm.vocabulary import LINKS, NAMES, PREDICATES

LEVELS = ("easy", "normal", "hard")


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("chunks", [14, 60, 120])
def test_every_story_keeps_every_promise(seed: int, chunks: int) -> None:
    assert check(invent(seed, chunks, LEVELS[seed % 3])) == []


@pytest.mark.slow
@pytest.mark.parametrize("chunks", [14, 60, 120])
def test_two_hundred_stories_keep_every_promise(chunks: int) -> None:
    broken = {seed: lines for seed in range(200) if (lines := check(invent(seed, chunks)))}
    assert broken == {}


@pytest.mark.parametrize("chunks", [1, 2, 3, 4, 5, 7, 9, 30, 300])
def test_any_length_works_and_names_the_kinds_that_do_not_fit(chunks: int) -> None:
    for seed in range(3):
        story = invent(seed, chunks)
        assert check(story) == []
        assert len(story.chunks) == chunks
        assert {link.kind for link in story.links} | set(story.missing) == set(LINKS)
        assert not {link.kind for link in story.links} & set(story.missing)
    if chunks == 1:
        assert set(story.missing) == set(LINKS)


def test_a_chunk_in_which_nobody_can_do_anything_more_has_fewer_events() -> None:
    # The three who may be in one of its chunks have done all that they can: once, this story was never finished.
    assert check(invent(3267, 4)) == []


def test_events_and_links_grow_with_the_film() -> None:
    for chunks in (14, 60, 120, 300):
        story = invent(1, chunks)
        assert 3 * chunks <= len(story.events()) <= 6 * chunks
        assert len(story.links) >= LINKS_PER_CHUNK * chunks


def test_the_same_seed_is_the_same_story_in_every_process() -> None:
    code = (
        "import hashlib; from longvid_benchmarks.storyfilm.generator import invent; "
        "print(hashlib.sha256(repr(invent(5, 30)).encode()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert other == hashlib.sha256(repr(invent(5, 30)).encode()).hexdigest()


def test_seeds_differ() -> None:
    assert len({reference(invent(seed, 14)) for seed in range(30)}) == 30


def test_gaps_are_near_and_far_alike() -> None:
    gaps = Counter(
        "near" if link.gap <= 3 else "middle" if link.gap <= 12 else "far"
        for seed in range(20)
        for link in invent(seed, 60).links
        if link.kind != "promise-broken"
    )
    total = sum(gaps.values())
    assert all(gaps[name] > 0.15 * total for name in ("near", "middle", "far")), gaps


def test_every_kind_of_event_happens_and_no_other() -> None:
    seen = {event.predicate for seed in range(10) for event in invent(seed, 30).events()}
    assert seen == set(PREDICATES)


def test_names_are_told_in_the_first_chunk_of_a_figure_only() -> None:
    story = invent(3, 60)
    texts = captions(story, "appearance")
    for figure in story.figures:
        telling = [index for index, text in enumerate(texts) if figure.name in text]
        assert len(telling) == 1
    assert all(figure.name in NAMES for figure in story.figures)


def test_noisy_captions_lose_and_change_about_what_they_say() -> None:
    clean = noisy = same = 0
    for seed in range(10):
        story = invent(seed, 60)
        for right, wrong in zip(captions(story, "appearance"), captions(story, "noisy"), strict=True):
            told, kept = right.split(". ")[1:], wrong.split(". ")[1:]
            clean, noisy = clean + len(told), noisy + len(kept)
            same += len(set(told) & set(kept))
    assert 0.90 < noisy / clean < 1.0
    assert 0.76 < same / clean < 0.90


def test_the_exact_reader_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="not a canonical sentence"):
        solve(["The place is the forest. Something happens somewhere."])


def test_gold_tells_the_same_story_in_every_form() -> None:
    story = invent(2, 14)
    rows = facts(story)
    assert [row["id"] for row in rows] == [event.id for event in story.events()]
    assert sum(row["salient"] for row in rows) == sum(map(salient, story.events()))
    assert sum(len(event_lines(story, chunk)) for chunk in story.chunks) == len(rows)
    text = reference(story)
    assert all(figure.name in text for figure in story.figures if any(
        salient(event) and figure.id in event.roles.values() and not event.masked for event in story.events()
    ))  # fmt: skip


def test_a_guesser_knows_nothing() -> None:
    asked = [row for seed in range(30) for row in questions(invent(seed, 14))]
    places = Counter(row["answer"] for row in asked)
    assert max(places.values()) / len(asked) < 0.35
    assert 0.15 < places[3] / len(asked) < 0.35


@pytest.mark.parametrize("level", ["named", "appearance", "noisy"])
def test_event_lines_say_what_the_caption_of_their_level_says(level: gold.Level) -> None:
    def plain(words: str) -> str:
        return words.rstrip(".").replace(",", "").casefold()

    story = invent(3, 14)
    for chunk in story.chunks:
        told = gold.caption(story, chunk, level).split(". ")[1:]
        lines = [line.split(" | ") for line in event_lines(story, chunk, level)]
        assert len(lines) == len(told)
        for (second, who, rest, place), sentence in zip(lines, told, strict=True):
            assert 0 <= int(second) <= chunk.end - chunk.start
            assert place.split()[0] == chunk.place
            assert place.endswith("(flashback)") == chunk.flashback
            assert plain(f"{who} {rest}") == plain(sentence)
