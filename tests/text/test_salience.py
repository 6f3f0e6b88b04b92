"""Sentences that stand for many: whatever the texts, they fit, stand in order and are not changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from longvid.text.salience import salient

WORDS = st.sampled_from(
    ["Ada", "Ben", "key", "hides", "finds", "the", "lantern", "runs", "away", "forest", "boat", "and", "letter", "old"]
)
SENTENCE = st.lists(WORDS, min_size=1, max_size=8).map(lambda words: " ".join(words) + ".")
SOURCES = st.lists(st.lists(SENTENCE, max_size=5), max_size=6)


def length(text: str) -> int:
    return len(text.split())


@given(SOURCES, st.integers(-2, 60))
def test_chosen_sentences_fit_stand_in_order_and_are_not_changed(sources: list[list[str]], room: int) -> None:
    chosen = salient(sources, room, length)
    assert sum(length(text) for _, text in chosen) <= max(0, room)
    assert all(text in sources[source] for source, text in chosen)
    places = [(source, sources[source].index(text)) for source, text in chosen]
    assert [source for source, _ in places] == sorted(source for source, _ in places)


def test_every_source_gives_one_sentence_before_any_gives_two() -> None:
    rich = [f"Ada meets Ben at place{i} with a lantern." for i in range(9)]
    chosen = salient([rich, ["It rains."], rich[::-1], ["A dog barks."]], 25, length)
    assert {source for source, _ in chosen} >= {0, 1, 3}


def test_a_repeated_sentence_is_chosen_once() -> None:
    said = [text for _, text in salient([["Ada runs home."] * 4, ["Ada runs home."], ["Ben sleeps."]], 99, length)]
    assert said == ["Ada runs home.", "Ben sleeps."]
