"""One picture of a film at a time, as JPEG, in its real aspect and at a modest size. Knows no protocol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from longvid.errors import FilmError
from longvid.text.shown import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_SIDE = 768
"""Pixels."""
QUALITY = 85


def frame_at(path: Path, time: float, video: int | None = None, longest: int = LONGEST_SIDE) -> tuple[bytes, float]:
    """The picture that the film at `path` shows at `time` (seconds from its first frame) as JPEG, and since when it is
    shown. After its end, its last picture. `video`: index of the video track; None: the likeliest. Raises FilmError."""
    import cv2

    from longvid.film import exact, probe

    def small(frame: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8]:
        height, width = frame.shape[:2]
        wide = width * aspect
        scale = min(1.0, longest / max(wide, height))
        size = max(1, round(wide * scale)), max(1, round(height * scale))
        return cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype("uint8", copy=False)

    if not 0 <= time < 1e6:
        raise FilmError("a time is seconds from the film's first frame, 0 or more")
    film = probe(path, video=video)
    clip = next(iter(exact(film, [[time]], small)), None)
    if clip is None:
        raise FilmError(f"{shown(path)}: nothing can be decoded at {time:g} s")
    done, data = cv2.imencode(".jpg", clip.frames[0][:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise FilmError(f"{shown(path)}: its picture at {time:g} s cannot be written as JPEG")
    return bytes(data.tobytes()), float(clip.times[0])
