"""One decoded picture to the square the model sees, as uint8.

The published geometry (specification, section 6: bilinear, no antialias, sizes rounded down, half-even crop offsets)
computed from just the rows and columns that it reads. Knows numpy only; the float transform of the processor is in
`processing`, and agrees within half a grey level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Fit = Literal["crop", "pad"]

FITS: tuple[Fit, ...] = ("crop", "pad")

STRIPE = 32  # rows that are computed at once: what a whole picture takes would leave the processor's cache

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
"""Per channel, of values in 0..1 (specification, section 6)."""

BORDER = tuple(round(255 * value) for value in MEAN)
"""The grey of a `pad` border: the level nearest to a normalised 0."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where a picture lands: its size after scaling, and the part of it that fills which part of the square.

    Attributes:
        height, width: size of the scaled picture in pixels.
        top, left: first row and column of the scaled picture that is kept (0 where `pad` keeps all).
        y, x: row and column of the square at which the kept part starts (0 where `crop` fills all).
        rows, columns: size of the kept part.
    """

    height: int
    width: int
    top: int
    left: int
    y: int
    x: int
    rows: int
    columns: int


def window(height: int, width: int, size: int, fit: Fit, pixel_aspect: float = 1.0) -> Window:
    """The geometry of a picture of `height` x `width` pixels in a square of `size`.

    Args:
        fit: `crop` scales the short side to `size` and drops the ends of the long one, as published; `pad` scales the
            long side to `size` and keeps the whole picture.
        pixel_aspect: width of a pixel over its height; the picture is `width * pixel_aspect` wide.

    Raises:
        ValueError: an empty picture, an unknown fit or an impossible pixel aspect.
    """
    if height < 1 or width < 1 or size < 1:
        raise ValueError(f"cannot fit a picture of {width}x{height} into {size}x{size}")
    if not (math.isfinite(pixel_aspect) and pixel_aspect > 0):
        raise ValueError(f"pixel_aspect {pixel_aspect} must be positive")
    wide = width if pixel_aspect == 1.0 else width * pixel_aspect
    if fit == "crop":
        if wide < height:
            new_height, new_width = math.floor((height / wide) * size), size
        else:
            new_height, new_width = size, math.floor((wide / height) * size)
        top, left = round((new_height - size) / 2), round((new_width - size) / 2)
        return Window(new_height, new_width, top, left, 0, 0, size, size)
    if fit == "pad":
        if wide < height:
            new_height, new_width = size, max(1, math.floor((wide / height) * size))
        else:
            new_height, new_width = max(1, math.floor((height / wide) * size)), size
        y, x = round((size - new_height) / 2), round((size - new_width) / 2)
        return Window(new_height, new_width, 0, 0, y, x, new_height, new_width)
    raise ValueError(f"fit {fit!r} is none of {', '.join(FITS)}")


def resize_frame(
    rgb: npt.NDArray[np.uint8], size: int, fit: Fit = "crop", pixel_aspect: float = 1.0
) -> npt.NDArray[np.uint8]:
    """Scale one RGB picture into a square, rounded to whole grey levels.

    Args:
        rgb: [H, W, 3], uint8, any strides.
        size: side of the square in pixels (224 as published).
        fit, pixel_aspect: as for `window`.

    Returns:
        [size, size, 3], uint8, contiguous; within half a grey level of the published float transform.

    Raises:
        ValueError: not a uint8 RGB picture, or as for `window`.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"a frame must be uint8 [H, W, 3], not {rgb.dtype} {list(rgb.shape)}")
    place, rows, columns = _plan(rgb.shape[0], rgb.shape[1], size, fit, pixel_aspect)
    if place.height == rgb.shape[0] and place.width == rgb.shape[1]:
        part = rgb[place.top : place.top + place.rows, place.left : place.left + place.columns]
    else:
        part = _bilinear(rgb, rows, columns)
    if part.shape == (size, size, 3):
        return np.ascontiguousarray(part)
    square = np.empty((size, size, 3), dtype=np.uint8)
    square[:] = BORDER
    square[place.y : place.y + place.rows, place.x : place.x + place.columns] = part
    return square


@dataclass(frozen=True, slots=True)
class _Axis:
    """For each kept output row (or column): the two source ones and the weight of the second."""

    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    weight: npt.NDArray[np.float32]


def _axis(source: int, scaled: int, offset: int, count: int) -> _Axis:
    # float32 with one rounding, as the fused multiply-add of the published transform finds its source coordinates.
    scale = np.float32(source) / np.float32(scaled)
    target = np.arange(offset, offset + count, dtype=np.float64)
    place = np.maximum(((target + 0.5) * np.float64(scale) - 0.5).astype(np.float32), np.float32(0))
    first = np.minimum(place.astype(np.intp), source - 1)
    weight = np.clip(place - first.astype(np.float32), np.float32(0), np.float32(1))
    return _Axis(first, np.minimum(first + 1, source - 1), weight.astype(np.float32))


@lru_cache(maxsize=64)
def _plan(height: int, width: int, size: int, fit: Fit, pixel_aspect: float) -> tuple[Window, _Axis, _Axis]:
    place = window(height, width, size, fit, pixel_aspect)
    rows = _axis(height, place.height, place.top, place.rows)
    columns = _axis(width, place.width, place.left, place.columns)
    return place, rows, columns


def _bilinear(rgb: npt.NDArray[np.uint8], rows: _Axis, columns: _Axis) -> npt.NDArray[np.uint8]:
    # Rows first: they are copied whole, and only those that are read. Columns are then picked from few rows.
    low, high = int(columns.first[0]), int(columns.second[-1]) + 1
    span = rgb[:, low:high]
    left, right, weight = columns.first - low, columns.second - low, columns.weight[None, :, None]
    rounded = np.empty((len(rows.first), len(columns.first), 3), dtype=np.uint8)
    for start in range(0, len(rounded), STRIPE):
        stripe = slice(start, start + STRIPE)
        upper = span[rows.first[stripe]]
        picture = np.subtract(span[rows.second[stripe]], upper, dtype=np.float32)
        picture *= rows.weight[stripe, None, None]
        picture += upper
        # The indices are right by construction; "clip" only spares numpy a buffered copy.
        near = picture.take(left, axis=1, mode="clip")
        mixed = picture.take(right, axis=1, mode="clip")
        mixed -= near
        mixed *= weight
        mixed += near
        # Values lie in 0..255 and the cast cuts, so this rounds to the nearest level.
        mixed += np.float32(0.5)
        rounded[stripe] = np.minimum(mixed, np.float32(255), out=mixed)
    return rounded
