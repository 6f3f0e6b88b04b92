"""The pictures of a run that a page shows: those wanted most, as many as the page has room for.

The run folder may come from anybody: nothing outside of it is read, and nothing that is no WebP. Knows no HTML.
"""

from __future__ import annotations

import base64
import bisect
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from longvid.files import read_bytes

FOLDER = re.compile(r"clips/[0-9a-f]{16}(?:-[0-9a-f]{16})?/pictures")
NAME = re.compile(r"([0-9]{9,12})\.webp")
LARGEST = 400_000
"""Bytes of one picture."""
NEAR, AFTER = 12.0, 6.0
"""s from a time to a picture that may stand for it; and to one after it, which goes before one of the scene before."""
MOST_SIDE = 4096  # px
ELEMENTS = 600
"""Bytes of the elements that show a picture, in a few places, beside its own."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The pictures in a page. times: film time of each, s, ascending; data: WebP as base64."""

    times: tuple[float, ...] = ()
    data: tuple[str, ...] = ()
    width: int = 16
    height: int = 9

    def at(self, time: float) -> int | None:
        """Index of the picture that stands for `time`; None where there is none near."""
        return _for(self.times, time)


def choose(run: Path, kept: tuple[str, int, int] | None, wanted: Iterable[float], budget: int) -> Shown:
    """Pictures for the times `wanted`, the most wanted first, within `budget` bytes of base64 and of what
    shows them.

    kept : folder in the run folder `run`, width and height (px); where it is no such folder there are no pictures
    """
    if kept is None or not (0 < kept[1] <= MOST_SIDE and 0 < kept[2] <= MOST_SIDE):
        return Shown()
    folder, width, height = kept
    names = _names(run, folder)
    times, chosen, left = sorted(names), dict[float, str](), budget
    for time in wanted:
        index = _for(times, time)
        if index is None or times[index] in chosen:
            continue
        data = _read(run / folder / names[times[index]])
        if len(data) + ELEMENTS > left:
            break
        if data:
            chosen[times[index]] = data
            left -= len(data) + ELEMENTS
    shown = sorted(chosen)
    return Shown(tuple(shown), tuple(chosen[time] for time in shown), width, height)


def poster(run: Path, kept: tuple[str, int, int] | None, time: float) -> Path | None:
    """The picture in `run` that stands for `time`, or the first; None where there is none. `kept` as for `choose`."""
    if kept is None or not (0 < kept[1] <= MOST_SIDE and 0 < kept[2] <= MOST_SIDE):
        return None
    names = _names(run, kept[0])
    times = sorted(names)
    if not times:
        return None
    path = run / kept[0] / names[times[_for(times, time) or 0]]
    return path if _read(path) else None


def _for(times: Sequence[float], time: float) -> int | None:
    index = bisect.bisect_left(times, time - 1e-3)
    if index < len(times) and times[index] - time <= AFTER:
        return index
    return index - 1 if index and time - times[index - 1] <= NEAR else None


def _names(run: Path, folder: str) -> dict[float, str]:
    """By film time, s. Nothing where a link leads elsewhere."""
    if not FOLDER.fullmatch(folder):
        return {}
    path = run
    for part in folder.split("/"):
        path = path / part
        if path.is_symlink() or not path.is_dir():
            return {}
    found = ((NAME.fullmatch(name), name) for name in os.listdir(path))
    return {int(match[1]) / 1000: name for match, name in found if match}


def _read(path: Path) -> str:
    """The picture at `path` as base64; "" where it is none."""
    try:
        data = b"" if path.is_symlink() else read_bytes(path, LARGEST)
    except (OSError, ValueError):
        return ""
    return base64.b64encode(data).decode() if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""
