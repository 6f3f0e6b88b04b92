"""The cast as images: shape, colour, mark, cloak and mask, in the poses that the stage asks for.

A figure's body is 0.30 of the picture high and stands on two feet. Knows no story and no stage.
"""

from __future__ import annotations

import math

from longvid_benchmarks.storyfilm.pictures_paint import INK, Colour, Painter, Point, Sprite
from longvid_benchmarks.storyfilm.vocabulary import COLOURS

R = 0.15
"""Half the size of a body."""
CLOAK: Colour = (44, 40, 66)
MASK: Colour = (250, 250, 250)

POSES = ("stand", "right", "left", "both", "wave", "oath", "lie", "tilt", "lean", "grab", "icon", "step")
"""`right`, `left`: that arm reaches out. `both`: both arms up. `wave`, `oath`: one arm up. `lie`: asleep on its side.
`tilt`, `lean`: dancing, turned right or left. `grab`: reaches out with a claw. `icon`: no limbs, for bubbles.
`step`: legs apart."""


def outline(shape: str) -> list[Point]:
    """The silhouette of a shape, within a square of side 2 R."""
    if shape == "circle":
        return [(R * math.cos(a * math.pi / 20), R * math.sin(a * math.pi / 20)) for a in range(40)]
    if shape == "square":
        s = 0.85 * R
        return [(-s, -s), (s, -s), (s, s), (-s, s)]
    if shape == "triangle":
        return [(0.0, -1.08 * R), (1.12 * R, 0.92 * R), (-1.12 * R, 0.92 * R)]
    if shape == "diamond":
        return [(0.0, -1.18 * R), (0.86 * R, 0.0), (0.0, 1.18 * R), (-0.86 * R, 0.0)]
    if shape == "star":
        points = []
        for i in range(10):
            r = 1.26 * R if i % 2 == 0 else 0.56 * R
            points.append((r * math.sin(i * math.pi / 5), 0.06 * R - r * math.cos(i * math.pi / 5)))
        return points
    if shape == "cross":
        a, b = 0.42 * R, 1.02 * R
        return [
            (-a, -b),
            (a, -b),
            (a, -a),
            (b, -a),
            (b, a),
            (a, a),
            (a, b),
            (-a, b),
            (-a, a),
            (-b, a),
            (-b, -a),
            (-a, -a),
        ]
    raise ValueError(f"no silhouette of {shape!r}")


def _limbs(p: Painter, pose: str, skin: Colour) -> None:
    legs = 0.085 if pose == "step" else 0.05
    if pose not in ("icon", "lie"):
        for side in (-1, 1):
            p.line([(0.05 * side, R - 0.06), (legs * side, R + 0.03)], 0.03, INK)
            p.disc(legs * side + 0.012, R + 0.035, 0.026, INK, 0.7)
    arms: dict[str, list[list[Point]]] = {
        "right": [[(0.06, 0.02), (0.225, 0.0)]],
        "left": [[(-0.06, 0.02), (-0.225, 0.0)]],
        "both": [[(0.07, 0.0), (0.19, -0.16)], [(-0.07, 0.0), (-0.19, -0.16)]],
        "tilt": [[(0.07, 0.0), (0.19, -0.16)], [(-0.07, 0.0), (-0.19, -0.16)]],
        "lean": [[(0.07, 0.0), (0.19, -0.16)], [(-0.07, 0.0), (-0.19, -0.16)]],
        "wave": [[(0.07, 0.0), (0.2, -0.17)]],
        "oath": [[(-0.07, 0.0), (-0.17, -0.06), (-0.17, -0.2)]],
        "grab": [[(0.06, 0.02), (0.2, 0.0)]],
    }
    for arm in arms.get(pose, []):
        p.line(arm, 0.05, INK)
        p.line(arm, 0.03, skin)
        x, y = arm[-1]
        p.disc(x, y, 0.035, INK)
        p.disc(x, y, 0.024, skin)
    if pose == "grab":
        for dy in (-1, 1):
            p.line([(0.2, 0.0), (0.225, 0.055 * dy), (0.265, 0.045 * dy)], 0.03, INK)


def figure(colour: str, mark: str, shape: str, masked: bool, pose: str, scale: float) -> Sprite:
    """One figure in one pose; a masked one shows nothing of its look."""
    p = Painter(0.6, 0.6, scale)
    angle = {"lie": -math.pi / 2, "tilt": 0.35, "lean": -0.35}.get(pose, 0.0)
    with p.turned(angle):
        if masked:
            _cloaked(p, pose)
        else:
            _bare(p, COLOURS[colour], mark, shape, pose)
    return p.sprite()


def _bare(p: Painter, rgb: Colour, mark: str, shape: str, pose: str) -> None:
    _limbs(p, pose, rgb)
    body = Painter(0.6, 0.6, p.k / p.over)
    body.turn = p.turn
    body.poly(outline(shape), rgb)
    with body.inside():
        dark: Colour = INK
        if mark == "striped":
            # Across the arms of a cross: below them there is hardly any body for a band.
            top, bottom = (0.02, 0.4) if shape == "cross" else (0.22, 0.62)
            body.box(-R * 1.5, top * R, R * 1.5, bottom * R, dark)
        elif mark == "dotted":
            # Two spots, like buttons: a viewer took a single one for an open mouth.
            apart, size = {"cross": (0.18, 0.16), "star": (0.24, 0.19), "diamond": (0.25, 0.2)}.get(shape, (0.31, 0.23))
            for side in (-1, 1):
                body.disc(side * apart * R, 0.4 * R, size * R, dark)
    body.rim(0.012, INK)
    covered = body.image[..., 3] > 0
    p.image[covered] = body.image[covered]
    eye_y = {"triangle": -0.12, "star": -0.24, "diamond": -0.3, "cross": -0.16}.get(shape, -0.28) * R
    gap = {"cross": 0.24, "triangle": 0.23, "star": 0.26}.get(shape, 0.3) * R
    for side in (-1, 1):
        if pose == "lie":
            p.line([(side * gap - 0.015, eye_y), (side * gap + 0.015, eye_y)], 0.012, INK)
        else:
            p.disc(side * gap, eye_y, 0.026, (255, 255, 255))
            p.disc(side * gap + 0.003, eye_y + 0.003, 0.0165, INK)


def _cloaked(p: Painter, pose: str) -> None:
    _limbs(p, pose, CLOAK)
    p.poly(
        [(-0.03, -1.2 * R), (0.03, -1.2 * R), (0.1, -0.85 * R), (0.155, 1.1 * R), (-0.155, 1.1 * R), (-0.1, -0.85 * R)],
        CLOAK,
    )
    p.disc(0.0, -0.25 * R, 0.078, MASK, 1.15)
    for side in (-1, 1):
        p.disc(side * 0.032, -0.32 * R, 0.021, INK)
    p.box(-0.03, 0.1 * R, 0.03, 0.2 * R, INK)


def hand(scale: float) -> Sprite:
    """A grasping hand that reaches to the right: the sign for taking away."""
    p = Painter(0.36, 0.34, scale)
    skin: Colour = (240, 190, 150)
    p.box(-0.15, -0.05, -0.07, 0.05, (190, 20, 20))
    p.disc(-0.045, 0.0, 0.068, skin)
    for x, y in ((0.015, -0.105), (0.06, -0.06), (0.01, 0.095)):
        p.line([(-0.05, y * 0.4), (x, y), (x + 0.075, y * 0.55)], 0.035, skin)
    return p.sprite(halo=0.0)
