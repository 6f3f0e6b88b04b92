"""What is shown of a film that is too long to show: each fact's own likes, and what is marked from all over it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from longvid_strategies.ledger.reading.candidates import RESERVED, Candidates
from longvid_strategies.ledger.reading.facts import Fact
from tests.strategy.ledger.reading.asked import fact

NAMES = frozenset({"Anna", "Carl"})
NUMBERS = [f"{a}{b}" for a in ("ab", "cd", "ef", "gh", "ij") for b in ("kl", "mn", "op", "qr", "st", "uv", "wx", "yz")]


def at_most(number: int) -> Callable[[Sequence[int]], bool]:
    return lambda ids: len(ids) <= number


def filler(count: int, *, first: int = 0, marked: Callable[[int], bool] = lambda i: False) -> list[Fact]:
    """Facts that share no word."""
    texts = [f"zx{i}a zx{i}b zx{i}c." for i in range(first, first + count)]
    return [fact(first + i, (first + i) // 5, text, waits=marked(first + i)) for i, text in enumerate(texts)]


def test_everything_is_shown_where_it_fits() -> None:
    known = Candidates(filler(30), NAMES)
    assert known.choose([29], range(29), at_most(29)) == list(range(29))


def test_as_many_as_fit_are_shown_in_the_films_order_each_once() -> None:
    facts = filler(60, marked=lambda i: i % 3 == 0)
    facts.append(fact(60, 12, " ".join(f"zx{i}a" for i in range(0, 60, 2))))
    chosen = Candidates(facts, NAMES).choose([60], range(60), at_most(20))
    assert chosen == sorted(set(chosen))
    assert len(chosen) == 20


def test_a_rare_word_finds_its_fact_however_far_away() -> None:
    facts = [*filler(100), fact(100, 20, "Somebody turns the sundial around.")]
    facts[3] = fact(3, 0, "A sundial stands in the yard.")
    assert 3 in Candidates(facts, NAMES).choose([100], range(100), at_most(5))


def test_every_fact_of_a_chunk_brings_candidates_of_its_own() -> None:
    """However much one of them has in common with others."""
    facts = filler(200)
    for i in range(50):
        facts[i] = fact(i, i // 5, f"The old miller grinds wheat and rye, zx{i}.")
    facts[70] = fact(70, 14, "A sundial stands in the yard.")
    facts[90] = fact(90, 18, "Somebody loses a thimble.")
    now = [
        fact(200, 40, "The old miller grinds wheat and rye."),
        fact(201, 40, "The sundial is gone."),
        fact(202, 40, "There lies a thimble."),
    ]
    chosen = Candidates([*facts, *now], NAMES).choose([200, 201, 202], range(200), at_most(8))
    assert {70, 90} <= set(chosen)
    assert set(chosen) & set(range(50))


def test_ties_fall_to_the_nearest_and_not_to_the_films_first_facts() -> None:
    facts = [fact(i, i // 5, f"A sundial stands there, zx{i}.") for i in range(100)]
    facts.append(fact(100, 20, "The sundial is gone."))
    chosen = Candidates(facts, NAMES).choose([100], range(100), at_most(10))
    assert min(chosen) > 50


def test_what_is_marked_keeps_places_spread_over_the_film() -> None:
    """Though a hundred facts are more alike."""
    marked = range(0, 200, 10)
    facts = [fact(i, i // 5, f"A sundial stands there, zx{i}.") for i in range(200)]
    for i in marked:
        facts[i] = fact(i, i // 5, f"zx{i}a promises zx{i}b.", waits=i % 20 == 0, key=i % 20 != 0)
    facts.append(fact(200, 40, "The sundial is gone."))
    chosen = Candidates(facts, NAMES).choose([200], range(200), at_most(20))
    kept = [i for i in chosen if i in marked]
    assert len(kept) == round(RESERVED * 20)
    # At least one in each quarter of the film.
    assert {i // 50 for i in kept} == {0, 1, 2, 3}


def test_what_is_alike_keeps_most_places_whatever_is_marked() -> None:
    facts = [fact(i, i // 5, f"zx{i}a promises zx{i}b.", waits=True) for i in range(100)]
    for i in range(40, 60):
        facts[i] = fact(i, i // 5, f"A sundial stands there, zx{i}.")
    facts.append(fact(100, 20, "The sundial is gone."))
    chosen = Candidates(facts, NAMES).choose([100], range(100), at_most(20))
    assert len([i for i in chosen if 40 <= i < 60]) >= round((1 - RESERVED) * 20)


def test_a_name_counts_for_little() -> None:
    facts = filler(100)
    for i in range(0, 12):
        facts[i] = fact(i, i // 5, f"Anna zx{i}a zx{i}b.")
    facts[60] = fact(60, 12, "A sundial stands in some yard of zx60c.")
    facts.append(fact(100, 20, "Anna turns around and looks for some sundial."))
    known = Candidates(facts, NAMES)
    assert known.likeness(100, 60) > max(known.likeness(100, i) for i in range(12))
    # Were it a word as any other, it would count for more.
    assert known.likeness(100, 0) < Candidates(facts, frozenset()).likeness(100, 0)


def test_meaning_finds_what_shares_no_word() -> None:
    facts = [*filler(100), fact(100, 20, "Somebody is gone.")]
    vectors = {fact.text: ([1.0, 0.0] if fact.id in (7, 100) else [0.0, 1.0]) for fact in facts}
    known = Candidates(facts, NAMES, lambda texts: [vectors[text] for text in texts])
    assert 7 in known.choose([100], range(100), at_most(5))


def test_a_likeness_is_one_for_the_same_and_nothing_for_nothing_shared() -> None:
    known = Candidates([fact(0, 0, "A sundial."), fact(1, 0, "A sundial."), fact(2, 1, "A thimble.")], NAMES)
    assert abs(known.likeness(0, 1) - 1) < 1e-9
    assert known.likeness(0, 2) == 0


def test_a_film_of_five_hours_takes_seconds() -> None:
    """All choices of a film of 300 chunks with 6 facts each, whose words are those of a language: some of them rare."""
    texts = [" ".join(f"w{(i * k * 7919) % (50 + 400 * k)}" for k in range(1, 9)) for i in range(1800)]
    facts = [fact(i, i // 6, text, waits=i % 4 == 0) for i, text in enumerate(texts)]
    begun = time.perf_counter()
    known = Candidates(facts, NAMES)
    for chunk in range(1, 300):
        known.choose(range(6 * chunk, 6 * chunk + 6), range(6 * chunk), at_most(40))
    assert time.perf_counter() - begun < 60
