"""Which moments are shown."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.cogvlm2.sampling import CLOSEST, SAMPLERS, Sampler, first_frames, sample_times, uniform_frames


@st.composite
def chunks(draw: st.DrawFn) -> tuple[float, float, list[tuple[float, float]], float, int]:
    start = draw(st.floats(0, 20_000))
    interval = draw(st.sampled_from([1 / 60, 1001 / 30000, 1 / 25, 1001 / 24000, 1 / 12, 1.0]))
    lengths = draw(st.lists(st.floats(0.02, 90), min_size=1, max_size=40))
    edges = list(itertools.accumulate(lengths, initial=start))
    return start, edges[-1], list(itertools.pairwise(edges)), interval, draw(st.integers(1, 32))


@pytest.mark.parametrize("sampler", SAMPLERS)
@given(chunk=chunks())
def test_times_ascend_inside_the_chunk_and_are_never_too_many(
    sampler: Sampler, chunk: tuple[float, float, list[tuple[float, float]], float, int]
) -> None:
    start, end, scenes, interval, num = chunk
    times = sample_times(sampler, start, end, scenes, interval, num)
    assert 1 <= len(times) <= num
    assert all(start <= time < end for time in times)
    assert all(earlier < later for earlier, later in itertools.pairwise(times))


@given(chunk=chunks())
def test_every_scene_is_seen_while_there_are_enough_frames_and_no_frame_is_idle(
    chunk: tuple[float, float, list[tuple[float, float]], float, int],
) -> None:
    start, end, scenes, interval, num = chunk
    times = sample_times("scene", start, end, scenes, interval, num)
    seen = [sum(first <= time < last for time in times) for first, last in scenes]
    assert sum(count > 0 for count in seen) >= min(len(scenes), num)
    frames = [max(1, round((last - first) / interval)) for first, last in scenes]
    assert len(times) == min(num, sum(frames)) or len(scenes) > num
    assert all(count <= most for count, most in zip(seen, frames, strict=True)) or len(scenes) > num


def test_scenes_share_by_length_with_the_largest_remainder() -> None:
    scenes = [(0.0, 30.0), (30.0, 31.0), (31.0, 61.0)]
    times = sample_times("scene", 0.0, 61.0, scenes, 0.04)
    assert len(times) == 24
    counts = [sum(first <= time < last for time in times) for first, last in scenes]
    assert counts == [12, 1, 11]
    assert times[12] == pytest.approx(30.5)
    assert times[0] == pytest.approx(30 / 12 / 2)


def test_with_more_scenes_than_frames_the_longest_are_seen() -> None:
    scenes = [(float(index), index + (0.9 if index % 2 else 0.5)) for index in range(10)]
    times = sample_times("scene", 0.0, 10.0, scenes, 0.04, 5)
    assert times == [pytest.approx(index + 0.45) for index in (1, 3, 5, 7, 9)]


def test_scenes_outside_the_chunk_are_ignored_and_none_means_one() -> None:
    inside = sample_times("scene", 10.0, 20.0, [(0.0, 5.0), (8.0, 12.0), (12.0, 40.0)], 0.04, 10)
    assert len(inside) == 10
    assert sum(time < 12 for time in inside) == 2
    assert sample_times("scene", 10.0, 20.0, [], 0.04, 2) == [12.5, 17.5]


def test_first_takes_whole_seconds_and_the_last_frame_where_the_end_rounds_up() -> None:
    assert sample_times("first", 100.0, 160.0, [], 0.04) == [100.0 + second for second in range(24)]
    assert sample_times("first", 100.0, 105.0, [], 0.04) == [100, 101, 102, 103, 104, pytest.approx(104.96)]
    assert sample_times("first", 100.0, 104.4, [], 0.04) == [100, 101, 102, 103, 104]
    assert sample_times("first", 7.0, 7.02, [], 0.04) == [7.0]


def test_uniform_runs_from_the_first_frame_to_the_last_and_never_repeats_one() -> None:
    times = sample_times("uniform", 30.0, 90.0, [], 0.04)
    assert len(times) == 24
    assert (times[0], times[-1]) == (30.0, pytest.approx(89.96))
    short = sample_times("uniform", 30.0, 30.2, [], 0.04)
    assert short == [pytest.approx(30.0 + index * 0.04) for index in range(5)]


@pytest.mark.parametrize(
    ("start", "end", "interval", "num"),
    [(1, 1, 0.04, 24), (2, 1, 0.04, 24), (0, float("nan"), 0.04, 24), (0, 1, 0, 24), (0, 1, 0.04, 0)],
)
def test_numbers_that_make_no_chunk_are_refused(start: float, end: float, interval: float, num: int) -> None:
    with pytest.raises(ValueError, match=r"chunk|of the frames|num"):
        sample_times("uniform", start, end, [], interval, num)


def test_an_unknown_sampler_is_refused() -> None:
    with pytest.raises(ValueError, match="none of first, uniform, scene"):
        sample_times("random", 0, 1, [], 0.04)  # type: ignore[arg-type]


def test_official_samplers_refuse_what_they_cannot_sample() -> None:
    for times in ([], [float("nan")]):
        with pytest.raises(ValueError, match="finite"):
            first_frames(times)
    with pytest.raises(ValueError, match="cannot sample"):
        uniform_frames(0, 25.0)
    assert uniform_frames(10, 0.001) == [0] * 24


def shown_at(*stretches: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Times of frames: for each stretch from, to, and seconds between them."""
    return np.concatenate([np.arange(start, end - 1e-9, step) for start, end, step in stretches])


@given(chunk=chunks())
def test_frames_that_come_evenly_are_sampled_by_their_times_as_by_their_interval(
    chunk: tuple[float, float, list[tuple[float, float]], float, int],
) -> None:
    start, _, _, interval, num = chunk
    count = 1 + round(60 / interval)
    frames = start + np.arange(-7, count + 9) * interval
    end = start + count * interval
    even = sample_times("uniform", start, end, [], interval, num)
    assert sample_times("uniform", start, end, [], frames, num) == pytest.approx(even, abs=1e-4)
    assert sample_times("first", start, end, [], frames, num) == pytest.approx(
        sample_times("first", start, end, [], interval, num), abs=1e-4
    )


def test_a_lively_minute_among_slides_has_all_its_moments() -> None:
    frames = shown_at((0, 3600, 60), (3600, 3660, 0.04), (3660, 7200, 55))
    for sampler in SAMPLERS:
        assert len(sample_times(sampler, 3600.0, 3660.0, [], frames)) == 24
    assert sample_times("uniform", 60.0, 120.0, [], frames) == [60.0]
    assert sample_times("uniform", 3700.0, 3760.0, [], frames) == [3700.0, 3715.0]


def test_uniform_gives_a_standing_picture_one_moment_and_the_rest_to_those_that_move() -> None:
    frames = shown_at((0, 40, 40), (40, 60, 0.04))
    times = sample_times("uniform", 0.0, 60.0, [], frames)
    assert len(times) in (23, 24)
    assert times[0] == 0
    assert times[1] >= 40 - 1e-6
    steps = np.diff(times[1:])
    assert steps.max() < 2 * steps.min()
    brief = shown_at((0, 57, 57), (57, 60, 0.04))
    assert min(np.diff(sample_times("uniform", 0.0, 60.0, [], brief))) >= CLOSEST - 1e-6


@given(
    steps=st.lists(st.sampled_from([0.02, 0.04, 0.5, 7.0, 40.0]), min_size=1, max_size=120),
    offset=st.floats(-5, 30),
    num=st.integers(1, 32),
)
def test_no_picture_takes_two_moments_however_frames_come(steps: list[float], offset: float, num: int) -> None:
    frames = np.array(list(itertools.accumulate(steps, initial=0.0)))
    start = min(max(0.0, offset), frames[-1] - 0.01)
    end = frames[-1] + 3.0
    times = sample_times("uniform", start, end, [], frames, num)
    pictures = [int(np.searchsorted(frames, time + 1e-6, "right")) for time in times]
    assert 1 <= len(times) <= num
    assert all(start <= time < end for time in times)
    assert all(a < b for a, b in itertools.pairwise(pictures))
    inside = 1 + int(np.sum((frames > start + 1e-6) & (frames < end - 1e-6)))
    if inside <= num:
        assert len(times) == inside


def test_scenes_have_no_more_moments_than_pictures() -> None:
    frames = shown_at((0, 30, 30), (30, 60, 0.04))
    times = sample_times("scene", 0.0, 60.0, [(0.0, 30.0), (30.0, 60.0)], frames)
    assert [sum(time < 30 for time in times), sum(time >= 30 for time in times)] == [1, 23]
