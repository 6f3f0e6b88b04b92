"""The clock, on bare lists of stamps: milliseconds, a frame every 40 ms."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.film.clock import DAY, Clock

STEP = 40


def times(
    stamps: Sequence[int | None],
    *,
    promised: int | None = None,
    leaps: bool = False,
    sound: Sequence[tuple[int, int]] | None = None,
    step: int = STEP,
) -> list[int]:
    """Film times of frames with these stamps; all that follow a frame can be seen."""
    clock = Clock(Fraction(1, 1000), step, promised=promised, leaps=leaps)

    def attested(start: int, end: int) -> bool | None:
        return None if sound is None else any(first <= start and end <= last for first, last in sound)

    found = []
    for i, stamp in enumerate(stamps):
        coming = [other for other in stamps[i + 1 :] if other is not None]
        found.append(clock.ticks(stamp, lambda coming=coming: coming, attested))  # type: ignore[misc]
    return found


def even(count: int, start: int = 0, step: int = STEP) -> list[int]:
    return list(range(start, start + count * step, step))


def test_stamps_in_order_are_film_time_from_the_first() -> None:
    assert times(even(50, 7000)) == even(50)
    assert times([0, 40, 200, 280, 1000]) == [0, 40, 200, 280, 1000]


def test_a_frame_without_a_stamp_comes_a_step_after_the_one_before() -> None:
    assert times([100, None, None, 220]) == [0, 40, 80, 120]


@pytest.mark.parametrize("off", [-300_000, -2000, -700, 150, 300, 2000, 300_000])
def test_a_bad_stamp_shifts_nothing(off: int) -> None:
    stamps = even(100, 400_000)
    stamps[30] += off
    assert times(stamps, promised=404_000) == even(100)


@pytest.mark.parametrize("off", [-300_000, -2000, 2000, 300_000])
def test_ten_bad_stamps_shift_nothing(off: int) -> None:
    stamps = [*even(30), *even(10, 1200 + off), *even(60, 1600)]
    assert times(stamps, promised=4000) == times(stamps, leaps=True) == even(100)


def test_a_stamp_that_falls_back_a_little_is_only_kept_in_order() -> None:
    assert times([0, 40, 80, 0, 160, 200]) == [0, 40, 80, 81, 160, 200]


@pytest.mark.parametrize("off", [700, 2000, 300_000])
def test_a_bad_first_stamp_shifts_nothing(off: int) -> None:
    assert times([400_000 + off, *even(99, 400_040)]) == even(100)


@pytest.mark.parametrize("off", [-300_000, -2000, 300_000])
def test_a_bad_last_stamp_does_not_lengthen_a_film(off: int) -> None:
    assert times([*even(99), 99 * STEP + off], promised=4000) == even(100)


@pytest.mark.parametrize("back", [700, 3000, 20_000])
def test_a_clock_that_starts_anew_goes_on_in_film_time(back: int) -> None:
    stamps = even(500, 20_000) + even(500, 40_000 - back)
    assert times(stamps) == even(1000)
    assert times(stamps + even(100, 5)) == even(1100)


@given(parts=st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(20, 60)), min_size=1, max_size=6))
def test_recordings_joined_in_any_way_last_as_long_as_their_frames(parts: list[tuple[int, int]]) -> None:
    stamps = [stamp for start, count in parts for stamp in even(count, start * 100)]
    found = times(stamps, leaps=True)
    assert all(b > a for a, b in itertools.pairwise(found))
    # A leap of up to ten seconds may be a picture that stands, and one back of half a second may be jitter.
    assert len(stamps) * STEP - STEP - 600 * len(parts) <= found[-1] <= len(stamps) * STEP + 10_000 * len(parts)


@given(
    stamps=st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62)), min_size=1, max_size=50), leaps=st.booleans()
)
def test_no_stamps_make_time_stand_or_a_film_last_for_years(stamps: list[int | None], leaps: bool) -> None:
    found = times(stamps, leaps=leaps)
    assert all(b > a for a, b in itertools.pairwise(found))
    assert found[-1] - found[0] <= DAY * 1000 + 100 * len(stamps) * STEP


@given(gaps=st.lists(st.integers(1, 9_000), min_size=2, max_size=60))
def test_a_varying_frame_rate_is_believed(gaps: list[int]) -> None:
    stamps = list(itertools.accumulate(gaps, initial=0))
    assert times(stamps) == times(stamps, leaps=True) == stamps


def test_a_picture_stands_as_long_as_the_container_says() -> None:
    stamps = [*even(50), *even(50, 900_000)]
    assert times(stamps, promised=902_000) == stamps
    assert times(stamps, promised=4000) == even(100)
    assert times(stamps) == even(100)  # a quarter of an hour, and nobody says so
    assert times([*even(50), *even(50, 30_000)]) == [*even(50), *even(50, 30_000)]
    assert times([*even(50), *even(50, 8 * 3_600_000)], promised=9 * 3_600_000) == even(100)


def test_a_container_that_is_wrong_about_its_length_has_no_say() -> None:
    stamps = [*even(500), *even(50, 50_000)]
    assert times(stamps, promised=5000) == stamps


def test_where_clocks_may_leap_a_picture_stands_while_the_sound_goes_on() -> None:
    stamps = [*even(50), *even(50, 300_000)]
    assert times(stamps, leaps=True) == even(100)
    assert times(stamps, leaps=True, sound=[(0, 302_000)]) == stamps
    assert times(stamps, leaps=True, sound=[(0, 2000), (300_000, 302_000)]) == even(100)
    assert times(stamps, sound=[(0, 2000), (300_000, 302_000)]) == even(100)
    short = [*even(50), *even(50, 8000)]
    assert times(short, leaps=True) == short


def test_slides_stand_one_after_another() -> None:
    stamps = even(20, step=30_000)
    assert times(stamps, leaps=True) == times(stamps) == stamps
