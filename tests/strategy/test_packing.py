"""Packing: for any sizes and any room, groups are contiguous, whole and few enough for a recursion to end."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.strategy.packing import count_levels, evenly, pack, split, waves

SIZES = st.lists(st.integers(0, 500), max_size=60)


@given(SIZES, st.integers(-10, 1000), st.integers(1, 4), st.none() | st.integers(4, 12))
def test_groups_tile_the_items_in_order(sizes: list[int], room: int, least: int, most: int | None) -> None:
    groups = pack(sizes, room, least=least, most=most)
    assert [i for group in groups for i in group] == list(range(len(sizes)))
    assert all(len(group) > 0 for group in groups)
    if most is not None:
        assert all(len(group) <= most for group in groups)


@given(SIZES, st.integers(-10, 1000), st.integers(2, 4))
def test_repeated_packing_ends(sizes: list[int], room: int, least: int) -> None:
    assert len(pack(sizes, room, least=least)) <= max(1, -(-len(sizes) // least))


@given(SIZES, st.integers(500, 3000))
def test_a_group_exceeds_the_room_only_where_two_items_do(sizes: list[int], room: int) -> None:
    for group in pack(sizes, room, least=1):
        assert sum(sizes[i] for i in group) <= room or len(group) == 1


@given(SIZES, st.integers(1, 9), st.none() | st.integers(4, 12))
def test_even_groups_tile_the_items_in_order_and_are_no_more_than_asked_for(
    sizes: list[int], parts: int, most: int | None
) -> None:
    groups = evenly(sizes, parts, most=most)
    assert [i for group in groups for i in group] == list(range(len(sizes)))
    assert len(groups) <= max(parts, len(pack(sizes, sum(sizes), least=1, most=most)))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=9), st.integers(1, 4))
def test_the_largest_even_group_is_as_small_as_can_be(sizes: list[int], parts: int) -> None:
    def largest(borders: tuple[int, ...]) -> int:
        return max(sum(sizes[a:b]) for a, b in pairwise((0, *borders, len(sizes))))

    count = min(parts, len(sizes)) - 1
    best = min(map(largest, combinations(range(1, len(sizes)), count)))
    assert max(sum(sizes[i] for i in group) for group in evenly(sizes, parts)) == best


def test_a_small_last_group_joins_only_where_it_fits() -> None:
    assert pack([20] * 6, 105, least=2, most=12) == [range(0, 4), range(4, 6)]
    assert pack([20, 20, 20, 80, 20], 105, least=2) == [range(0, 3), range(3, 5)]
    assert pack([90, 90, 90], 100, least=2) == [range(0, 3)], "three texts cannot be two groups of two"


@given(st.lists(st.integers(1, 50), min_size=4, max_size=60), st.integers(150, 400))
def test_nothing_exceeds_the_room_where_any_two_neighbours_fit(sizes: list[int], room: int) -> None:
    for group in pack(sizes, room, least=2):
        assert sum(sizes[i] for i in group) <= room


@given(st.integers(0, 200), st.integers(1, 30))
def test_split_is_even_and_whole(count: int, parts: int) -> None:
    groups = split(count, parts)
    assert [i for group in groups for i in group] == list(range(count))
    if count:
        assert len(groups) == min(parts, count)
        assert max(map(len, groups)) - min(map(len, groups)) <= 1


@given(st.lists(st.integers(), max_size=40), st.integers(1, 9))
def test_waves_hold_everything_once(items: list[int], width: int) -> None:
    assert [item for wave in waves(items, width) for item in wave] == items


def test_impossible_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        pack([1, 2], 10, least=3, most=2)
    with pytest.raises(ValueError, match="at least one"):
        list(waves([1], 0))


@given(st.integers(0, 400), st.integers(-3, 9), st.integers(-3, 9), st.integers(1, 5))
def test_levels_are_counted_for_any_fan_in(n: int, leaf: int, node: int, parts: int) -> None:
    calls, levels = count_levels(n, leaf, node, parts)
    assert (calls == 0) == (n == 0)
    assert calls <= 2 * n + parts
    assert levels <= max(1, n.bit_length() + 1)
