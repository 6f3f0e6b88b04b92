"""Means, paired differences and slopes: known answers, and what must hold for any films."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid_benchmarks.stats import Interval, Linked, difference, mean_of, recall_by_gap, recall_of, slope

VALUES = st.lists(st.floats(-1, 1), min_size=2, max_size=12)


def links(*pairs: tuple[int, bool]) -> list[Linked]:
    return [Linked("kind", gap, told) for gap, told in pairs]


@given(VALUES)
def test_an_interval_holds_its_mean_and_lies_within_the_values(values: list[float]) -> None:
    found = mean_of(values)
    assert found.low is not None
    assert found.high is not None
    assert min(values) - 1e-9 <= found.low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= found.high <= max(values) + 1e-9
    assert mean_of(values) == found, "the same figures give the same interval"


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    rng = random.Random(1)
    values = [rng.gauss(0, 1) for _ in range(400)]
    found = mean_of(values)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.15)


def test_a_single_film_has_no_interval() -> None:
    assert mean_of([0.5]) == Interval(0.5, None, None, 1)
    with pytest.raises(ValueError, match="a value"):
        mean_of([])


@given(st.lists(st.floats(0, 1), min_size=3, max_size=10), st.floats(-0.5, 0.5))
def test_a_paired_difference_sees_through_what_the_films_share(values: list[float], shift: float) -> None:
    theirs = dict(enumerate(values))
    found = difference({film: value + shift for film, value in theirs.items()}, theirs)
    assert found is not None
    assert found.low == pytest.approx(shift, abs=1e-9)
    assert found.high == pytest.approx(shift, abs=1e-9)


def test_only_films_that_both_have_are_compared() -> None:
    found = difference({"a": 1.0, "b": 0.0}, {"b": 0.5, "c": 0.0})
    assert found is not None
    assert (found.mean, found.films) == (-0.5, 1)
    assert difference({"a": 1.0}, {"b": 1.0}) is None


def test_the_slope_is_per_ten_chunks() -> None:
    falling = [links((0, True), (10, True), (20, False), (30, False))] * 4
    found = slope(falling)
    assert found is not None
    assert found.mean == pytest.approx(-0.4)
    assert (found.low, found.high) == (pytest.approx(-0.4), pytest.approx(-0.4))
    flat = slope([links((1, True), (50, True)), links((3, True), (90, True))])
    assert flat is not None
    assert flat.mean == pytest.approx(0.0)


def test_a_slope_needs_two_gaps_and_its_interval_comes_from_the_films() -> None:
    assert slope([links((5, True), (5, False))]) is None
    assert slope([[], []]) is None
    mixed = slope([links((0, True), (10, False)), links((0, False), (10, True)), links((0, True), (10, True))])
    assert mixed is not None
    assert mixed.mean == pytest.approx(0.0)
    assert (mixed.low, mixed.high) == (pytest.approx(-1.0), pytest.approx(1.0))


@given(st.lists(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=8), min_size=1, max_size=5))
def test_every_link_is_in_exactly_one_bin(films: list[list[tuple[int, bool]]]) -> None:
    given_links = [links(*film) for film in films]
    bins = recall_by_gap(given_links)
    assert sum(b.links for b in bins) == sum(map(len, films))
    whole = recall_of(given_links)
    if whole is None:
        assert bins == []
    else:
        assert sum(b.recall.mean * b.links for b in bins) == pytest.approx(whole.mean * sum(map(len, films)))
    for b in bins:
        assert b.recall.low is None or 0 <= b.recall.low <= b.recall.mean + 1e-9


def test_a_heavy_link_counts_for_as_many_light_ones() -> None:
    heavy, light = Linked("kind", 3, True, 3.0), Linked("kind", 30, False)
    found = recall_of([[heavy, light], [light]])
    assert found is not None
    assert found.mean == 3 / 5
    assert [(one.links, one.recall.mean) for one in recall_by_gap([[heavy, light]])] == [(1, 1.0), (1, 0.0)]
