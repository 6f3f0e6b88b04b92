"""Objects as images: ten kinds in every colour, about a quarter of the picture high; coins and the chest.

Knows no story and no stage.
"""

from __future__ import annotations

import math

from longvid_benchmarks.storyfilm.pictures_paint import INK, Colour, Painter, Sprite
from longvid_benchmarks.storyfilm.vocabulary import COLOURS

SIZE = 0.24
"""Height of an object in heights of the picture."""
GOLD: Colour = (255, 196, 20)


def thing(colour: str, kind: str, size: float, scale: float) -> Sprite:
    """One object, `size` high."""
    p = Painter(size * 1.35, size * 1.35, scale)
    _DRAW[kind](p, COLOURS[colour], size)
    return p.sprite()


def _key(p: Painter, c: Colour, s: float) -> None:
    with p.turned(-0.5):
        p.disc(-0.24 * s, 0.0, 0.25 * s, c)
        p.box(-0.1 * s, -0.075 * s, 0.5 * s, 0.075 * s, c)
        p.box(0.2 * s, 0.0, 0.3 * s, 0.24 * s, c)
        p.box(0.39 * s, 0.0, 0.5 * s, 0.27 * s, c)
        p.disc(-0.24 * s, 0.0, 0.1 * s, INK)


def _book(p: Painter, c: Colour, s: float) -> None:
    p.box(-0.36 * s, -0.46 * s, 0.36 * s, 0.46 * s, c)
    p.box(-0.36 * s, -0.46 * s, -0.24 * s, 0.46 * s, INK)
    p.box(-0.3 * s, 0.34 * s, 0.36 * s, 0.46 * s, (250, 248, 235))
    p.box(-0.3 * s, 0.32 * s, 0.36 * s, 0.36 * s, INK)
    p.box(-0.1 * s, -0.28 * s, 0.24 * s, -0.2 * s, INK)
    p.box(-0.1 * s, -0.1 * s, 0.24 * s, -0.02 * s, INK)


def _cup(p: Painter, c: Colour, s: float) -> None:
    p.poly(
        [
            (-0.4 * s, -0.44 * s),
            (0.3 * s, -0.44 * s),
            (0.2 * s, 0.1 * s),
            (0.06 * s, 0.2 * s),
            (-0.16 * s, 0.2 * s),
            (-0.3 * s, 0.1 * s),
        ],
        c,
    )
    p.box(-0.1 * s, 0.15 * s, 0.0, 0.36 * s, c)
    p.box(-0.28 * s, 0.33 * s, 0.18 * s, 0.46 * s, c)
    p.disc(-0.05 * s, -0.42 * s, 0.31 * s, INK, 0.22)
    p.line([(0.27 * s, -0.3 * s), (0.43 * s, -0.26 * s), (0.4 * s, -0.06 * s), (0.2 * s, 0.04 * s)], 0.085 * s, c)


def _crown(p: Painter, c: Colour, s: float) -> None:
    p.poly(
        [
            (-0.46 * s, -0.3 * s),
            (-0.22 * s, 0.04 * s),
            (0.0, -0.42 * s),
            (0.22 * s, 0.04 * s),
            (0.46 * s, -0.3 * s),
            (0.4 * s, 0.4 * s),
            (-0.4 * s, 0.4 * s),
        ],
        c,
    )
    for x, y in ((-0.46, -0.3), (0.0, -0.42), (0.46, -0.3)):
        p.disc(x * s, y * s, 0.085 * s, c)
    p.box(-0.4 * s, 0.18 * s, 0.4 * s, 0.25 * s, INK)


def _letter(p: Painter, c: Colour, s: float) -> None:
    p.box(-0.48 * s, -0.33 * s, 0.48 * s, 0.33 * s, c)
    p.line([(-0.47 * s, -0.3 * s), (0.0, 0.06 * s), (0.47 * s, -0.3 * s)], 0.075 * s, INK)
    p.line([(-0.46 * s, 0.31 * s), (-0.16 * s, -0.02 * s)], 0.05 * s, INK)
    p.line([(0.46 * s, 0.31 * s), (0.16 * s, -0.02 * s)], 0.05 * s, INK)


def _flower(p: Painter, c: Colour, s: float) -> None:
    p.box(-0.04 * s, 0.0, 0.04 * s, 0.5 * s, (20, 90, 30))
    p.poly([(0.0, 0.42 * s), (0.28 * s, 0.2 * s), (0.2 * s, 0.42 * s)], (20, 110, 40))
    p.poly([(0.0, 0.42 * s), (-0.28 * s, 0.2 * s), (-0.2 * s, 0.42 * s)], (20, 110, 40))
    for i in range(5):
        a = 2 * math.pi * i / 5 - math.pi / 2
        p.disc(0.21 * s * math.cos(a), -0.18 * s + 0.21 * s * math.sin(a), 0.155 * s, c)
    p.disc(0.0, -0.18 * s, 0.11 * s, (60, 35, 20))


def _sword(p: Painter, c: Colour, s: float) -> None:
    with p.turned(0.65):
        p.poly(
            [
                (0.0, -0.62 * s),
                (0.11 * s, -0.44 * s),
                (0.11 * s, 0.2 * s),
                (-0.11 * s, 0.2 * s),
                (-0.11 * s, -0.44 * s),
            ],
            c,
        )
        p.box(-0.3 * s, 0.17 * s, 0.3 * s, 0.28 * s, c)
        p.box(-0.06 * s, 0.26 * s, 0.06 * s, 0.5 * s, INK)
        p.disc(0.0, 0.53 * s, 0.08 * s, c)


def _drum(p: Painter, c: Colour, s: float) -> None:
    p.box(-0.42 * s, -0.16 * s, 0.42 * s, 0.36 * s, c)
    p.disc(0.0, 0.36 * s, 0.42 * s, c, 0.28)
    p.line(
        [(-0.4 * s, -0.1 * s), (-0.2 * s, 0.38 * s), (0.0, 0.0), (0.2 * s, 0.38 * s), (0.4 * s, -0.1 * s)],
        0.05 * s,
        INK,
    )
    p.disc(0.0, -0.16 * s, 0.44 * s, INK, 0.36)
    p.disc(0.0, -0.17 * s, 0.37 * s, (250, 244, 225), 0.32)
    p.line([(-0.1 * s, -0.2 * s), (-0.4 * s, -0.5 * s)], 0.07 * s, (120, 70, 30))
    p.line([(0.1 * s, -0.2 * s), (0.4 * s, -0.5 * s)], 0.07 * s, (120, 70, 30))


def _bell(p: Painter, c: Colour, s: float) -> None:
    p.disc(0.0, -0.42 * s, 0.09 * s, c)
    p.disc(0.0, 0.38 * s, 0.11 * s, INK)
    p.disc(0.0, -0.14 * s, 0.25 * s, c)
    p.poly(
        [
            (-0.25 * s, -0.16 * s),
            (0.25 * s, -0.16 * s),
            (0.31 * s, 0.18 * s),
            (0.47 * s, 0.34 * s),
            (-0.47 * s, 0.34 * s),
            (-0.31 * s, 0.18 * s),
        ],
        c,
    )


def _lantern(p: Painter, c: Colour, s: float) -> None:
    p.line([(-0.16 * s, -0.3 * s), (-0.12 * s, -0.47 * s), (0.12 * s, -0.47 * s), (0.16 * s, -0.3 * s)], 0.055 * s, INK)
    p.poly([(-0.18 * s, -0.36 * s), (0.18 * s, -0.36 * s), (0.32 * s, -0.2 * s), (-0.32 * s, -0.2 * s)], c)
    p.box(-0.26 * s, -0.2 * s, 0.26 * s, 0.32 * s, c)
    p.box(-0.15 * s, -0.13 * s, 0.15 * s, 0.26 * s, (40, 34, 30))
    p.poly([(0.0, -0.12 * s), (0.1 * s, 0.12 * s), (0.0, 0.24 * s), (-0.1 * s, 0.12 * s)], (255, 244, 170))
    p.box(-0.34 * s, 0.3 * s, 0.34 * s, 0.45 * s, c)


_DRAW = {
    "key": _key,
    "book": _book,
    "cup": _cup,
    "crown": _crown,
    "letter": _letter,
    "flower": _flower,
    "sword": _sword,
    "drum": _drum,
    "bell": _bell,
    "lantern": _lantern,
}


def coin(scale: float) -> Sprite:
    """A gold coin, 0.16 wide."""
    p = Painter(0.23, 0.23, scale)
    p.disc(0.0, 0.0, 0.08, GOLD)
    p.disc(0.0, 0.0, 0.058, (160, 100, 0))
    p.disc(0.0, 0.0, 0.044, GOLD)
    p.box(-0.011, -0.03, 0.011, 0.03, (120, 70, 0))
    return p.sprite()


def chest(part: str, scale: float) -> Sprite:
    """An open chest: "back" with its lid stands behind what goes in, "front" before it. Both share one middle."""
    p = Painter(0.48, 0.52, scale)
    wood: Colour = (140, 84, 36)
    if part == "back":
        p.poly([(-0.2, -0.02), (0.2, -0.02), (0.17, -0.15), (-0.17, -0.15)], (110, 62, 24))
        p.box(-0.17, -0.02, 0.17, 0.06, (30, 18, 10))
    else:
        p.box(-0.2, 0.02, 0.2, 0.2, wood)
        for x in (-0.13, 0.13):
            p.box(x - 0.018, 0.02, x + 0.018, 0.2, (225, 180, 60))
        p.box(-0.2, 0.02, 0.2, 0.045, (225, 180, 60))
        p.box(-0.03, 0.05, 0.03, 0.11, (225, 180, 60))
    return p.sprite()
