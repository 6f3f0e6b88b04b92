"""Finding cuts with few pictures: they are the same as with a picture of every frame, whatever the frames are."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from longvid.film import VideoTrack, probe, scan
from longvid.film.detect import HIGH, Cuts
from longvid.film.pictures import Small
from longvid.film.sketch import Sketcher
from longvid.film.watch import DOUBT, Watch
from tests.film.films import encode, scenes

BASE = Fraction(1, 24)
WIDTH, HEIGHT = 96, 64


def track(width: int = WIDTH, height: int = HEIGHT) -> VideoTrack:
    whole = (0.0, 1.0, 0.0, 1.0)
    return VideoTrack(0, "h264", width, height, 0, False, 1.0, False, whole, (2, 2, 2), 24.0, 24.0, None, BASE, 0)


def frames(pictures: Sequence[Any], form: str = "yuv420p") -> list[VideoFrame]:
    return [VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=form) for picture in pictures]


@cache
def drawn(count: int) -> list[Any]:
    """Pictures that move, are cut, flash, fade to black and back, lose their colour, and stand."""
    chance = np.random.default_rng(11)
    texture = chance.integers(0, 256, (HEIGHT, 4 * WIDTH, 3)).astype(np.float64)
    found, bright, colour, speed, at = [], 1.0, 1.0, 0, 0
    for i in range(count):
        if chance.random() < 0.05:
            texture = chance.integers(0, 256, (1, 1, 3)) * chance.random((HEIGHT, 4 * WIDTH, 3))
            speed = int(chance.integers(0, 3))
        bright = max(0.0, min(1.0, bright + (-0.07 if i % 120 > 80 else 0.07)))
        colour = 0.02 if i % 400 > 300 else 1.0
        at = (at + speed) % (3 * WIDTH)
        picture = texture[:, at : at + WIDTH]
        picture = colour * picture + (1 - colour) * picture.mean(axis=2, keepdims=True)
        flash = 60 if chance.random() < 0.02 else 0
        found.append(np.clip(picture * bright + flash + chance.normal(0, 1.5, picture.shape), 0, 255).astype(np.uint8))
    return found


def both(
    given: Sequence[VideoFrame], detector: Any, of: VideoTrack, batch: int = 4
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The cuts of a detector that sees a picture of every frame, and those of one that sees few."""
    every, few = Cuts(detector, BASE, 24.0), Watch(Cuts(detector, BASE, 24.0), of)
    small = Small(of)
    for i, frame in enumerate(given):
        every.feed(i, small(frame))
    numbers = list(enumerate(given))
    for i in range(0, len(given), batch):
        few.feed(numbers[i : i + batch])
    return every.finish(), few.finish()


@pytest.mark.parametrize("detector", ["adaptive", "content"])
@pytest.mark.parametrize("form", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "rgb24", "gray"])
def test_the_cuts_are_those_of_every_picture(form: str, detector: str) -> None:
    every, few = both(frames(drawn(1000), form), detector, track())
    assert len(every) >= 5 or (form, detector) == ("gray", "content")
    assert few == every


def test_a_fade_out_of_black_that_hardly_changes_a_level_is_seen_as_the_detector_sees_it() -> None:
    # Hue and saturation of what is nearly black leap: PySceneDetect finds cuts there, so they are found here.
    planes = []
    for i in range(120):
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, value in zip(frame.planes, (16 + max(0, i - 40) // 6, 128 + (i > 60), 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        planes.append(frame)
    every, few = both(planes, "adaptive", track())
    assert every
    assert few == every


def test_a_change_of_size_and_of_kind_in_mid_film_changes_nothing() -> None:
    pictures = drawn(400)
    given = [*frames(pictures[:150]), *frames(pictures[150:250], "yuv444p"), *frames(pictures[250:300], "rgb24")]
    given += [frame.reformat(width=64, height=48) for frame in frames(pictures[300:])]
    every, few = both(given, "adaptive", track())
    assert every
    assert few == every


@pytest.mark.parametrize("batch", [1, 3, 100])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 17])
def test_films_of_few_frames_in_batches_of_any_size(count: int, batch: int) -> None:
    given = [*frames([np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * (count // 2)), *frames(drawn(count - count // 2))]
    every, few = both(given, "content", track(), batch)
    assert few == every


def test_hdr_is_not_judged_by_its_codes() -> None:
    hdr = frames(drawn(2), "yuv420p10le")
    for frame in hdr:
        frame.color_trc = 16
    assert Sketcher((2, 2, 2)).most(hdr) == [np.inf, np.inf]
    assert Sketcher((9, 16, 9)).most(frames(drawn(2), "yuv420p10le")) == [np.inf, np.inf]
    assert np.isfinite(Sketcher((2, 2, 2)).most(frames(drawn(2), "yuv420p10le"))[1])


def test_what_is_told_of_frames_does_not_hang_on_how_many_come_at_once() -> None:
    given = frames(drawn(60))
    at_once, alone = Sketcher((2, 2, 2)), Sketcher((2, 2, 2))
    assert at_once.most(given) == [most for frame in given for most in alone.most([frame])]


def test_a_quiet_film_needs_few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    plain = Small.__call__
    monkeypatch.setattr(Small, "__call__", lambda self, frame: made.append(1) or plain(self, frame))
    watch = Watch(Cuts("adaptive", BASE, 24.0), track())
    pictures = [np.full((HEIGHT, WIDTH, 3), (200, 90 + i // 10, 40), np.uint8) for i in range(200)]
    pictures += [np.full((HEIGHT, WIDTH, 3), (40, 90, 200), np.uint8)] * 200
    watch.feed(list(enumerate(frames(pictures))))
    assert watch.finish() == (200,)
    assert len(made) < 20, "the first frame, and a few around the cut"


def test_a_score_that_is_not_computed_is_too_low_to_matter() -> None:
    assert HIGH / 2 < DOUBT < HIGH


def test_an_untagged_frame_of_hd_is_left_as_it_was(tmp_path: Path) -> None:
    """What is kept is BT.709, what the detector sees is not, whichever is made first."""
    from longvid.film.pictures import Upright

    path = encode(tmp_path / "a.mp4", scenes([30], width=1280, height=720))
    film = probe(path)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        before = Small(film.video)(frame)
        Upright(film.video)(frame)
        assert (Small(film.video)(frame) == before).all()
    assert scan(film).frames == 30
