"""Films of every container and codec at hand, and films that claim or show what hardly one does: what must come out."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from longvid.errors import FilmError
from longvid.film import decoders, probe, scan
from tests.film.films import COLOURS, HEIGHT, WIDTH, encode, nearest, number_in, numbered, scenes, stamped

FAST = {"preset": "ultrafast", "bf": "0"}
PICTURES = scenes([36, 48])
CUT, END = 1.5, 3.5


def is_the_film(path: Path, within: float = 0.002) -> None:
    """Pictures of PICTURES at their true times, one cut, nothing told."""
    with scan(probe(path), transform=nearest, scratch=path.parent) as found:
        assert [scene.end for scene in found.scenes] == pytest.approx([CUT, END], abs=within)
        assert (found.frames, found.skipped, found.warning, found.variable) == (84, 0, None, False)
        assert found.candidates is not None
        pictures = found.candidates.read(range(len(found.candidates)))
        for time, picture in zip(found.candidates.times, pictures, strict=True):
            assert number_in(picture) == round(time * 24)


@pytest.mark.parametrize(
    ("name", "codec", "form", "options"),
    [
        ("a.mp4", "libx264", "yuv420p", FAST),
        ("a.mov", "prores_ks", "yuv422p10le", {}),
        ("a.mov", "mjpeg", "yuvj420p", {}),
        ("a.3gp", "mpeg4", "yuv420p", {"b": "4M"}),
        ("a.mkv", "ffv1", "yuv420p", {}),
        ("a.mkv", "libx265", "yuv420p10le", {"preset": "ultrafast", "x265-params": "log-level=none"}),
        ("a.webm", "libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8"}),
        ("a.webm", "libvpx", "yuv420p", {"deadline": "realtime", "cpu-used": "8", "b": "4M"}),
        ("a.ts", "mpeg2video", "yuv420p", {"b": "4M"}),
        ("a.mpg", "mpeg2video", "yuv420p", {"b": "4M"}),
        ("a.mxf", "mpeg2video", "yuv420p", {"b": "4M"}),
        ("a.avi", "libx264", "yuv420p", FAST),
        ("a.avi", "huffyuv", "yuv422p", {}),
        ("a.wmv", "wmv2", "yuv420p", {"b": "4M"}),
        ("a.flv", "flv1", "yuv420p", {"b": "4M"}),
        ("a.nut", "libx264", "yuv420p", FAST),
        ("a.apng", "apng", "rgb24", {}),
        ("a.h264", "libx264", "yuv420p", FAST),
        ("a.m4v", "mpeg4", "yuv420p", {"b": "4M"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_film_is_the_same_in_every_container_and_codec(
    tmp_path: Path, name: str, codec: str, form: str, options: dict[str, str]
) -> None:
    is_the_film(encode(tmp_path / name, PICTURES, codec=codec, pix_fmt=form, options=options))


def ten_hours(path: Path) -> Path:
    """Writes ten hours into every length that the header of an MP4 has."""
    data = bytearray(path.read_bytes())
    scale = data.index(b"mvhd") + 16
    for name, at in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24)):
        units = int.from_bytes(data[scale : scale + 4] if name != b"mdhd" else _after(data, name, 16), "big")
        place = data.index(name) + at
        data[place : place + 4] = (36_000 * units).to_bytes(4, "big")
    path.write_bytes(data)
    return path


def _after(data: bytearray, name: bytes, at: int) -> bytes:
    place = data.index(name) + at
    return bytes(data[place : place + 4])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_header_that_promises_ten_hours_makes_no_film_longer(tmp_path: Path, suffix: str) -> None:
    path = encode(tmp_path / "a.mp4", PICTURES, options=FAST)
    is_the_film(ten_hours(path) if suffix == ".mp4" else stamped(path, tmp_path / "a.mkv", _same, promised=36_000))


def _same(i: int, time: float) -> float:
    del i
    return time


def test_an_avi_whose_frames_claim_to_last_for_years_is_read_at_25_frames_a_second(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.avi", PICTURES, codec="mpeg4", options={"b": "4M"})
    data = bytearray(path.read_bytes())
    scale = data.index(b"strh") + 28
    data[scale : scale + 8] = (0x7FFFFFFF).to_bytes(4, "little") + (1).to_bytes(4, "little")
    path.write_bytes(data)
    found = scan(probe(path))
    assert [scene.end for scene in found.scenes] == pytest.approx([36 / 25, 84 / 25], abs=0.05)
    assert found.warning is None


def test_twelve_hours_of_slides_are_twelve_hours(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", scenes([40, 20]), times=[i * 720 for i in range(60)], options=FAST)
    found = scan(probe(path))
    assert [scene.end for scene in found.scenes] == pytest.approx([28_800, 42_480], abs=1)
    assert found.warning is None


@pytest.mark.parametrize("count", [1, 5])
def test_a_film_of_a_moment_is_refused_by_its_length(tmp_path: Path, count: int) -> None:
    with pytest.raises(FilmError, match=f"only {count / 24:.2f} s of video can be decoded; a film needs a second"):
        probe(encode(tmp_path / "a.mp4", PICTURES[:count]))


def test_a_film_begins_where_its_edit_list_says(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options=FAST)
        stream.width, stream.height, stream.gop_size = WIDTH, HEIGHT, 12
        for i, picture in enumerate(scenes([18, 36, 48])):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = i - 18, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert b"elst" in path.read_bytes()
    found = scan(probe(path))
    assert [scene.end for scene in found.scenes] == pytest.approx([CUT, END], abs=0.002)


def _black(count: int) -> list[NDArray[np.uint8]]:
    return [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * count


def _faded(i: int) -> NDArray[np.uint8]:
    share = i / 240
    return numbered(i, [round(a * (1 - share) + b * share) for a, b in zip(COLOURS[0], COLOURS[1], strict=True)])


@pytest.mark.parametrize(
    ("pictures", "ends"),
    [
        (lambda: [*PICTURES[:36], *_black(24 * 60), *PICTURES[36:]], [1.5, 61.5, 63.5]),
        (lambda: _black(48), [2.0]),
        (lambda: [_faded(i) for i in range(240)], [10.0]),
        (lambda: [numbered(i, (250, 250, 250) if i % 2 else (5, 5, 5)) for i in range(96)], [4.0]),
        (lambda: [numbered(i, (250, 250, 250) if i == 40 else COLOURS[0]) for i in range(96)], [40 / 24, 4.0]),
    ],
    ids=["a minute of black", "nothing but black", "a long fade", "a strobe", "one flash"],
)
def test_scenes_of_films_that_hardly_show_any(
    tmp_path: Path, pictures: Callable[[], list[NDArray[np.uint8]]], ends: list[float]
) -> None:
    with scan(probe(encode(tmp_path / "a.mp4", pictures(), options=FAST)), transform=nearest) as found:
        assert [scene.end for scene in found.scenes] == pytest.approx(ends, abs=0.002)
        assert found.warning is None


def test_pictures_larger_than_the_limit_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encode(tmp_path / "a.mp4", PICTURES, options=FAST)
    monkeypatch.setattr(decoders, "LARGEST", (100, 100))
    with pytest.raises(FilmError, match="pictures of 128 x 96 are larger than the 100 x 100 that are read; convert"):
        probe(path)


def test_pictures_that_grow_past_the_limit_in_mid_film_are_skipped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = encode(tmp_path / "small.h264", scenes([48]), options=FAST).read_bytes()
    large = encode(tmp_path / "large.h264", scenes([24], width=256, height=192), options=FAST).read_bytes()
    path = tmp_path / "a.h264"
    path.write_bytes(small + large + small)
    monkeypatch.setattr(decoders, "LARGEST", (128, 128))
    found = scan(probe(path))
    assert (found.frames, found.skipped) == (96, 24)
    assert found.warning == "24 broken packets skipped"


def test_a_limit_of_8k_is_stated_in_pixels() -> None:
    assert decoders.too_large(7680, 4320) is decoders.too_large(8192, 8192) is None
    assert "16384 x 16384" in (decoders.too_large(16384, 16384) or "")
