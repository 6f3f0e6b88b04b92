"""Letters and signs: a bold alphabet for name tags, arrows, "!", "Z", notes, rays, speech bubbles.

Everything is drawn big, for a picture that may be only 31 to 63 pixels high. Knows no figure and no story.
"""

from __future__ import annotations

import math

from longvid_benchmarks.storyfilm.pictures_paint import INK, Colour, Painter, Sprite

PAPER: Colour = (255, 255, 255)
ROWS = 7

_FONT = {
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "B": "11110 10001 10001 11110 10001 10001 11110",
    "C": "01111 10000 10000 10000 10000 10000 01111",
    "D": "11100 10010 10001 10001 10001 10010 11100",
    "E": "1111 1000 1000 1110 1000 1000 1111",
    "F": "1111 1000 1000 1110 1000 1000 1000",
    "G": "01111 10000 10000 10011 10001 10001 01111",
    "H": "10001 10001 10001 11111 10001 10001 10001",
    "I": "111 010 010 010 010 010 111",
    "J": "00111 00010 00010 00010 00010 10010 01100",
    "K": "10001 10010 10100 11000 10100 10010 10001",
    "L": "1000 1000 1000 1000 1000 1000 1111",
    "M": "10001 11011 10101 10101 10001 10001 10001",
    "N": "10001 11001 11001 10101 10011 10011 10001",
    "O": "01110 10001 10001 10001 10001 10001 01110",
    "P": "11110 10001 10001 11110 10000 10000 10000",
    "Q": "01110 10001 10001 10001 10101 10010 01101",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    "S": "01111 10000 10000 01110 00001 00001 11110",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "U": "10001 10001 10001 10001 10001 10001 01110",
    "V": "10001 10001 10001 01010 01010 01010 00100",
    "W": "10001 10001 10001 10101 10101 11011 10001",
    "X": "10001 10001 01010 00100 01010 10001 10001",
    "Y": "10001 10001 01010 00100 00100 00100 00100",
    "Z": "11111 00001 00010 00100 01000 10000 11111",
    "!": "1 1 1 1 0 1 1",
}


def width_of(text: str, height: float) -> float:
    """How wide `text` is when its letters are `height` high."""
    return height / ROWS * (sum(len(_FONT[c].split()[0]) + 1 for c in text) - 1)


def write(painter: Painter, text: str, x: float, y: float, height: float, colour: Colour) -> None:
    """Write `text` with its middle at (x, y)."""
    cell = height / ROWS
    bold = 0.13 * cell
    left, top = x - width_of(text, height) / 2, y - height / 2
    for letter in text:
        rows = _FONT[letter].split()
        for j, row in enumerate(rows):
            i = 0
            while i < len(row):
                run = i
                while run < len(row) and row[run] == "1":
                    run += 1
                if run > i:
                    x0, x1, y0 = left + i * cell - bold, left + run * cell + bold, top + j * cell - bold
                    painter.box(x0, y0, x1, y0 + cell + 2 * bold, colour)
                i = run + 1
        left += (len(rows[0]) + 1) * cell


TAG_TEXT = 0.155
"""Height of a name tag's letters."""
TAG_HEIGHT = TAG_TEXT + 0.036


def tag_width(name: str) -> float:
    return width_of(name.upper(), TAG_TEXT) + 0.045


def tag(name: str, colour: Colour, scale: float) -> Sprite:
    """A name on a dark plate whose rim has the colour of its figure."""
    text = name.upper()
    width = tag_width(name)
    p = Painter(width + 0.03, TAG_HEIGHT + 0.02, scale)
    p.box(-width / 2 - 0.01, -TAG_HEIGHT / 2, width / 2 + 0.01, TAG_HEIGHT / 2, colour)
    p.box(-width / 2 + 0.002, -TAG_HEIGHT / 2 + 0.011, width / 2 - 0.002, TAG_HEIGHT / 2 - 0.011, (12, 12, 20))
    write(p, text, 0.0, 0.0, TAG_TEXT, PAPER)
    return p.sprite(outline=0.006, halo=0.0)


def letters(text: str, height: float, colour: Colour, scale: float) -> Sprite:
    """Free-standing letters with an outline."""
    p = Painter(width_of(text, height) + 0.06, height + 0.06, scale)
    write(p, text, 0.0, 0.0, height, colour)
    return p.sprite()


def arrow(colour: Colour, angle: float, length: float, scale: float) -> Sprite:
    """A fat arrow; `angle` in degrees: 0 right, 90 down, 180 left, 270 up."""
    p = Painter(length + 0.07, length + 0.07, scale)
    head, half = min(0.11, length * 0.55), 0.075
    with p.turned(math.radians(angle)):
        p.box(-length / 2, -0.028, length / 2 - head + 0.005, 0.028, colour)
        p.poly([(length / 2, 0), (length / 2 - head, -half), (length / 2 - head, half)], colour)
    return p.sprite()


def note(scale: float) -> Sprite:
    """Two joined notes."""
    p = Painter(0.24, 0.26, scale)
    p.line([(-0.05, 0.06), (-0.05, -0.08), (0.08, -0.09), (0.08, 0.04)], 0.028, (30, 30, 40))
    p.line([(-0.05, -0.06), (0.08, -0.07)], 0.03, (30, 30, 40))
    p.disc(-0.072, 0.065, 0.036, (30, 30, 40), 0.8)
    p.disc(0.058, 0.045, 0.036, (30, 30, 40), 0.8)
    return p.sprite(outline=0.0, halo=0.016)


def rays(turn: int, radius: float, colour: Colour, scale: float) -> Sprite:
    """A wheel of rays; `turn` 0 to 3 is a quarter of the gap between two rays."""
    p = Painter(2 * radius + 0.06, 2 * radius + 0.06, scale)
    for i in range(10):
        a = 2 * math.pi * (i + turn / 4) / 10
        b = 0.13
        p.poly(
            [
                (0.62 * radius * math.cos(a - b), 0.62 * radius * math.sin(a - b)),
                (radius * math.cos(a - 0.16), radius * math.sin(a - 0.16)),
                (radius * math.cos(a + 0.16), radius * math.sin(a + 0.16)),
                (0.62 * radius * math.cos(a + b), 0.62 * radius * math.sin(a + b)),
            ],
            colour,
        )
    return p.sprite(outline=0.01, halo=0.0)


def sparkle(scale: float) -> Sprite:
    """A four-pointed twinkle."""
    p = Painter(0.17, 0.17, scale)
    points = []
    for i in range(8):
        r = 0.065 if i % 2 == 0 else 0.02
        points.append((r * math.cos(math.pi * i / 4), r * math.sin(math.pi * i / 4)))
    p.poly(points, (255, 250, 150))
    return p.sprite(halo=0.0)


def streaks(scale: float) -> Sprite:
    """Three upright motion lines."""
    p = Painter(0.26, 0.22, scale)
    for x, length in ((-0.08, 0.05), (0.0, 0.075), (0.08, 0.05)):
        p.line([(x, -length), (x, length)], 0.022, PAPER)
    return p.sprite(halo=0.0)


def dust(scale: float) -> Sprite:
    """A puff behind who walks."""
    p = Painter(0.16, 0.13, scale)
    for x, y, r in ((-0.03, 0.012, 0.028), (0.025, 0.01, 0.034), (0.0, -0.015, 0.03)):
        p.disc(x, y, r, (236, 226, 205))
    return p.sprite(outline=0.009, halo=0.0)


def steps(scale: float) -> Sprite:
    """A pair of footprints."""
    p = Painter(0.14, 0.09, scale)
    p.disc(-0.025, -0.012, 0.024, INK, 0.55)
    p.disc(0.03, 0.014, 0.024, INK, 0.55)
    return p.sprite(outline=0.0, halo=0.008)


def shadow(scale: float) -> Sprite:
    """A dark patch on the ground below who jumps."""
    p = Painter(0.3, 0.08, scale)
    p.disc(0.0, 0.0, 0.12, (30, 28, 40), 0.22)
    return p.sprite(outline=0.0, halo=0.0)


def bubble(kind: str, width: float, height: float, tail: float, scale: float) -> Sprite:
    """A panel: "say" (round, blue rim, tail at x = `tail`), "shout" (jagged, red rim, tail), "look" (square, no tail).

    The panel's middle is the sprite's; the tail hangs below.
    """
    p = Painter(width + 0.08, height + 0.28, scale)
    w, h = width / 2, height / 2
    rim: Colour = {"say": (20, 70, 210), "shout": (215, 20, 20), "look": (40, 40, 50)}[kind]
    paper: Colour = {"say": (226, 240, 255), "shout": (255, 232, 205), "look": (196, 196, 200)}[kind]
    for grow, colour in ((0.0, rim), (-0.018, paper)):
        if kind != "look":
            p.poly(
                [(tail - 0.05 - grow, h - 0.03), (tail + 0.05 + grow, h - 0.03), (tail - 0.03, h + 0.085 + 2.5 * grow)],
                colour,
            )
        if kind == "shout":
            teeth = 13
            edge = []
            for i in range(teeth * 2):
                edge.append((-w + 2 * w * i / (teeth * 2), -h - grow - (0.022 if i % 2 else 0.0)))
            for i in range(teeth * 2):
                edge.append((w - 2 * w * i / (teeth * 2), h + grow + (0.022 if i % 2 else 0.0)))
            p.poly(edge, colour)
            p.box(-w - grow, -h - grow, w + grow, h + grow, colour)
        else:
            r = 0.07 if kind == "say" else 0.012
            p.box(-w - grow + r, -h - grow, w + grow - r, h + grow, colour)
            p.box(-w - grow, -h - grow + r, w + grow, h + grow - r, colour)
            for sx in (-1, 1):
                for sy in (-1, 1):
                    p.disc(sx * (w + grow - r), sy * (h + grow - r), r, colour)
    return p.sprite(outline=0.008, halo=0.0)
