"""The film's time line as a drawing: where moments, cuts and arcs lie. Knows numbers alone, and no HTML.

A thousand units are the whole film; arcs stand on the line at HIGH, from left to right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from longvid.page.ledger import Link

WIDE, HIGH = 1000, 120
LOWEST = 10
STRIP = 14
"""Pictures of the strip, at even distances."""
MARKS = 5
"""Times that are written under the line."""
MOST_CUTS = 3000


@dataclass(frozen=True, slots=True)
class Arc:
    """path: of SVG; left, right: where its ends stand; middle: of the moments between them."""

    path: str
    left: float
    right: float
    middle: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """The time line of a film from `start` to `end`, s."""

    start: float
    end: float

    def x(self, time: float) -> float:
        """Where `time` is, in units."""
        share = (time - self.start) / (self.end - self.start) if self.end > self.start else 0.0
        return round(WIDE * min(1.0, max(0.0, share)), 1)

    def arc(self, link: Link) -> Arc:
        """A wide one is high, so that a near one stays visible below it."""
        left, *middle, right = (self.x(moment.time) for moment in link.moments)
        top = LOWEST + (HIGH - LOWEST - 4) * (max(0.0, right - left) / WIDE) ** 0.7
        # A cubic with level handles rises three quarters as far as they do.
        rise = round(HIGH - top * 4 / 3, 1)
        return Arc(f"M{left} {HIGH}C{left} {rise} {right} {rise} {right} {HIGH}", left, right, tuple(middle))

    def cuts(self, cuts: Sequence[float]) -> str:
        """An SVG path with a short stroke for each cut."""
        every = max(1, math.ceil(len(cuts) / MOST_CUTS))
        return "".join(f"M{self.x(cut)} 0v8" for cut in cuts[::every])

    def even(self, n: int, *, ends: bool) -> list[float]:
        """`n` times at even distances, s: from end to end, or the middles of `n` equal parts."""
        step = (self.end - self.start) / (n - 1 if ends else n)
        return [self.start + step * (i if ends else i + 0.5) for i in range(n)]
