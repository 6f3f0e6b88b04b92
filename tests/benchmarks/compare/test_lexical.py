"""ROUGE and chrF agree with the programs that others report: rouge-score 0.1.2 and sacrebleu 2.6.0."""

from __future__ import annotations

import pytest

from longvid_benchmarks.compare.lexical import compare

PUBLISHED = [
    (
        "later, it key in gives a Tobo's a boat. key Ada later, man it a",
        "3 man in boat. key boat. woman coat woman finds coat finds coat Ada the Tobo's",
        (0.424242, 0.129032, 0.242424, 0.24653),
    ),
    (
        "in coins red it forest coat key the woman gives boat.",
        "in coat Tobo's a coat boat. a forest in boat. and a a in",
        (0.307692, 0.0, 0.230769, 0.270952),
    ),
    (
        "gives man in boat. man and 3 in coat red key red the red",
        "coat hides Tobo's -- coins key Ada a -- 3 finds hides woman",
        (0.230769, 0.0, 0.153846, 0.167886),
    ),
    (
        "the -- and forest Tobo's in boat. key -- later, hides coins a Tobo's in",
        "later, 3 and hides -- and key key gives",
        (0.347826, 0.0, 0.173913, 0.305683),
    ),
]
"""Text, synopsis, and what those programs gave: ROUGE-1, ROUGE-2, ROUGE-L (F1) and chrF (as a share)."""


@pytest.mark.parametrize(("text", "synopsis", "known"), PUBLISHED)
def test_figures_are_those_of_the_usual_programs(text: str, synopsis: str, known: tuple[float, ...]) -> None:
    assert tuple(compare(text, synopsis).values()) == pytest.approx(known, abs=1e-6)


def test_equal_texts_score_one_and_foreign_ones_nothing() -> None:
    text = "Mira hides the key in the forest."
    assert set(compare(text, text).values()) == {1.0}
    assert set(compare("", text).values()) == {0.0}
    assert compare("zzz", text)["chrf"] == 0.0


def test_letters_beyond_english_are_words_too() -> None:
    assert compare("Älteste Frau", "älteste frau")["rouge1"] == 1.0
