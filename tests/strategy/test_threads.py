"""The order of threads: for any entities a permutation that inverts nobody's story and never parts what was
together."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from longvid_strategies.threads import runs, shared_by_neighbours, spans, thread_order

FIGURES = st.lists(st.frozensets(st.sampled_from("abcdefg"), max_size=3), max_size=12)
FEW = st.lists(st.frozensets(st.sampled_from("abcd"), min_size=1, max_size=2), max_size=4)


def sets(text: str) -> list[frozenset[str]]:
    return [frozenset(word.strip("-")) for word in text.split()]


def inverts(entities: list[frozenset[str]], order: list[int]) -> bool:
    place = {chunk: i for i, chunk in enumerate(order)}
    return any(entities[i] & entities[j] and place[i] > place[j] for j in range(len(entities)) for i in range(j))


@given(FIGURES)
def test_every_chunk_stands_once_and_no_entity_s_order_is_inverted(entities: list[frozenset[str]]) -> None:
    order = thread_order(entities)
    assert sorted(order) == list(range(len(entities)))
    assert not inverts(entities, order)


@given(FIGURES)
def test_neighbours_share_no_less_than_in_the_order_of_the_film(entities: list[frozenset[str]]) -> None:
    order = thread_order(entities)
    assert shared_by_neighbours(entities, order) >= shared_by_neighbours(entities, range(len(entities)))


@given(FEW)
def test_short_films_get_the_best_order_there_is(entities: list[frozenset[str]]) -> None:
    every = [list(order) for order in permutations(range(len(entities))) if not inverts(entities, list(order))]
    best = max(shared_by_neighbours(entities, order) for order in every)
    assert shared_by_neighbours(entities, thread_order(entities)) == best


@given(FIGURES)
def test_runs_tile_the_order(entities: list[frozenset[str]]) -> None:
    order = thread_order(entities)
    assert [i for run in runs([entities[i] for i in order]) for i in run] == list(range(len(order)))


def test_two_plots_that_take_turns_are_told_one_after_the_other() -> None:
    entities = sets("ab cd ab cd b d")
    order = thread_order(entities)
    assert order == [0, 2, 4, 1, 3, 5]
    assert runs([entities[i] for i in order]) == [range(0, 3), range(3, 6)]


def test_the_best_order_is_found_where_the_best_next_step_leads_astray() -> None:
    entities = sets("a bd ab d ab")
    assert shared_by_neighbours(entities, thread_order(entities)) == 4


def test_where_the_plots_meet_nothing_passes_the_meeting() -> None:
    entities = sets("a c a c ac a c a")
    order = thread_order(entities)
    assert order[:4] == [0, 2, 1, 3]
    assert order[4] == 4
    assert sorted(order[5:]) == [5, 6, 7]


def test_a_chunk_without_entities_stays_behind_the_one_before_it() -> None:
    entities = sets("- a - c - a c")
    order = thread_order(entities)
    assert order.index(2) == order.index(1) + 1
    assert order.index(4) == order.index(3) + 1
    assert order[0] == 0


def test_one_hero_in_every_chunk_keeps_the_film_as_it_is() -> None:
    assert thread_order([frozenset("h")] * 30) == list(range(30))


def test_numbers_are_named_as_spans_while_those_are_few() -> None:
    assert spans([4]) == "4"
    assert spans([1, 2, 3, 5, 8, 9]) == "1-3, 5, 8-9"
    assert spans([1, 3, 5, 7, 9]) == "1-9"
