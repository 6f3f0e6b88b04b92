"""A clip cut out of a film shows at each second what the film shows then."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid.errors import DataError
from longvid.film import exact, probe, scan
from longvid.training.tqa.cutting import cut
from longvid.training.tqa.reading import Halted
from tests.film.films import encode, nearest, number_in, scenes


def nothing() -> None:
    pass


def numbers(path: Path, times: list[float]) -> list[int]:
    """The numbers of the frames that the film at `path` shows at `times`."""
    (clip,) = exact(probe(path), [times], nearest)
    return [number_in(frame) for frame in clip.frames]


def test_every_second_of_a_clip_shows_what_the_film_shows_then(tmp_path: Path) -> None:
    film = encode(tmp_path / "film.mp4", scenes([60, 70], width=320, height=160), rate=24)
    for start, end in ((0.0, 2.5), (1.3, 5.0)):
        cut(probe(film), start, end, tmp_path / "clip.mp4", nothing)
        with scan(probe(tmp_path / "clip.mp4")) as clip:
            assert clip.seconds == pytest.approx(end - start, abs=0.1)
        times = [0.02 + at for at in range(int(end - start))]
        assert numbers(tmp_path / "clip.mp4", times) == numbers(film, [start + time for time in times])


def test_the_same_film_gives_the_same_bytes_and_a_large_one_is_made_small(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "film.mp4", scenes([30], width=1280, height=720)))
    for name in ("a.mp4", "b.mp4"):
        cut(film, 0.2, 1.2, tmp_path / name, nothing)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    video = probe(tmp_path / "a.mp4").video
    assert (video.width, video.height) == (640, 360)


def test_a_picture_that_stands_lasts_to_the_end_of_its_clip(tmp_path: Path) -> None:
    film = encode(tmp_path / "film.mp4", scenes([3]), times=[0.0, 1.0, 2.0], last=6.0)
    cut(probe(film), 0.0, 8.0, tmp_path / "clip.mp4", nothing)
    with scan(probe(tmp_path / "clip.mp4")) as clip:
        assert clip.seconds > 7.9


def test_what_is_broken_off_or_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "film.mp4", scenes([48])))

    def stop() -> None:
        raise Halted

    with pytest.raises(Halted):
        cut(film, 0.0, 1.0, tmp_path / "clips" / "a.mp4", stop)
    assert list((tmp_path / "clips").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        cut(film, 0.0, 1.0, tmp_path / "file" / "a.mp4", nothing)
