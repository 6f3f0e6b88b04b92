"""Two pictures to look at: a contact sheet of what the film shows, and a timeline of its facts and links.

The contact sheet has the frames as a model sees them and no word of the gold, so that one can caption it. The timeline
has the gold. Knows cv2 for lines and letters.
"""

from __future__ import annotations

import colorsys
import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from longvid_benchmarks.storyfilm.film import whole
from longvid_benchmarks.storyfilm.pictures import Fit, clip
from longvid_benchmarks.storyfilm.pictures_paint import Colour, Picture
from longvid_benchmarks.storyfilm.story import Chunk, Event, Story
from longvid_benchmarks.storyfilm.vocabulary import HEARD, HEARD_LINKS, LINKS, PREDICATES

GAP = 4
HEADER = 70
"""Pixels beside the frames for a chunk's number and time."""
MOMENTS = (0.25, 0.75)
"""When the two frames of an event are taken, as shares of it."""
ROWS = 7
"""Events of a chunk that are drawn below each other in the timeline before it starts again at the top."""


_PREDICATES = (*PREDICATES, *HEARD)


def contact_sheet(
    story: Story,
    path: Path,
    *,
    chunks: Sequence[int] | None = None,
    fit: Fit = "crop",
    size: int = 112,
    zoom: int | None = None,
) -> None:
    """Write a PNG with a row for each chunk: its number and time, and two frames of each event.

    Args:
        chunks: indices; by default all.
        fit, size: as the model sees them.
        zoom: how many pixels a side one pixel becomes; by default 2, and 1 for more than 40 chunks.

    Raises:
        OSError: it cannot be written.
    """
    shown = [chunk for chunk in story.chunks if chunks is None or chunk.index in chunks]
    zoom = (2 if len(shown) <= 40 else 1) if zoom is None else zoom
    columns = max((len(chunk.events) for chunk in shown), default=1) * len(MOMENTS)
    cell = size * zoom + GAP
    sheet = np.full((max(1, len(shown)) * cell + GAP, HEADER + columns * cell + GAP, 3), 40, np.uint8)
    for row, chunk in enumerate(shown):
        top = GAP + row * cell
        _say(sheet, f"{chunk.index}", 8, top + 26, 0.8)
        _say(sheet, f"{int(chunk.start) // 60}:{int(chunk.start) % 60:02}", 8, top + 48, 0.5)
        for column, frame in enumerate(clip(story, chunk, size=size, fit=fit, times=_moments(chunk))):
            left = HEADER + column * cell
            big = frame.repeat(zoom, axis=0).repeat(zoom, axis=1)
            sheet[top : top + big.shape[0], left : left + big.shape[1]] = big
    _write(sheet, path)


def _moments(chunk: Chunk) -> list[float]:
    return [event.start + share * (event.end - event.start) for event in chunk.events for share in MOMENTS]


def timeline(story: Story, path: Path) -> None:
    """Write a PNG: chunks from left to right, their events as coloured bars, an arc for each link, and two legends.

    Raises:
        OSError: it cannot be written.
    """
    n = max(1, len(story.chunks))
    kinds = [*LINKS, *(HEARD_LINKS if story.said else ())]
    wide = max(16, min(96, 1700 // n))
    left, arcs, bar = 20, 430, 17
    width = max(left * 2 + n * wide, 1240)
    sky, ground = arcs + 20, arcs + 44
    legend = ground + ROWS * bar + 30
    sheet = np.full((legend + 240, width, 3), 250, np.uint8)
    at: dict[str, tuple[int, int]] = {}
    for i, chunk in enumerate(story.chunks):
        x = left + i * wide
        shade = (214, 202, 178) if chunk.flashback else ((224, 234, 246) if chunk.plot == 0 else (246, 228, 232))
        cv2.rectangle(sheet, (x + 1, sky), (x + wide - 2, ground + ROWS * bar), shade, -1)
        if n <= 50 or i % 5 == 0:
            _say(sheet, str(chunk.index), x + 2, sky + 16, 0.4, (0, 0, 0))
        for k, event in enumerate(chunk.events):
            y = ground + k % ROWS * bar
            at[event.id] = x + wide // 2, y
            cv2.rectangle(sheet, (x + 2, y), (x + wide - 4, y + bar - 3), _pale(event.predicate), -1)
            if wide >= 60:
                _say(sheet, _short(story, event), x + 4, y + 11, 0.34, (0, 0, 0))
    for number, link in enumerate(story.links):
        colour = _hue(kinds.index(link.kind), len(kinds), 0.8)
        points = [at[id] for id in link.events if id in at]
        for one, two in itertools.pairwise(points):
            _arc(sheet, one[0], two[0], sky, arcs - 30 - number % 8 * 6, width, colour)
        if len(points) == 1:
            x = points[0][0]
            cv2.line(sheet, (x, sky), (x, sky - 30), colour, 2, cv2.LINE_AA)
            cv2.drawMarker(sheet, (x, sky - 36), colour, cv2.MARKER_TILTED_CROSS, 12, 2)
        for x, y in points:
            cv2.circle(sheet, (x + wide // 2 - 9, y + bar // 2 - 1), 5, colour, -1, cv2.LINE_AA)
    _say(sheet, "links", left, legend, 0.5, (0, 0, 0))
    for i, kind in enumerate(kinds):
        x, y = left + i // 6 * 260, legend + 24 + i % 6 * 22
        cv2.rectangle(sheet, (x, y - 11), (x + 22, y + 2), _hue(i, len(kinds), 0.8), -1)
        count = sum(link.kind == kind for link in story.links)
        _say(sheet, f"{kind}: {count}", x + 30, y, 0.45, (0, 0, 0))
    _say(sheet, "events", left + 560, legend, 0.5, (0, 0, 0))
    for i, predicate in enumerate(_PREDICATES if story.said else PREDICATES):
        x, y = left + 560 + i // 6 * 200, legend + 24 + i % 6 * 22
        cv2.rectangle(sheet, (x, y - 11), (x + 22, y + 2), _pale(predicate), -1)
        count = sum(event.predicate == predicate for event in story.events())
        _say(sheet, f"{predicate}: {count}", x + 30, y, 0.45, (0, 0, 0))
    signs = "blue: plot one, rose: plot two, brown: flashback; a cross: a promise that is never kept"
    missing = f"; did not fit: {', '.join(story.missing)}" if story.missing else ""
    _say(sheet, f"seed {story.seed}, {n} chunks, {story.level}; {signs}{missing}", left, legend + 190, 0.45, (0, 0, 0))
    _write(sheet, path)


def _short(story: Story, event: Event) -> str:
    who = "masked" if event.masked else story.figure(event.roles["agent"]).name
    return f"{who} {event.predicate}"


def _arc(sheet: Picture, x0: int, x1: int, base: int, room: int, width: int, colour: Colour) -> None:
    """Half an ellipse over the chunks, the higher the further apart its ends are; a loop within one chunk."""
    high = 24 + (room - 24) * min(1.0, abs(x1 - x0) / width * 1.1) ** 0.75
    half = max(7.0, abs(x1 - x0) / 2)
    middle = (x0 + x1) / 2
    turns = [math.pi * i / 48 for i in range(49)]
    points = np.array([[round(middle - half * math.cos(a)), round(base - high * math.sin(a))] for a in turns], np.int32)
    cv2.polylines(sheet, [points], False, colour, 2, cv2.LINE_AA)


def _hue(index: int, count: int, value: float = 0.95) -> Colour:
    r, g, b = colorsys.hsv_to_rgb(index / count, 0.85 if index % 2 else 0.55, value)
    return round(255 * r), round(255 * g), round(255 * b)


def _pale(predicate: str) -> Colour:
    # Kinds that are only heard lie between the others, whose colours stay what they are in films without words.
    at = 2 * HEARD.index(predicate) + 1 if predicate in HEARD else 2 * PREDICATES.index(predicate)
    r, g, b = _hue(at // 2, len(PREDICATES)) if at % 2 == 0 else _hue(at, 2 * len(PREDICATES))
    return (r + 255) // 2, (g + 255) // 2, (b + 255) // 2


def _say(sheet: Picture, text: str, x: int, y: int, size: float, colour: Colour = (255, 255, 255)) -> None:
    cv2.putText(sheet, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def _write(picture: Picture, path: Path) -> None:
    done, data = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    if not done:
        raise OSError(f"cannot encode a picture of {picture.shape[1]}x{picture.shape[0]} pixels")
    with whole(path) as draft:
        draft.write_bytes(data.tobytes())
