"""Colours of HDR and wide-gamut films: the light that was meant, as an ordinary screen shows it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from longvid.film import colour, exact, probe, scan
from longvid.film.pictures import Upright
from tests.film.films import encode, nearest, scenes, with_box

FROM_709 = np.linalg.inv(np.array(colour.TO_709[colour.BT2020]))
WHITE = 203.0  # cd/m2
COLOURS = ((200, 30, 30), (30, 170, 40), (30, 60, 220), (128, 128, 128), (20, 20, 20), (200, 190, 60))


def light(code: Any) -> NDArray[np.float64]:
    """Of sRGB: 1 is white."""
    c = np.asarray(code) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def pq(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    y = (nits / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32)


def hlg(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    """For a display of 1000 cd/m2."""
    shown = nits / 1000
    luma = (shown @ np.array([0.2627, 0.6780, 0.0593]))[..., None]
    scene = shown * luma ** (1 / 1.2 - 1)
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)


def srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


CODES = {
    "PQ": (9, 16, lambda rgb: pq(FROM_709 @ light(rgb) * WHITE)),
    "PQ, primaries untold": (2, 16, lambda rgb: pq(FROM_709 @ light(rgb) * WHITE)),
    "PQ of an ordinary gamut": (1, 16, lambda rgb: pq(light(rgb) * WHITE)),
    "HLG": (9, 18, lambda rgb: hlg(FROM_709 @ light(rgb) * WHITE)),
    "wide gamut": (9, 14, lambda rgb: srgb(FROM_709 @ light(rgb))),
}


def plain(code: NDArray[np.float64]) -> NDArray[np.uint8]:
    picture = np.empty((96, 128, 3), np.uint8)
    picture[:] = np.round(code * 255)
    return picture


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("rgb", COLOURS)
def test_a_colour_below_white_comes_out_as_it_was(kind: str, rgb: tuple[int, int, int]) -> None:
    primaries, transfer, encoded = CODES[kind]
    picture = np.round(np.tile(encoded(rgb), (2, 2, 1)) * (255 << 8)).astype(np.uint16)
    assert colour.needs_mapping(transfer, primaries)
    assert abs(colour.mapped(picture, transfer, primaries).astype(int) - rgb).max() <= 1


@pytest.mark.parametrize("transfer", [colour.PQ, colour.HLG])
def test_highlights_grow_up_to_the_peak_and_keep_their_hue(transfer: int) -> None:
    encoded = {colour.PQ: pq, colour.HLG: hlg}[transfer]
    nits = np.array([100.0, 152, 203, 400, 700, 1000, 1000])
    grays = np.repeat(nits[:, None], 3, axis=1)
    out = colour.mapped(np.round(encoded(grays) * (255 << 8)).astype(np.uint16)[None], transfer, colour.BT709)[0]
    assert (np.ptp(out.astype(int), axis=-1) == 0).all()
    assert (np.diff(out[:6, 0].astype(int)) > 0).all()
    assert out[-1, 0] == 255
    warm = np.array([[900.0, 450, 225]])
    r, g, b = light(colour.mapped(np.round(pq(warm) * (255 << 8)).astype(np.uint16)[None], colour.PQ, 1)[0, 0])
    assert (r / g, g / b) == pytest.approx((2, 2), rel=0.05)


def test_ordinary_and_unknown_colours_are_left_alone() -> None:
    for transfer in (1, 2, 6, 13):
        assert not colour.needs_mapping(transfer, colour.BT709)
        assert not colour.needs_mapping(transfer, colour.UNSPECIFIED)
    assert not colour.needs_mapping(colour.UNSPECIFIED, colour.BT2020)


@pytest.mark.parametrize("kind", ["PQ", "HLG", "wide gamut"])
def test_pictures_of_such_a_film_have_the_colours_that_were_meant(tmp_path: Path, kind: str) -> None:
    primaries, transfer, encoded = CODES[kind]
    red = (200, 30, 30)
    path = encode(
        tmp_path / "a.mkv",
        [plain(encoded(red))] * 30,
        codec="ffv1",
        pix_fmt="yuv420p10le",
        colour=(primaries, transfer),
    )
    film = probe(path)
    with scan(film, transform=nearest, scratch=tmp_path) as found:
        assert found.candidates is not None
        kept = found.candidates.read([0])[0]
    (clip,) = exact(film, [[0.5]], nearest)
    for picture in (kept, clip.frames[0]):
        assert abs(picture[32, 32].astype(int) - red).max() <= 3
    assert len(film.notes) == 1


def test_a_transfer_that_is_not_told_is_told(tmp_path: Path) -> None:
    code = CODES["wide gamut"][2]((200, 30, 30))
    film = probe(encode(tmp_path / "a.mkv", [plain(code)] * 30, codec="ffv1", pix_fmt="yuv420p10le", colour=(9, 2)))
    with scan(film, transform=nearest, scratch=tmp_path) as found:
        assert found.candidates is not None
        assert abs(found.candidates.read([0])[0][32, 32] - code * 255).max() <= 4
    assert "left as they are" in film.notes[0]


def test_a_large_hdr_picture_is_made_smaller_first(tmp_path: Path) -> None:
    import av

    track = probe(encode(tmp_path / "a.mkv", scenes([30]))).video
    picture = np.zeros((1080, 1920, 3), np.uint8)
    picture[:, :960] = np.round(CODES["PQ"][2]((200, 30, 30)) * 255)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p10le", dst_colorspace=9)
    frame.color_primaries, frame.color_trc = colour.BT2020, colour.PQ
    rgb, pixel_aspect = Upright(track)(frame)
    assert (rgb.shape, pixel_aspect) == ((720, 1280, 3), 1)
    assert abs(rgb[360, 320].astype(int) - (200, 30, 30)).max() <= 6


def test_cuts_of_an_hdr_film_are_found_by_the_colours_that_are_shown(tmp_path: Path) -> None:
    dark, bright = (CODES["PQ"][2](rgb) for rgb in ((60, 40, 40), (90, 60, 110)))
    sdr = [plain(np.array(rgb) / 255) for rgb in ((60, 40, 40), (90, 60, 110))]
    hdr = encode(tmp_path / "hdr.mkv", [plain(dark)] * 30 + [plain(bright)] * 30, pix_fmt="yuv420p10le", colour=(9, 16))
    assert len(scan(probe(encode(tmp_path / "sdr.mkv", [sdr[0]] * 30 + [sdr[1]] * 30))).scenes) == 2
    assert len(scan(probe(hdr)).scenes) == 2


def hevc(path: Path, picture: NDArray[np.uint8]) -> Path:
    """A film whose frames say nothing of their colours."""
    options = {"preset": "ultrafast", "x265-params": "log-level=none"}
    return encode(path, [picture] * 30, codec="libx265", pix_fmt="yuv420p10le", options=options)


def test_a_container_may_tell_the_colours_that_frames_do_not(tmp_path: Path) -> None:
    path = hevc(tmp_path / "a.mp4", plain(CODES["HLG"][2]((128, 128, 128))))
    film = probe(with_box(path, b"colr", struct.pack(">4sHHHB", b"nclx", 9, 18, 9, 0)))
    assert film.video.colours == (9, 18, 9)
    with scan(film, transform=nearest, scratch=tmp_path) as found:
        assert found.candidates is not None
        assert abs(found.candidates.read([0])[0][32, 32].astype(int) - 128).max() <= 3
        assert found.warning is None


def test_dolby_vision_that_only_its_own_players_can_show_is_told_as_a_loss(tmp_path: Path) -> None:
    path = hevc(tmp_path / "a.mp4", plain(np.full(3, 0.5)))
    found = scan(probe(with_box(path, b"dvcC", bytes([1, 0, 5 << 1, 6 << 3 | 0b101, 0]) + bytes(19))))
    assert found.warning is not None
    assert "Dolby Vision" in found.warning
