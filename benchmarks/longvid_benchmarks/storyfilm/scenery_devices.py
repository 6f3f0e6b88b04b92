"""Devices and stage pieces as images: gate, lamp, flag, fire in every state between their two, folding screen, lock.

Knows no story and no stage.
"""

from __future__ import annotations

from longvid_benchmarks.storyfilm.pictures_paint import INK, Colour, Painter, Sprite

STEPS = 8
"""A device goes from its first state (0) to its second (`STEPS`) in so many images."""
HEIGHT = 0.48
"""Of a device; its image's middle is its own."""


def device(kind: str, step: int, scale: float) -> Sprite:
    """One device; `step` 0 is closed, dark, lowered, out; `STEPS` is open, lit, raised, burning."""
    p = Painter(0.58, 0.58, scale)
    {"gate": _gate, "lamp": _lamp, "flag": _flag, "fire": _fire}[kind](p, step / STEPS)
    return p.sprite()


def _gate(p: Painter, share: float) -> None:
    stone: Colour = (172, 164, 150)
    p.box(-0.22, -0.24, 0.22, 0.24, stone)
    p.box(-0.14, -0.14, 0.14, 0.24, (10, 8, 16))
    with p.inside():
        bottom = 0.24 - share * 0.35
        iron: Colour = (205, 120, 60)
        for x in (-0.105, -0.035, 0.035, 0.105):
            p.box(x - 0.017, -0.14, x + 0.017, bottom, iron)
        for y in (-0.06, 0.06, 0.18):
            if y < bottom:
                p.box(-0.14, y - 0.016, 0.14, y + 0.016, iron)
    for x in (-0.18, 0.18):
        p.box(x - 0.045, -0.24, x + 0.045, -0.2, (120, 112, 104))
        for y in (-0.1, 0.06):
            p.box(x - 0.04, y - 0.006, x + 0.04, y + 0.006, (120, 112, 104))


def _lamp(p: Painter, share: float) -> None:
    lit = share > 0.4
    post: Colour = (70, 74, 84)
    p.box(-0.022, -0.02, 0.022, 0.22, post)
    p.box(-0.085, 0.2, 0.085, 0.24, post)
    if lit:
        for x0, y0, x1, y1 in (
            (-0.13, -0.12, -0.22, -0.12),
            (0.13, -0.12, 0.22, -0.12),
            (-0.115, -0.2, -0.19, -0.25),
            (0.115, -0.2, 0.19, -0.25),
            (-0.115, -0.04, -0.19, 0.01),
            (0.115, -0.04, 0.19, 0.01),
        ):
            p.line([(x0, y0), (x1, y1)], 0.028, (255, 222, 60))
    p.poly([(-0.09, -0.21), (0.09, -0.21), (0.065, -0.02), (-0.065, -0.02)], INK)
    glass: Colour = (255, 246, 130) if lit else (64, 70, 92)
    p.poly([(-0.078, -0.2), (0.078, -0.2), (0.056, -0.03), (-0.056, -0.03)], glass)
    p.poly([(-0.1, -0.2), (0.1, -0.2), (0.0, -0.265)], post)


def _flag(p: Painter, share: float) -> None:
    p.box(-0.112, -0.25, -0.08, 0.24, (120, 84, 52))
    p.disc(-0.096, -0.25, 0.028, (230, 190, 60))
    p.box(-0.17, 0.21, -0.02, 0.24, (90, 90, 96))
    y = 0.03 - share * 0.25
    p.poly([(-0.09, y), (0.2, y + 0.015), (0.14, y + 0.09), (0.2, y + 0.165), (-0.09, y + 0.18)], (236, 70, 150))
    p.disc(0.02, y + 0.09, 0.042, (255, 255, 255))


def _fire(p: Painter, share: float) -> None:
    wood: Colour = (112, 70, 38)
    p.line([(-0.17, 0.21), (0.17, 0.11)], 0.06, wood)
    p.line([(0.17, 0.21), (-0.17, 0.11)], 0.06, wood)
    for x in (-0.2, 0.2):
        p.disc(x, 0.21, 0.035, (130, 128, 130))
    if share <= 0.05:
        p.disc(0.0, 0.1, 0.05, (90, 88, 92), 0.5)
        return
    for grow, colour in ((1.0, (240, 70, 20)), (0.72, (255, 150, 20)), (0.42, (255, 240, 120))):
        g = grow * (0.35 + 0.65 * share)
        p.poly(
            [
                (0.0, 0.15 - 0.4 * g),
                (0.06 * g, 0.15 - 0.22 * g),
                (0.12 * g, 0.15 - 0.3 * g),
                (0.16 * g, 0.12 - 0.1 * g),
                (0.11 * g, 0.17),
                (-0.11 * g, 0.17),
                (-0.16 * g, 0.12 - 0.1 * g),
                (-0.11 * g, 0.15 - 0.28 * g),
                (-0.06 * g, 0.15 - 0.2 * g),
            ],
            colour,
        )


def screen(scale: float) -> Sprite:
    """A folding screen of three wings, high enough to hide a figure."""
    p = Painter(0.44, 0.48, scale)
    for i, x in enumerate((-0.18, -0.06, 0.06)):
        tilt = 0.02 if i % 2 else -0.02
        p.poly(
            [(x, -0.19 + tilt), (x + 0.12, -0.19 - tilt), (x + 0.12, 0.2 - tilt), (x, 0.2 + tilt)],
            (212, 160, 130) if i % 2 else (184, 126, 100),
        )
        p.line([(x + 0.12, -0.19 - tilt), (x + 0.12, 0.2 - tilt)], 0.014, INK)
    return p.sprite()


def lock(opened: bool, scale: float) -> Sprite:
    """A padlock, shut or with its bow swung up."""
    p = Painter(0.28, 0.34, scale)
    lift = -0.05 if opened else 0.0
    bow = [(-0.055, 0.0), (-0.055, -0.06 + lift), (-0.03, -0.1 + lift), (0.03, -0.1 + lift), (0.055, -0.06 + lift)]
    if not opened:
        bow.append((0.055, 0.0))
    p.line(bow, 0.032, (200, 204, 214))
    p.box(-0.09, -0.02, 0.09, 0.12, (250, 200, 30))
    p.disc(0.0, 0.035, 0.026, INK)
    p.box(-0.012, 0.035, 0.012, 0.085, INK)
    return p.sprite()
