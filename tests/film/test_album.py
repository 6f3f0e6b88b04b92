"""Pictures for people: in the film's own shape, at even distances, within the budget."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from longvid.errors import FilmError
from longvid.film import Album, probe, scan
from tests.film.films import encode, scenes


def noise(seed: int, height: int = 90, width: int = 160) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


def times_in(folder: Path) -> list[float]:
    return [int(path.stem) / 1000 for path in sorted(folder.iterdir())]


def test_pictures_are_taken_every_two_seconds_and_named_by_their_time(tmp_path: Path) -> None:
    album = Album()
    for index in range(41):
        album.add(index / 4, noise(index), 1.0)
    album.write(tmp_path / "pictures")
    assert times_in(tmp_path / "pictures") == [0, 2, 4, 6, 8, 10]
    assert album.size == (160, 90)


def test_what_outgrows_the_budget_is_thinned_evenly(tmp_path: Path) -> None:
    whole = Album()
    whole.add(0.0, noise(0), 1.0)
    whole.write(tmp_path / "one")
    each = sum(path.stat().st_size for path in (tmp_path / "one").iterdir())
    album = Album(budget=each * 10)
    for index in range(100):
        album.add(float(index), noise(index), 1.0)
    album.write(tmp_path / "pictures")
    times = times_in(tmp_path / "pictures")
    assert 5 <= len(times) <= 10
    assert set(np.diff(times)) == {16.0}
    assert sum(path.stat().st_size for path in (tmp_path / "pictures").iterdir()) <= each * 10


@pytest.mark.parametrize(
    ("height", "width", "aspect", "size"),
    [
        (480, 720, 8 / 9, (384, 288)),
        (1080, 1920, 1.0, (384, 216)),
        (320, 180, 1.0, (180, 320)),
        (9, 4000, 1.0, (384, 1)),
    ],
)
def test_a_picture_has_the_shape_that_a_player_shows(
    tmp_path: Path, height: int, width: int, aspect: float, size: tuple[int, int]
) -> None:
    album = Album()
    album.add(0.0, noise(1, height, width), aspect)
    album.write(tmp_path / "pictures")
    (path,) = (tmp_path / "pictures").iterdir()
    assert album.size == size
    assert cv2.imread(str(path)).shape == (size[1], size[0], 3)


def test_a_scan_feeds_it_upright_and_in_the_films_own_colours(tmp_path: Path) -> None:
    red = np.zeros((72, 128, 3), np.uint8)
    red[:, :, 0] = 220
    film = encode(tmp_path / "a.mp4", [red] * 72, rotation=90.0, pixel_aspect=Fraction(4, 3))
    album = Album()
    scan(probe(film), album=album).close()
    album.write(tmp_path / "pictures")
    assert album.size == (54, 128), "as 72 to 171"
    first = cv2.imread(str(sorted((tmp_path / "pictures").iterdir())[0]))
    blue, green, red_part = first.mean(axis=(0, 1))
    assert red_part > 180 > 60 > max(blue, green)


def test_a_full_disk_or_a_folder_in_the_way_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with pytest.raises(FilmError, match=r"pictures cannot be kept .*free some space"):
        Album().write(tmp_path / "pictures")


def test_scenes_make_the_same_cuts_with_and_without_it(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([48] * 3)))
    with scan(film) as alone, scan(film, album=Album()) as fed:
        assert alone.scenes == fed.scenes
        assert fed.candidates is None


@pytest.mark.parametrize(("height", "width"), [(90, 160), (91, 161), (1, 384)])
def test_a_picture_looks_the_same_whoever_encodes_it(
    height: int, width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(255, 0, height))
    picture = np.stack([across, down, (across + down) / 2], axis=-1).astype(np.uint8)
    found = []
    for name, known in (("libav", None), ("opencv", frozenset())):
        if known is not None:
            monkeypatch.setattr("av.codec.codecs_available", known)
        album = Album()
        album.add(0.0, picture, 1.0)
        album.add(3.0, picture, 1.0)
        album.write(tmp_path / name)
        first, second = (cv2.imread(str(path)) for path in sorted((tmp_path / name).iterdir()))
        assert first.shape == (height, width, 3)
        assert (first == second).all()
        assert np.abs(first[..., ::-1].astype(int) - picture).mean() < 4
        found.append(first.astype(int))
    assert np.abs(found[0] - found[1]).mean() < 3
