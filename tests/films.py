"""The film that the taught checkpoint knows: a few looks with hard cuts between them, each with a caption of its own.

Knows how to draw and encode; what a model makes of the film is the business of `tests.taught`. Films whose frames tell
their time are in `tests.film.films`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.film.films import encode


@dataclass(frozen=True, slots=True)
class Look:
    """What a stretch of the film looks like: a square that crosses a plain wall, and the true caption of that."""

    name: str
    """The wall's colour, and the one word by which captions and summaries name this look."""
    wall: tuple[int, int, int]
    square: tuple[int, int, int]
    path: tuple[float, float, float, float]
    """Centre of the square in the first and in the last frame, x, y, x, y, as shares of the picture."""
    caption: str


LOOKS = (
    Look(
        "red",
        (200, 30, 30),
        (240, 240, 240),
        (0.3, 0.5, 0.7, 0.5),
        "A pale square slides to the right over a red wall. It never turns back.",
    ),
    Look(
        "blue",
        (30, 50, 210),
        (240, 220, 60),
        (0.7, 0.4, 0.3, 0.4),
        "Against blue paint a bright square drifts to the left. Nobody is there.",
    ),
    Look(
        "yellow",
        (225, 210, 40),
        (40, 40, 60),
        (0.5, 0.2, 0.5, 0.8),
        "A dark square sinks down a yellow board. At the bottom it rests.",
    ),
    Look(
        "green",
        (40, 160, 50),
        (230, 120, 200),
        (0.4, 0.8, 0.6, 0.2),
        "Something square climbs up over green cloth. Its way is slanted.",
    ),
    Look(
        "white",
        (235, 235, 235),
        (200, 60, 20),
        (0.3, 0.2, 0.7, 0.8),
        "The room is white and empty. One small square falls through it.",
    ),
    Look(
        "violet",
        (110, 30, 160),
        (120, 230, 120),
        (0.5, 0.5, 0.5, 0.5),
        "In the end all is violet. A square stands still in the middle.",
    ),
    Look(
        "black",
        (20, 20, 20),
        (90, 200, 240),
        (0.7, 0.7, 0.3, 0.3),
        "Night comes and the wall turns black. The square glows as it leaves.",
    ),
    Look(
        "orange",
        (240, 130, 20),
        (20, 60, 140),
        (0.3, 0.8, 0.7, 0.8),
        "Orange light fills the picture. Low down a square hurries along.",
    ),
)
"""In the order in which a film shows them: neighbours differ enough for a cut to be found."""


def draw(look: Look, share: float, width: int, height: int) -> NDArray[np.uint8]:
    """uint8 RGB [height, width, 3]: `look` after `share` (0 to 1) of its time."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = look.wall
    half = height // 8
    x = round((look.path[0] + (look.path[2] - look.path[0]) * share) * width)
    y = round((look.path[1] + (look.path[3] - look.path[1]) * share) * height)
    picture[max(0, y - half) : y + half, max(0, x - half) : x + half] = look.square
    return picture


def make_film(
    path: Path, *, chunks: int = 6, seconds: float = 4.0, rate: int = 12, width: int = 128, height: int = 72
) -> Path:
    """Encode a silent H.264 film of the first `chunks` looks, `seconds` each; `rate` is frames a second.

    With `seconds` as its target length longvid makes exactly one chunk of each look.

    Raises:
        ValueError: there are fewer looks than `chunks`.
    """
    if not 1 <= chunks <= len(LOOKS):
        raise ValueError(f"a film has 1 to {len(LOOKS)} looks, not {chunks}")
    frames = round(seconds * rate)
    pictures = chain.from_iterable(
        (draw(look, frame / max(1, frames - 1), width, height) for frame in range(frames)) for look in LOOKS[:chunks]
    )
    return encode(path, pictures, rate=rate)
