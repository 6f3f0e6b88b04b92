"""Words, names and the sentences that stand for many: properties that every chooser relies on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from longvid.strategy.lexical import Rarity, find_names, names_in, terms
from longvid.strategy.salience import salient

WORDS = st.sampled_from(
    [
        "Ada",
        "Ben",
        "key",
        "hides",
        "finds",
        "the",
        "lantern",
        "runs",
        "away",
        "forest",
        "boat",
        "and",
        "night",
        "letter",
        "old",
        "red",
    ]
)
SENTENCE = st.lists(WORDS, min_size=1, max_size=8).map(lambda words: " ".join(words) + ".")
SOURCES = st.lists(st.lists(SENTENCE, max_size=5), max_size=6)


def length(text: str) -> int:
    return len(text.split())


def test_stop_words_and_plurals_are_no_difference() -> None:
    assert terms("The keys of Ada's boats") == terms("a key, Ada and the boat") == {"key", "ada", "boat"}


def test_a_name_has_its_capital_everywhere() -> None:
    texts = ["Ada finds a rose. Then Rose laughs.", "The tall man greets Ben. Suddenly it rains. Suddenly it stops."]
    assert find_names(texts) == {"Ben"}, "a rose is common, Ada stands at one head only, and adverbs are no names"
    assert find_names([*texts, "Ada leaves."]) == {"Ada", "Ben"}
    assert names_in("Ben's map", find_names(texts)) == {"Ben"}


def test_what_few_texts_have_makes_two_alike_sooner_than_what_all_have() -> None:
    texts = ["Ada walks in the forest.", "Ben hides a lantern in the forest.", "Rain falls in the forest."]
    rarity = Rarity(texts)
    assert rarity.weight("lantern") > rarity.weight("forest") > 0
    assert rarity.most_like("Somebody finds the lantern.", texts) == [1]
    assert rarity.most_like("The forest and a lantern.", texts)[0] == 1


@given(SENTENCE, SENTENCE)
def test_likeness_and_cover_are_shares(one: str, two: str) -> None:
    rarity, a, b = Rarity([one, two]), terms(one), terms(two)
    assert 0 <= rarity.likeness(a, b) <= 1 + 1e-9
    assert rarity.likeness(a, b) == rarity.likeness(b, a)
    assert rarity.covered(a, a) == 1
    assert 0 <= rarity.covered(a, b) <= 1


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
