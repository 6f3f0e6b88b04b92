"""What is drawn can be told apart at the sizes that the model sees, and small frames show what the film shows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from longvid.cogvlm2.frames import resize_frame
from longvid_benchmarks.storyfilm.pictures import BORDER, Fit, clip, draw, sample_times, whole_shot, width_of
from longvid_benchmarks.storyfilm.story import Event, Look
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, DEVICES, MARKS, NAMES, OBJECTS, PLACES, PREDICATES, SHAPES
from tests.benchmarks.storyfilm.by_hand import FIGURES, alone, chunk, event, everything, story

FITS: tuple[Fit, ...] = ("crop", "pad")
Pixels = NDArray[np.uint8]


def seen(one: Event, fit: Fit, place: str = "castle", times: tuple[float, ...] = (3.0, 6.5)) -> Pixels:
    """uint8 [2, 112, 112, 3]: the event alone, at two moments."""
    film = alone(one, place)
    return clip(film, film.chunks[0], size=112, fit=fit, times=times)


def apart(one: Pixels, two: Pixels) -> int:
    """Pixels that differ clearly, in the picture of a clip where fewest do."""
    return int(_differing(one, two).min())


def _differing(one: Pixels, two: Pixels) -> NDArray[np.intp]:
    red, green, blue = np.moveaxis(np.maximum(one, two) - np.minimum(one, two) > 60, -1, 0)
    return np.count_nonzero(red | green | blue, axis=(-2, -1))


def all_apart(pictures: Mapping[str, Pixels], margin: int) -> None:
    """Every two of the clips differ clearly in at least `margin` pixels of every picture."""
    names = list(pictures)
    stack = np.stack([pictures[name] for name in names])
    varies = (stack != stack[0]).any(axis=(0, 1, 4))
    rows, columns = np.flatnonzero(varies.any(axis=1)), np.flatnonzero(varies.any(axis=0))
    stack = stack[:, :, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    for i, name in enumerate(names[:-1]):
        worst = _differing(stack[i + 1 :], stack[i]).min(axis=1)
        assert worst.min() >= margin, (name, names[i + 1 + int(worst.argmin())], int(worst.min()))


@pytest.mark.parametrize("fit", FITS)
def test_every_two_looks_differ(fit: Fit) -> None:
    looks = [Look(c, m, s) for c, m, s in itertools.product(COLOURS, MARKS, SHAPES)]
    looks.append(replace(looks[0], masked=True))
    pictures = {look.phrase(): seen(event("use", looks={"f0": look}), fit)[:, 56:, 20:92] for look in looks}
    all_apart(pictures, 22 if fit == "crop" else 9)


@pytest.mark.parametrize("fit", FITS)
def test_every_two_looks_of_figures_in_bubbles_differ(fit: Fit) -> None:
    looks = [Look(c, m, s) for c, m, s in itertools.product(COLOURS, MARKS, SHAPES)]
    pictures = {look.phrase(): seen(event("promise", looks={"f1": look}), fit)[:1] for look in looks}
    all_apart(pictures, 15 if fit == "crop" else 6)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("predicate", ["give", "hide", "use"])
def test_every_two_objects_differ(fit: Fit, predicate: str) -> None:
    things = [f"o-{c}-{k}" for c, k in itertools.product(COLOURS, OBJECTS)]
    pictures = {thing: seen(event(predicate, roles={"object": thing}), fit)[:1] for thing in things}
    all_apart(pictures, 40 if fit == "crop" else 12)


@pytest.mark.parametrize("fit", FITS)
def test_every_two_names_differ(fit: Fit) -> None:
    pictures: dict[str, Pixels] = {}
    for name in NAMES:
        film = alone(event("dance", tags=["f0"]))
        film = replace(film, figures=(replace(FIGURES[0], name=name), *FIGURES[1:]))
        pictures[name] = clip(film, film.chunks[0], size=112, fit=fit, times=[4.0])
    all_apart(pictures, 25 if fit == "crop" else 8)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("flashback", [False, True])
def test_every_two_places_differ_all_over(fit: Fit, flashback: bool) -> None:
    film = story([chunk([], place=place, flashback=flashback) for place in PLACES])
    pictures = {c.place: clip(film, c, size=112, fit=fit, times=[1.0]) for c in film.chunks}
    for a, b in itertools.combinations(PLACES, 2):
        central = np.abs(pictures[a].astype(np.int16) - pictures[b])[:, 28:84, 28:84]
        assert central.mean() > (12 if flashback else 25), (a, b)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("kind", DEVICES)
def test_a_device_shows_its_state_before_and_after(fit: Fit, kind: str) -> None:
    film = {
        state: seen(event("switch", roles={"device": f"d-{kind}", "state": state}), fit, times=(2.5, 7.5))
        for state in DEVICES[kind]
    }
    one, two = (film[state] for state in DEVICES[kind])
    assert apart(one, two) > (250 if fit == "crop" else 70)
    assert apart(one[:1], one[1:]) > (150 if fit == "crop" else 40)


@pytest.mark.parametrize("fit", FITS)
def test_every_two_predicates_differ_at_every_moment(fit: Fit) -> None:
    moments = tuple(np.linspace(2.0, 8.2, 6).tolist())
    pictures = {predicate: seen(event(predicate), fit, times=moments) for predicate in PREDICATES}
    for a, b in itertools.combinations(PREDICATES, 2):
        for frame in pictures[a]:
            assert apart(pictures[b], frame) > (300 if fit == "crop" else 90), (a, b)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("place", PLACES)
def test_every_colour_is_seen_in_every_place(fit: Fit, place: str) -> None:
    looks = {colour: Look(colour, "plain", "circle") for colour in COLOURS}
    pictures = {c: seen(event("walk", looks={"f0": look}), fit, place) for c, look in looks.items()}
    all_apart(pictures, 150 if fit == "crop" else 50)


@pytest.mark.parametrize("fit", FITS)
def test_counts_of_coins_differ_at_every_moment(fit: Fit) -> None:
    moments = (2.0, 4.0, 6.0, 8.0)
    counts = {str(n): seen(event("collect", roles={"count": str(n)}), fit, times=moments) for n in (1, 2, 3)}
    all_apart(counts, 100 if fit == "crop" else 30)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("colour", [c for c in COLOURS if c != "red"])
def test_a_change_shows_both_colours_at_every_moment(fit: Fit, colour: str) -> None:
    for frame in seen(event("change", roles={"colour": colour}), fit, times=(2.0, 4.0, 5.0, 6.0, 8.0)):
        for wanted in ("red", colour):
            near = np.abs(frame.astype(np.int16) - COLOURS[wanted]).max(axis=-1) < 40
            assert near.sum() > (60 if fit == "crop" else 15), wanted


def test_a_masked_figure_shows_nothing_of_its_look() -> None:
    one = seen(event("steal", looks={"f0": Look("red", "striped", "circle", True)}), "crop")
    two = seen(event("steal", looks={"f0": Look("white", "dotted", "star", True)}), "crop")
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("predicate", PREDICATES)
def test_an_event_lies_within_the_central_square(predicate: str) -> None:
    film = alone(event(predicate, tags=["f0", "f1"] if predicate != "unmask" else []))
    empty = replace(film.chunks[0], events=())
    for time in (3.0, 5.0, 7.0):
        shown, bare = (draw(film, c, time, 216).astype(np.int16) for c in (film.chunks[0], empty))
        differ = np.abs(shown - bare).max(axis=-1) > 60
        if "device" in film.chunks[0].events[0].roles:
            differ[:, :84] = differ[:, 300:] = False  # where the device stands when nobody acts on it
        sides = differ[:, :80].sum() + differ[:, 304:].sum()
        assert sides < 0.03 * differ.sum()
        assert differ.sum() > 0.04 * 216 * 216


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [56, 112, 224])
def test_a_clip_from_memory_is_the_film_seen_by_the_model(fit: Fit, size: int) -> None:
    film = everything(5)
    for c in film.chunks:
        times = sample_times(c, 6)
        small = clip(film, c, size=size, fit=fit, times=times)
        assert small.shape == (6, size, size, 3)
        assert small.dtype == np.uint8
        for frame, time in zip(small, times, strict=True):
            big = resize_frame(draw(film, c, time, 360), size, fit)
            # Single pixels of an outline may lie half a pixel aside; what they make up may not.
            assert np.abs(frame.astype(np.int16) - big).mean() < {56: 20, 112: 13, 224: 9}[size]
            assert np.abs(pooled(frame) - pooled(big)).mean() < (10 if size == 56 else 6)


def pooled(frame: Pixels) -> NDArray[np.float64]:
    side = frame.shape[0] // 4
    means: NDArray[np.float64] = frame.reshape(side, 4, side, 4, 3).mean(axis=(1, 3))
    return means


def test_frames_are_the_same_every_time() -> None:
    film = everything(2)
    np.testing.assert_array_equal(clip(film, film.chunks[1]), clip(film, film.chunks[1]))


def test_by_default_a_clip_has_24_frames_from_the_whole_chunk() -> None:
    film = everything(2)
    assert clip(film, film.chunks[1], size=56).shape == (24, 56, 56, 3)
    times = sample_times(film.chunks[1])
    assert film.chunks[1].start < times[0] < times[-1] < film.chunks[1].end


def test_a_picture_is_16_to_9_and_even() -> None:
    film = everything(1)
    assert draw(film, film.chunks[0], 3.0, 90).shape == (90, 160, 3)
    assert width_of(100) == 178


def test_a_padded_clip_has_the_border_of_the_model() -> None:
    film = everything(1)
    assert (clip(film, film.chunks[0], fit="pad")[:, :20] == BORDER).all()


def test_a_flashback_has_a_white_frame_within_the_central_square() -> None:
    film = alone(event("dance", tags=["f0"]), flashback=True)
    frame = clip(film, film.chunks[0], times=[4.0])[0]
    for edge in (frame[60:, 1:4], frame[60:, -4:-1], frame[-4:-1, :30]):
        assert edge.min() > 240


@pytest.mark.parametrize("predicate", PREDICATES)
def test_figures_come_and_go_without_a_jump(predicate: str) -> None:
    film = alone(event(predicate))
    shot = whole_shot(film, film.chunks[0], 112)
    frames = [shot.frame(i / 12).astype(np.int16) for i in range(120)]
    assert max(np.abs(a - b).mean() for a, b in itertools.pairwise(frames)) < 12


def test_impossible_requests_are_refused() -> None:
    film = everything(1)
    with pytest.raises(ValueError, match="neither crop nor pad"):
        clip(film, film.chunks[0], fit="stretch")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="too small"):
        clip(film, film.chunks[0], size=8)
