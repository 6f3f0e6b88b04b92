"""Paint and paste: from polygons in units of the picture's height to small outlined images that are laid over a frame.

A `Painter` draws once, at several times the wanted size, and hands out a `Sprite`; `paste` lays it over a canvas in
five numpy calls. Knows neither story nor stage.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
Point = tuple[float, float]
Picture = NDArray[np.uint8]

INK: Colour = (18, 16, 28)
"""Outlines, marks and eyes: darker than anything of a place."""
HALO: Colour = (255, 252, 240)
OUTLINE = 0.013
RIM = 0.011
"""Widths of the dark outline and of the light rim around it, in heights of the picture."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """A small image with its coverage.

    paint : uint16 [h, w, 3], colour times coverage, 0 to 255 * 256
    clear : uint16 [h, w, 3], what is left of the picture below, 0 to 256
    """

    paint: NDArray[np.uint16]
    clear: NDArray[np.uint16]


def paste(canvas: Picture, sprite: Sprite, x: float, y: float, alpha: float = 1.0) -> None:
    """Lay `sprite` with its middle at (x, y) pixels over `canvas`, as far as it lies inside; `alpha` 0 to 1."""
    if alpha <= 0.02:
        return
    paint, clear = sprite.paint, sprite.clear
    h, w = paint.shape[:2]
    top, left = round(y - h / 2), round(x - w / 2)
    bottom, right = top + h, left + w
    if top < 0 or left < 0 or bottom > canvas.shape[0] or right > canvas.shape[1]:
        y0, x0 = max(0, top), max(0, left)
        y1, x1 = min(canvas.shape[0], bottom), min(canvas.shape[1], right)
        if y0 >= y1 or x0 >= x1:
            return
        inner = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
        paint, clear = paint[inner], clear[inner]
        top, left, bottom, right = y0, x0, y1, x1
    region = canvas[top:bottom, left:right]
    if alpha < 0.98:
        share = round(alpha * 256)
        clear = (256 - (((256 - clear) * share) >> 8)).astype(np.uint16)
        paint = ((paint.astype(np.uint32) * share) >> 8).astype(np.uint16)
    mixed = region * clear
    mixed += paint
    mixed >>= 8
    region[:] = mixed


class Painter:
    """A transparent sheet of `width` x `height` (heights of the picture) with (0, 0) in its middle, y down.

    `scale` is pixels a height of the picture.
    """

    def __init__(self, width: float, height: float, scale: float) -> None:
        self.over = 6 if scale < 80 else 4 if scale < 200 else 2
        self.rows, self.columns = math.ceil(height * scale), math.ceil(width * scale)
        self.k = scale * self.over
        self.image = np.zeros((self.rows * self.over, self.columns * self.over, 4), np.uint8)
        self.turn: tuple[float, Point] = (0.0, (0.0, 0.0))

    def _at(self, x: float, y: float) -> Point:
        angle, (ox, oy) = self.turn
        if angle:
            c, s = math.cos(angle), math.sin(angle)
            x, y = c * x - s * y, s * x + c * y
        return (
            (x + ox) * self.k + self.image.shape[1] / 2,
            (y + oy) * self.k + self.image.shape[0] / 2,
        )

    def poly(self, points: Sequence[Point], colour: Colour) -> None:
        there = np.array([[round(v * 16 - 8) for v in self._at(*point)] for point in points], np.int32)
        cv2.fillPoly(self.image, [there], (*colour, 255), cv2.LINE_8, 4)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)

    def disc(self, x: float, y: float, r: float, colour: Colour, squash: float = 1.0) -> None:
        """A disc, or with `squash` an ellipse of height `squash` times its width."""
        steps = 40
        turns = [2 * math.pi * i / steps for i in range(steps)]
        self.poly([(x + r * math.cos(a), y + squash * r * math.sin(a)) for a in turns], colour)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A broken line with round ends."""
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            length = math.hypot(x1 - x0, y1 - y0) or 1.0
            nx, ny = -(y1 - y0) / length * width / 2, (x1 - x0) / length * width / 2
            self.poly([(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)], colour)
        for x, y in points:
            self.disc(x, y, width / 2, colour)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What is drawn in here lands only where something was painted before."""
        before = self.image.copy()
        yield
        bare = before[..., 3] == 0
        self.image[bare] = 0

    @contextmanager
    def turned(self, angle: float, x: float = 0.0, y: float = 0.0) -> Iterator[None]:
        """What is drawn in here is turned by `angle` (rad, clockwise) and moved by (x, y)."""
        before, self.turn = self.turn, (angle, (x, y))
        yield
        self.turn = before

    def rim(self, width: float, colour: Colour) -> None:
        """Put a band of `width` around all that was painted."""
        r = max(1, round(width * self.k))
        shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
        mask = self.image[..., 3]
        wide = cv2.dilate(mask, shape)
        self.image[(wide > 0) & (mask == 0)] = (*colour, 255)

    def sprite(self, outline: float = OUTLINE, halo: float = RIM) -> Sprite:
        """All that was painted, outlined, at its true size."""
        if outline:
            self.rim(outline, INK)
        if halo:
            self.rim(halo, HALO)
        cover = self.image[..., 3:].astype(np.float32) / 255
        flat = np.concatenate([self.image[..., :3] * cover, cover], axis=2)
        small = shrink(flat, self.rows, self.columns, self.over)
        paint = np.rint(np.clip(small[..., :3], 0, 255) * 256).astype(np.uint16)
        clear = np.rint((1 - np.clip(small[..., 3:], 0, 1)) * 256).astype(np.uint16)
        rows, columns = _filled(clear[..., 0].min(axis=1)), _filled(clear[..., 0].min(axis=0))
        paint, clear = paint[rows, columns], clear[rows, columns]
        return Sprite(np.ascontiguousarray(paint), np.ascontiguousarray(np.broadcast_to(clear, paint.shape)))


def _filled(clear: NDArray[np.uint16]) -> slice:
    """The part that is not all clear, widened so that its middle stays the middle."""
    there = np.flatnonzero(clear < 256)
    if not there.size:
        return slice(0, len(clear))
    spare = min(int(there[0]), len(clear) - 1 - int(there[-1]))
    return slice(spare, len(clear) - spare)


def shrink(image: NDArray[np.float32], rows: int, columns: int, over: int) -> NDArray[np.float32]:
    """Mean over the inner part of each cell of `over` x `over`: as sharp as a big picture sampled without antialias."""
    cells = image.reshape(rows, over, columns, over, -1)
    skip = over // 5
    inner: NDArray[np.float32] = cells[:, skip : over - skip, :, skip : over - skip].mean(axis=(1, 3))
    return inner
