"""Planning: chunks tile the film, keep to the limits, cut no scene that fits, and spare the lines."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.film import Chunk, Cue, Scene, plan
from longvid.film.chunks import MAXIMUM, MINIMUM, TARGET, Packer


def tiled(lengths: Sequence[float], start: float = 0.0) -> tuple[Scene, ...]:
    borders = list(itertools.accumulate(lengths, initial=start))
    return tuple(Scene(i, a, b) for i, (a, b) in enumerate(itertools.pairwise(borders)))


def ends(chunks: Sequence[Chunk]) -> list[float]:
    return [chunk.end for chunk in chunks]


LENGTHS = st.lists(st.one_of(st.floats(0.6, 15), st.floats(0.6, 400)), min_size=1, max_size=60)


@given(LENGTHS, st.floats(0, 1000))
def test_chunks_tile_the_film_with_shared_borders(lengths: list[float], start: float) -> None:
    scenes = tiled(lengths, start)
    chunks = plan(scenes)
    assert chunks[0].start == scenes[0].start
    assert chunks[-1].end == scenes[-1].end
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    for a, b in itertools.pairwise(chunks):
        assert a.end == b.start
    for chunk in chunks:
        assert (chunk.scenes[0][0], chunk.scenes[-1][1]) == (chunk.start, chunk.end)
        assert all(a[1] == b[0] for a, b in itertools.pairwise(chunk.scenes))


@given(LENGTHS, st.lists(st.tuples(st.floats(0, 2000), st.floats(0.1, 8)), max_size=40))
def test_no_chunk_is_longer_than_the_maximum_and_no_scene_that_fits_is_cut(
    lengths: list[float], said: list[tuple[float, float]]
) -> None:
    scenes = tiled(lengths)
    chunks = plan(scenes, avoid=[(start, start + length) for start, length in said])
    assert all(chunk.seconds <= MAXIMUM + 1e-6 for chunk in chunks)
    whole = {(scene.start, scene.end) for scene in scenes if scene.end - scene.start <= MAXIMUM}
    assert whole <= {piece for chunk in chunks for piece in chunk.scenes}


def fewest_short(atoms: Sequence[tuple[float, float]]) -> int:
    """By trying every grouping."""
    best = len(atoms) + 1
    for cuts in itertools.product((False, True), repeat=len(atoms) - 1):
        borders = [atoms[0][0], *(atoms[i + 1][0] for i, cut in enumerate(cuts) if cut), atoms[-1][1]]
        lengths = [b - a for a, b in itertools.pairwise(borders)]
        if max(lengths) <= MAXIMUM + 1e-9:
            best = min(best, sum(length < MINIMUM for length in lengths))
    return best


@given(st.lists(st.floats(0.6, 72), min_size=1, max_size=9))
def test_the_minimum_is_kept_wherever_that_can_be(lengths: list[float]) -> None:
    scenes = tiled(lengths)
    chunks = plan(scenes)
    short = sum(chunk.seconds < MINIMUM for chunk in chunks)
    if max(scene.end - scene.start for scene in scenes) <= MAXIMUM:
        assert short == fewest_short([(scene.start, scene.end) for scene in scenes])


@given(LENGTHS)
def test_the_same_scenes_give_the_same_plan(lengths: list[float]) -> None:
    assert plan(tiled(lengths)) == plan(tiled(lengths))


@given(st.lists(st.floats(55, 60), min_size=1, max_size=120))
def test_cuts_about_a_minute_apart_are_the_borders(lengths: list[float]) -> None:
    scenes = tiled(lengths)
    assert ends(plan(scenes)) == [scene.end for scene in scenes]


def test_short_scenes_are_packed_to_a_minute() -> None:
    assert ends(plan(tiled([3.0] * 100))) == [60, 120, 180, 240, 300]


def test_a_short_film_is_one_chunk() -> None:
    (chunk,) = plan(tiled([2, 3, 4]))
    assert (chunk.start, chunk.end, len(chunk.scenes)) == (0, 9, 3)


def test_no_scene_no_chunk() -> None:
    assert plan(()) == ()


def test_a_long_scene_is_split_evenly() -> None:
    assert ends(plan(tiled([240]))) == pytest.approx([60, 120, 180, 240])
    assert ends(plan(tiled([100]))) == pytest.approx([50, 100])


def test_a_split_moves_out_of_a_line() -> None:
    chunks = plan(tiled([120]), lines=[Cue(58, 61, "Never cut me.")])
    assert chunks[0].end == pytest.approx(61, abs=0.06)
    assert [len(chunk.dialogue) for chunk in chunks] == [1, 0]


def test_a_border_between_lines_is_preferred_to_one_within() -> None:
    scenes = tiled([10.0] * 12)
    assert ends(plan(scenes)) == [60, 120]
    assert ends(plan(scenes, avoid=[(58, 62)])) in ([50, 120], [70, 120])


def test_a_line_that_cannot_be_spared_belongs_to_the_chunk_with_most_of_it() -> None:
    lines = [Cue(55, 66, "early"), Cue(1, 2, "first"), Cue(115, 118, "last"), Cue(500, 501, "nowhere")]
    one, two = plan(tiled([60, 60]), lines=lines)
    assert [line.text for line in one.dialogue] == ["first"]
    assert [line.text for line in two.dialogue] == ["early", "last"]


@given(LENGTHS, st.lists(st.tuples(st.floats(-5, 3000), st.floats(0.1, 200)), max_size=30))
def test_every_line_in_the_film_is_in_exactly_one_chunk(lengths: list[float], said: list[tuple[float, float]]) -> None:
    scenes = tiled(lengths)
    lines = [Cue(start, start + length, str(i)) for i, (start, length) in enumerate(said)]
    found = [line for chunk in plan(scenes, lines=lines) for line in chunk.dialogue]
    inside = [line for line in lines if min(line.end, scenes[-1].end) - max(line.start, 0) > 1e-6]
    assert len(found) == len({line.text for line in found})
    assert {line.text for line in inside} <= {line.text for line in found}


@pytest.mark.parametrize(
    "limits",
    [{"minimum": 80.0}, {"maximum": 50.0}, {"target": 10.0}, {"target": float("nan")}, {"minimum": -1.0},
     {"minimum": 0.0, "target": 0.0}, {"maximum": float("inf")}],
)  # fmt: skip
def test_limits_that_contradict_each_other_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="chunk"):
        plan(tiled([60]), **limits)


def test_scenes_that_do_not_tile_are_refused() -> None:
    with pytest.raises(ValueError, match="follow one another"):
        plan([Scene(0, 0, 10), Scene(1, 11, 20)])
    with pytest.raises(ValueError, match="end after it starts"):
        plan([Scene(0, 5, 5)])


def test_a_film_of_four_thousand_scenes_is_planned_at_once() -> None:
    chunks = plan(tiled([0.6, 1.7, 2.9] * 1400))
    assert all(abs(chunk.seconds - TARGET) < 3 for chunk in chunks)


def long_film(seed: int, count: int, longest: float) -> list[Scene]:
    chance = random.Random(seed)
    borders = list(itertools.accumulate((chance.uniform(0.6, longest) for _ in range(count)), initial=0.0))
    return [Scene(i, a, b) for i, (a, b) in enumerate(itertools.pairwise(borders))]


@pytest.mark.parametrize(("longest", "count"), [(4.0, 900), (40.0, 120), (200.0, 40)])
def test_what_is_settled_early_is_what_the_plan_has(longest: float, count: int) -> None:
    scenes = long_film(1, count, longest)
    chance = random.Random(1)
    lines = [Cue(start, start + 3, "Yes.") for start in sorted(chance.uniform(0, scenes[-1].end) for _ in range(count))]
    chunks = plan(scenes, lines=lines)
    packer = Packer(60.0, 20.0, 72.0, lines)
    settled = [(pieces, scene.end) for scene in scenes for pieces in packer.add(scene)]
    assert [pieces for pieces, _ in settled] == [chunk.scenes for chunk in chunks][: len(settled)]
    assert len(settled) >= len(chunks) - 10
    assert max(end - pieces[0][0] for pieces, end in settled) < 8 * 72 + 200
    assert min(chunk.seconds for chunk in chunks[:-1]) >= 20


def test_a_horizon_costs_hardly_any_evenness() -> None:
    scenes = long_film(7, 2000, 6.0)
    chunks = plan(scenes)
    assert sum((chunk.seconds - 60) ** 2 for chunk in chunks) / len(chunks) < 4.0
