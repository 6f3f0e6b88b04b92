"""Spans and windows: all speech is in one of them, cut where it must be alone, and none is too long for a call."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.speech.sound import RATE
from longvid.speech.spans import FRAME, WINDOW, Span, spans_in, windows

SECOND = RATE / FRAME  # frames


def chances(*stretches: tuple[float, float]) -> list[float]:
    """So many seconds of each chance, one behind the other."""
    return [chance for seconds, chance in stretches for _ in range(round(seconds * SECOND))]


def seconds(spans: list[Span]) -> list[float]:
    """Starts and ends, s."""
    return [sample / RATE for span in spans for sample in (span.start, span.end)]


def about(*times: float) -> object:
    """These times but for some frames: stretches are rounded to whole ones."""
    return pytest.approx(list(times), abs=0.1)


def test_a_short_pause_does_not_end_a_span_and_a_long_one_does() -> None:
    said = chances((1, 0), (2, 0.9), (0.3, 0.1), (1, 0.9), (2, 0.1), (1, 0.9), (2, 0))
    spans, following = spans_in(said, len(said) * FRAME, last=False)
    assert seconds(spans) == about(0.5, 4.8, 5.75, 7.75)
    assert following == len(said) * FRAME


def test_speech_that_may_go_on_is_left_to_the_next_block_unless_it_is_the_last() -> None:
    said = chances((1, 0), (2, 0.9), (3, 0), (2, 0.9))
    length = len(said) * FRAME
    spans, following = spans_in(said, length, last=False)
    assert seconds(spans) == about(0.5, 3.5)
    assert following / RATE == pytest.approx(5.5, abs=0.1)
    spans, following = spans_in(said, length, last=True)
    assert seconds(spans) == about(0.5, 3.5, 5.5, 8.0)
    assert following == length


def test_a_speech_without_a_pause_is_cut_where_it_is_least_certain() -> None:
    said = chances((22, 0.9), (0.1, 0.55), (22, 0.9), (1, 0))
    spans, _ = spans_in(said, len(said) * FRAME, last=True)
    assert seconds(spans) == about(0.0, 22.1, 22.1, 44.6)


def test_a_crackle_is_no_speech() -> None:
    said = chances((1, 0), (0.06, 0.9), (1, 0))
    assert spans_in(said, len(said) * FRAME, last=True) == ([], len(said) * FRAME)


def test_windows_hold_as_many_neighbours_as_a_call_takes() -> None:
    spans = [Span(at * RATE, (at + 12) * RATE) for at in (0, 20, 40, 60, 80)]
    assert windows(spans) == [(spans[0], spans[1]), (spans[2], spans[3]), (spans[4],)]
    assert windows([]) == []


@given(
    st.lists(st.tuples(st.floats(0.05, 40), st.sampled_from([0.0, 0.2, 0.45, 0.6, 1.0])), min_size=1, max_size=12),
    st.floats(31, 90),
)
def test_every_stretch_of_speech_is_heard_once_whatever_the_length_of_a_block(
    stretches: list[tuple[float, float]], block: float
) -> None:
    said = chances(*stretches)
    length, size = len(said) * FRAME, round(block * SECOND) * FRAME
    at, found = 0, []
    while True:
        frames = said[at // FRAME : (at + size) // FRAME] if at % FRAME == 0 else _shifted(said, at, size)
        last = at + size >= length
        spans, following = spans_in(frames, min(size, length - at), last=last)
        found += [Span(at + span.start, at + span.end) for span in spans]
        if last:
            break
        assert 0 < following <= size
        at += following
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert all(0 < span.length <= WINDOW for span in found)
    assert all(sum(span.length for span in window) <= WINDOW for window in windows(found))
    for i, chance in enumerate(said):
        middle = i * FRAME + FRAME // 2
        long = said[max(0, i - 8) : i + 9].count(chance) == 17  # far from any change: no matter of a frame
        if chance >= 0.6 and long:
            assert any(span.start <= middle < span.end for span in found), middle / RATE
        quiet = said[max(0, i - 30) : i + 31]
        if max(quiet) == 0.0 and len(quiet) == 61:
            assert not any(span.start <= middle < span.end for span in found), middle / RATE


def _shifted(said: list[float], at: int, size: int) -> list[float]:
    """What a detector would say of frames that begin at `at`, which is no frame of `said`."""
    return [said[min(len(said) - 1, (at + i * FRAME + FRAME // 2) // FRAME)] for i in range(size // FRAME)]
