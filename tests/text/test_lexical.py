"""Words by themselves: which are names, which are rare, what two texts share."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from longvid.text.lexical import Rarity, find_names, names_in, terms

WORDS = st.sampled_from(
    ["Ada", "Ben", "key", "hides", "finds", "the", "lantern", "runs", "away", "forest", "boat", "and", "letter", "old"]
)
SENTENCE = st.lists(WORDS, min_size=1, max_size=8).map(lambda words: " ".join(words) + ".")


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
