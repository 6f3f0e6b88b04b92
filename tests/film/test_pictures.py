"""Pictures of frames as a player shows them: cropped, of one field, each in its own shape."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from longvid.film import Film, exact, probe, scan
from tests.film.films import COLOURS, encode, nearest, scenes, with_box

CROPPED = Path(__file__).parents[1] / "data" / "cropped.mkv"
"""160 x 120, four coloured quarters; to be cropped by 40 px at the left and the right, 30 at the top and the bottom."""


def given(film: Film, folder: Path) -> list[tuple[NDArray[np.uint8], float]]:
    """All pictures that a transform is given, and their pixel aspects."""
    seen: list[tuple[NDArray[np.uint8], float]] = []

    def look(rgb: Any, pixel_aspect: float) -> Any:
        seen.append((rgb, pixel_aspect))
        return nearest(rgb, pixel_aspect)

    scan(film, transform=look, scratch=folder).close()
    return seen


def test_a_film_is_cropped_as_its_container_says(tmp_path: Path) -> None:
    film = probe(CROPPED)
    assert (film.video.width, film.video.height) == (160, 120)
    pictures = given(film, tmp_path)
    assert {rgb.shape for rgb, _ in pictures} == {(60, 80, 3)}
    corners = [pictures[0][0][y, x].astype(int) for y in (5, 55) for x in (5, 75)]
    for corner, colour in zip(corners, ((200, 30, 30), (30, 170, 40), (30, 60, 220), (230, 230, 230)), strict=True):
        assert abs(corner - colour).max() < 6
    assert any("cropped" in line for line in film.notes)


def test_the_clean_aperture_of_an_mp4_is_a_crop(tmp_path: Path) -> None:
    # Size, and how far its middle is from the picture's, as fractions: 40 px go at the left, 28 at the top.
    aperture = struct.pack(">8I", 64, 1, 48, 1, 8, 1, 4, 1)
    picture = np.zeros((96, 128, 3), np.uint8)
    picture[28:76, 40:104] = COLOURS[3]
    film = probe(with_box(encode(tmp_path / "a.mp4", [picture] * 30), b"clap", aperture))
    for rgb, _ in given(film, tmp_path):
        assert rgb.shape == (48, 64, 3)
        assert abs(rgb.astype(int) - COLOURS[3]).max() < 30


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_each_frame_has_its_own_pixel_aspect(tmp_path: Path, codec: str) -> None:
    options = {"b": "4M"} if codec == "mpeg2video" else None
    parts = [
        encode(
            tmp_path / f"{i}.ts",
            scenes([48], width=180, height=144),
            rate=25,
            times=None,
            codec=codec,
            options=options,
            pixel_aspect=aspect,
            muxer={"output_ts_offset": f"{i * 48 / 25}"},
        )
        for i, aspect in enumerate((Fraction(16, 15), Fraction(64, 45)))
    ]
    path = tmp_path / "a.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    film = probe(path)
    aspects = [aspect for _, aspect in given(film, tmp_path)]
    assert sorted({round(aspect, 4) for aspect in aspects}) == [1.0667, 1.4222]
    assert aspects == sorted(aspects)
    wanted: list[float] = []
    list(exact(film, [[1.0], [3.0]], lambda rgb, aspect: (wanted.append(aspect), nearest(rgb, aspect))[1]))
    assert wanted == pytest.approx([16 / 15, 64 / 45])


def test_the_aspect_of_the_container_goes_before_that_of_the_frames(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", scenes([30]), pixel_aspect=Fraction(4, 3))
    data = path.read_bytes()
    told = b"pasp" + struct.pack(">2I", 4, 3)
    assert data.count(told) == 1
    path.write_bytes(data.replace(told, b"pasp" + struct.pack(">2I", 16, 9)))
    film = probe(path)
    assert film.video.pixel_aspect == pytest.approx(16 / 9)
    assert {aspect for _, aspect in given(film, tmp_path)} == {film.video.pixel_aspect}


def combed(i: int) -> NDArray[np.uint8]:
    """A red block that moves 4 px from field to field over blue."""
    picture = np.empty((96, 192, 3), np.uint8)
    picture[:] = COLOURS[1]
    for field in (0, 1):
        left = 4 * (2 * i + field) % 130
        picture[field::2, left : left + 40] = COLOURS[0]
    return picture


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", {"preset": "ultrafast", "crf": "12", "x264-params": "interlaced=1"}),
        ("mpeg2video", {"flags": "+ildct+ilme", "b": "6M"}),
    ],
)
def test_an_interlaced_picture_is_stored_without_a_comb(tmp_path: Path, codec: str, options: dict[str, str]) -> None:
    film = probe(encode(tmp_path / "a.mkv", [combed(i) for i in range(40)], codec=codec, options=options))
    assert any("interlaced" in line for line in film.notes)
    pictures = given(film, tmp_path)
    for rgb, pixel_aspect in pictures:
        # Rows differ by what the codec blurs; a comb would have the colours of both, a hundred apart.
        assert abs(np.diff(rgb.astype(int), axis=0)).max() < 60
        assert rgb.shape[1] / rgb.shape[0] * pixel_aspect == pytest.approx(2)
        assert min(abs(rgb[:, x].astype(int) - COLOURS[0]).max() for x in range(192)) < 60


def test_a_progressive_picture_keeps_every_row(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mkv", [combed(i) for i in range(30)]))
    assert film.notes == ()
    rgb, pixel_aspect = given(film, tmp_path)[0]
    assert (rgb.shape, pixel_aspect) == ((96, 192, 3), 1)


def test_frames_that_change_their_size_are_still_pictures(tmp_path: Path) -> None:
    parts = [
        encode(
            tmp_path / f"{i}.ts",
            scenes([48], width=width, height=height),
            pixel_aspect=Fraction(4, 3),
            muxer={"output_ts_offset": f"{i * 2}"},
        )
        for i, (width, height) in enumerate(((128, 96), (160, 90)))
    ]
    path = tmp_path / "a.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    pictures = given(probe(path), tmp_path)
    assert {rgb.shape for rgb, _ in pictures} == {(96, 128, 3), (90, 160, 3)}
    assert [aspect for _, aspect in pictures] == pytest.approx([4 / 3] * len(pictures))
