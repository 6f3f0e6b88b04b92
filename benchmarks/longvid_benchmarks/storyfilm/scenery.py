"""The eight places as opaque pictures, each with colours of its own and one big motif in the middle of the picture.

A flashback's place is sepia within a white frame that lies inside the central square. Knows no figure and no story.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from longvid_benchmarks.storyfilm.pictures_paint import Colour, Painter, Picture

FLOOR = 0.6
"""Where the ground begins, in heights of the picture."""
FRAME = 0.045
"""Width of the white frame of a flashback."""
WHITE: Colour = (255, 255, 255)


def place(name: str, flashback: bool, rows: int, columns: int, kx: float, ky: float, cx: float) -> Picture:
    """uint8 [rows, columns, 3]: the place at `kx` and `ky` pixels a height of the picture, its middle at column `cx`.

    It is drawn for a whole 16:9 picture and cut to `columns`.
    """
    p = Painter(16 / 9 + 0.1, 1.0, max(kx, ky))
    p.turn = (0.0, (0.0, -0.5))
    _DRAW[name](p)
    if flashback:
        _sepia(p)
    fine = p.image[..., :3].astype(np.float32)
    total = np.zeros((rows, columns, 3), np.float32)
    for down in SAMPLES:
        ys = _samples(rows, ky, 0.0, down, p.k, fine.shape[0], 0.0)
        for right in SAMPLES:
            xs = _samples(columns, kx, -cx / kx, right, p.k, fine.shape[1], fine.shape[1] / 2)
            total += fine[ys[:, None], xs]
    cut: Picture = np.rint(total / len(SAMPLES) ** 2).astype(np.uint8)
    return cut


SAMPLES = (-0.3, -0.1, 0.1, 0.3)
"""Where a pixel is sampled, in pixels from its middle: sharper than its mean, as a big picture scaled down is."""


def _samples(
    count: int, k: float, start: float, aside: float, fine: float, size: int, middle: float
) -> NDArray[np.intp]:
    """Rows or columns of the fine picture, `fine` pixels a height, that `count` pixels at `k` a height fall on."""
    at = (start + (np.arange(count) + 0.5 + aside) / k) * fine + middle
    found: NDArray[np.intp] = np.clip(np.floor(at), 0, size - 1).astype(np.intp)
    return found


def _sepia(p: Painter) -> None:
    """Brown the central square and frame it. What lies beside it keeps its colours: a cut between two flashbacks must
    stay a cut.
    """
    middle, half = p.image.shape[1] // 2, round(0.5 * p.k)
    square = p.image[:, middle - half : middle + half, :3]
    bare = square.astype(np.float32)
    brown = (bare.mean(axis=2, keepdims=True) * 0.85 + 38) * np.array([1.06, 0.88, 0.62], np.float32)
    square[:] = np.clip(0.75 * brown + 0.25 * bare, 0, 255)
    for side in (-1, 1):
        x0, x1 = sorted((side * (0.5 - FRAME), side * (0.5 + FRAME)))
        p.box(x0, 0, x1, 1, WHITE)
    p.box(-0.5, 0, 0.5, FRAME, WHITE)
    p.box(-0.5, 1 - FRAME, 0.5, 1, WHITE)


def _ground(p: Painter, sky: Colour, ground: Colour, edge: Colour | None = None) -> None:
    p.box(-1, 0, 1, FLOOR + 0.01, sky)
    p.box(-1, FLOOR, 1, 1, ground)
    if edge:
        p.box(-1, FLOOR, 1, FLOOR + 0.02, edge)


def _forest(p: Painter) -> None:
    _ground(p, (96, 150, 104), (62, 104, 58), (44, 80, 44))
    for x, s in ((-0.72, 1.0), (-0.27, 1.15), (0.27, 1.15), (0.72, 1.0), (0.0, 0.8)):
        p.box(x - 0.035, 0.45, x + 0.035, FLOOR + 0.02, (84, 56, 34))
        for i in range(3):
            top, w = 0.5 - s * (0.16 + 0.14 * i), s * (0.2 - 0.045 * i)
            p.poly([(x, top - 0.05), (x - w, top + 0.17), (x + w, top + 0.17)], (26, 84 - 8 * i, 46))


def _beach(p: Painter) -> None:
    _ground(p, (150, 216, 248), (238, 214, 152))
    p.box(-1, 0.42, 1, FLOOR, (40, 140, 206))
    for i in range(7):
        p.disc(-0.85 + 0.28 * i, FLOOR, 0.1, (232, 246, 252), 0.16)
    p.disc(0.26, 0.2, 0.15, (255, 226, 110))
    p.line([(-0.36, 0.64), (-0.3, 0.4), (-0.26, 0.2)], 0.05, (140, 98, 56))
    for a in (-2.9, -2.3, -0.8, -0.2, 0.35, 2.75):
        x, y = -0.26 + 0.25 * math.cos(a), 0.2 + 0.17 * math.sin(a)
        p.poly([(-0.26, 0.17), (x, y), (-0.26 + 0.04 * math.cos(a + 1.5), 0.23)], (58, 150, 70))


def _cave(p: Painter) -> None:
    _ground(p, (70, 60, 74), (98, 86, 92), (54, 46, 58))
    for x, w, y in (
        (-0.8, 0.12, 0.4),
        (-0.5, 0.1, 0.22),
        (-0.28, 0.13, 0.44),
        (0.0, 0.1, 0.26),
        (0.24, 0.13, 0.4),
        (0.5, 0.1, 0.24),
        (0.78, 0.13, 0.42),
    ):
        p.poly([(x - w, 0), (x + w, 0), (x, y)], (40, 33, 44))
    for x, s in ((-0.36, 1.0), (0.4, 1.1), (0.78, 0.8), (-0.75, 0.9)):
        for dx, h in ((-0.07, 0.16), (0.0, 0.27), (0.07, 0.18)):
            top = FLOOR + 0.01 - s * h
            p.poly(
                [
                    (x + dx - 0.04, FLOOR + 0.02),
                    (x + dx - 0.03, top + 0.04),
                    (x + dx, top),
                    (x + dx + 0.03, top + 0.04),
                    (x + dx + 0.04, FLOOR + 0.02),
                ],
                (126, 104, 176),
            )


def _market(p: Painter) -> None:
    _ground(p, (226, 182, 134), (176, 132, 100), (140, 100, 74))
    for i in range(-9, 9):
        colour: Colour = (206, 84, 66) if i % 2 else (250, 238, 222)
        x = i * 0.11
        p.box(x, 0.0, x + 0.11, 0.2, colour)
        p.disc(x + 0.055, 0.2, 0.055, colour)
    for x in (-0.46, 0.46):
        p.box(x - 0.018, 0.2, x + 0.018, FLOOR, (110, 72, 44))
    p.box(-0.44, 0.48, 0.44, FLOOR, (140, 96, 58))
    for i in range(7):
        p.disc(-0.36 + 0.12 * i, 0.45, 0.055, ((190, 120, 70), (150, 160, 80), (200, 160, 90))[i % 3])


def _castle(p: Painter) -> None:
    _ground(p, (236, 190, 206), (150, 148, 140), (116, 114, 112))
    stone: Colour = (150, 146, 160)
    p.box(-0.4, 0.3, 0.4, FLOOR, stone)
    for i in range(-4, 4):
        p.box(i * 0.1 + 0.02, 0.24, i * 0.1 + 0.08, 0.31, stone)
    for x in (-0.42, 0.42, -0.8, 0.8):
        p.box(x - 0.1, 0.12, x + 0.1, FLOOR, (128, 124, 140))
        p.poly([(x - 0.13, 0.13), (x + 0.13, 0.13), (x, -0.08)], (150, 80, 110))
        p.box(x - 0.02, 0.25, x + 0.02, 0.36, (66, 62, 80))
    p.disc(0.0, 0.47, 0.08, (90, 84, 100))
    p.box(-0.08, 0.47, 0.08, FLOOR, (90, 84, 100))


def _glacier(p: Painter) -> None:
    _ground(p, (176, 222, 246), (226, 242, 250), (190, 222, 240))
    for x, w, top in ((-0.75, 0.34, 0.2), (-0.2, 0.38, 0.05), (0.3, 0.34, 0.16), (0.8, 0.34, 0.1)):
        p.poly([(x - w, FLOOR), (x + w, FLOOR), (x, top)], (112, 180, 220))
        p.poly([(x - w * 0.35, top + 0.19), (x + w * 0.35, top + 0.19), (x, top)], (246, 252, 255))
        p.poly([(x, top + 0.1), (x + w, FLOOR), (x + 0.05, FLOOR)], (86, 156, 204))


def _harbor(p: Painter) -> None:
    _ground(p, (88, 104, 160), (128, 98, 70), (84, 60, 42))
    p.box(-1, 0.44, 1, FLOOR, (30, 66, 112))
    p.disc(-0.33, 0.14, 0.085, (240, 236, 210))
    p.poly([(-0.26, 0.42), (0.44, 0.42), (0.34, 0.57), (-0.16, 0.57)], (108, 58, 40))
    p.box(0.075, 0.05, 0.105, 0.43, (70, 44, 30))
    p.poly([(0.12, 0.07), (0.4, 0.38), (0.12, 0.38)], (232, 224, 206))
    p.poly([(0.06, 0.11), (-0.18, 0.38), (0.06, 0.38)], (212, 200, 180))
    for i in range(-6, 7):
        p.box(i * 0.15 - 0.004, FLOOR, i * 0.15 + 0.004, 1, (92, 68, 48))


def _garden(p: Painter) -> None:
    _ground(p, (206, 240, 214), (150, 210, 96), (110, 170, 70))
    p.box(-1, 0.34, 1, FLOOR, (76, 150, 76))
    for i in range(-8, 9):
        p.disc(i * 0.12, 0.34, 0.07, (76, 150, 76))
        p.disc(i * 0.12 + 0.03, 0.44 + 0.07 * (i % 2), 0.03, (250, 150, 190))
    p.box(-0.05, 0.34, 0.05, FLOOR, (196, 196, 204))
    p.disc(0.0, FLOOR - 0.01, 0.24, (196, 196, 204), 0.2)
    p.disc(0.0, 0.34, 0.16, (196, 196, 204), 0.22)
    for side in (-1, 1):
        p.line([(0.0, 0.12), (side * 0.08, 0.16), (side * 0.13, 0.31)], 0.028, (110, 190, 240))
    p.line([(0.0, 0.1), (0.0, 0.32)], 0.03, (110, 190, 240))


_DRAW: dict[str, Callable[[Painter], None]] = {
    "forest": _forest,
    "beach": _beach,
    "cave": _cave,
    "market": _market,
    "castle": _castle,
    "glacier": _glacier,
    "harbor": _harbor,
    "garden": _garden,
}
