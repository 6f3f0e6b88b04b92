"""uint8 frames agree with the float transform."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from longvid.cogvlm2.frames import MEAN, STD, resize_frame, window
from longvid.cogvlm2.pixels import transform

HALF = 0.5005


def picture(height: int, width: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def levels(frame: np.ndarray[Any, Any], size: int, fit: Any, aspect: float = 1.0) -> np.ndarray[Any, Any]:
    """What the float transform makes, as grey levels [size, size, 3]."""
    pixels = transform(frame[None], size, fit, aspect)[0]
    grey: np.ndarray[Any, Any] = (pixels * torch.tensor(STD).view(3, 1, 1) + torch.tensor(MEAN).view(3, 1, 1)) * 255
    return np.asarray(grey).transpose(1, 2, 0)


@pytest.mark.parametrize("fit", ["crop", "pad"])
@pytest.mark.parametrize(
    ("height", "width"),
    [(360, 640), (640, 360), (1080, 1920), (57, 61), (224, 224), (30, 41), (225, 223), (1, 1), (3, 500), (480, 853)],
)
def test_uint8_frames_are_within_half_a_level(height: int, width: int, fit: Any) -> None:
    frame = picture(height, width)
    small = resize_frame(frame, 224, fit)
    assert small.shape == (224, 224, 3)
    assert small.dtype == np.uint8
    assert float(np.abs(small - levels(frame, 224, fit)).max()) <= HALF


@pytest.mark.parametrize("fit", ["crop", "pad"])
@pytest.mark.parametrize(("height", "width"), [(360, 640), (1080, 1920), (57, 61), (3, 500)])
def test_stripes_change_no_bit(monkeypatch: pytest.MonkeyPatch, height: int, width: int, fit: Any) -> None:
    frame = picture(height, width)
    in_stripes = resize_frame(frame, 224, fit)
    monkeypatch.setattr("longvid.cogvlm2.frames.STRIPE", 10_000)
    assert np.array_equal(resize_frame(frame, 224, fit), in_stripes)


@given(
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    size=st.sampled_from([28, 56, 84]),
    fit=st.sampled_from(["crop", "pad"]),
    aspect=st.sampled_from([1.0, 16 / 15, 0.75, 64 / 45]),
)
def test_odd_sizes_and_pixel_aspects_are_within_half_a_level(
    height: int, width: int, size: int, fit: Any, aspect: float
) -> None:
    frame = picture(height, width, height * 1000 + width)
    found = resize_frame(frame, size, fit, aspect)
    assert float(np.abs(found - levels(frame, size, fit, aspect)).max()) <= HALF


def test_pad_keeps_the_whole_picture_in_a_border_of_normalised_zero() -> None:
    frame = np.full((100, 200, 3), 255, dtype=np.uint8)
    pixels = transform(frame[None], 56, "pad")[0]
    assert (pixels[:, :14] == 0).all()
    assert (pixels[:, 42:] == 0).all()
    assert (pixels[:, 14:42] > 1).all()
    small = resize_frame(frame, 56, "pad")
    assert small[0, 0].tolist() == [123, 117, 104]
    assert (small[14:42] == 255).all()


def test_pixel_aspect_widens_the_picture() -> None:
    # PAL wide screen: 720x576 pixels shown as 1024x576.
    place = window(576, 720, 224, "crop", 64 / 45)
    assert (place.height, place.width) == (224, 398)
    assert window(576, 720, 224, "pad", 64 / 45).rows == 126


def test_frames_at_size_are_left_as_they_are() -> None:
    frame = picture(56, 56)
    assert np.array_equal(resize_frame(frame, 56), frame)
    assert np.array_equal(resize_frame(frame, 56, "pad"), frame)


def test_views_with_any_strides_are_read() -> None:
    frame = picture(120, 90)[::-1, ::2]
    assert np.array_equal(resize_frame(frame, 56), resize_frame(frame.copy(), 56))


@pytest.mark.parametrize(
    "frame",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_what_is_no_picture_is_refused(frame: Any) -> None:
    with pytest.raises(ValueError, match=r"uint8|cannot fit"):
        resize_frame(frame, 56)


def test_unknown_fits_and_aspects_are_refused() -> None:
    with pytest.raises(ValueError, match="crop, pad"):
        resize_frame(picture(4, 4), 56, "stretch")  # type: ignore[arg-type]
    for aspect in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="pixel_aspect"):
            resize_frame(picture(4, 4), 56, "crop", aspect)
