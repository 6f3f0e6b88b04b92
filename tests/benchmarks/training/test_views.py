"""What a clip shows: an event counts as seen exactly when a frame shows it, from when the first one does."""

from __future__ import annotations

import random

import numpy as np
import pytest

from longvid.cogvlm2.frames import resize_frame
from longvid.cogvlm2.sampling import SAMPLERS, Sampler
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.pictures import draw
from longvid_benchmarks.training.views import FULL, part, stretch, whole

STORY = invent(11, 10)


@pytest.mark.parametrize("sampler", ["uniform", "scene"])
def test_a_whole_chunk_shows_all_of_its_events(sampler: Sampler) -> None:
    for chunk in STORY.chunks:
        seen = whole(STORY, chunk, sampler).seen()
        assert [event.id for event in seen.events] == [event.id for event in chunk.events]


def test_the_first_seconds_show_only_what_happens_in_them() -> None:
    for chunk in STORY.chunks:
        seen = whole(STORY, chunk, "first").seen()
        assert {event.id for event in seen.events} == {
            event.id for event in chunk.events if event.start - chunk.start < 22.5
        } | {event.id for event in seen.events if event.start - chunk.start < 23.5}
        assert len(seen.events) < len(chunk.events)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_event_begins_with_the_first_frame_that_shows_it(sampler: Sampler) -> None:
    view = whole(STORY, STORY.chunks[3], sampler)
    for event, seen in zip(view.chunk.events, view.seen().events, strict=False):
        assert seen.start in view.times
        assert event.start < seen.start < event.end
        assert not [time for time in view.times if event.start + 0.4 < time < seen.start]


@pytest.mark.parametrize("count", [1, 3, 5])
def test_a_stretch_shows_something_and_stays_in_its_chunk(count: int) -> None:
    rng = random.Random(2)
    for chunk in STORY.chunks:
        view = stretch(STORY, chunk, rng, count)
        assert len(view.times) == count
        assert all(chunk.start <= time < chunk.end for time in view.times)
        assert min(view.seconds) >= 0
        assert view.seen().events


def test_large_frames_are_the_film_s_through_the_tool_s_resize() -> None:
    view = whole(STORY, STORY.chunks[0], count=2)
    wanted = [resize_frame(draw(STORY, STORY.chunks[0], time, 360), 56) for time in view.times]
    assert np.array_equal(view.film_frames(56), np.stack(wanted))


def test_a_part_of_a_chunk_lies_inside_it_and_is_labelled_from_its_own_start() -> None:
    rng = random.Random(3)
    for chunk in STORY.chunks:
        view = part(STORY, chunk, rng)
        assert len(view.times) == FULL
        assert chunk.start <= view.start <= view.times[0] <= view.times[-1] <= chunk.end
        assert view.seen().start == view.start
