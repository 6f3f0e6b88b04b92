"""How far frames may be apart for the scene detector, told from a sample of their pixels at a fraction of the cost.

The detector's score is the mean difference of hue, saturation and value over a small picture. A few hundred pixels tell
it closely, but for black and grey, where a difference of one level may be worth any hue: there a change is taken for a
large one, so that what comes out is rarely too little. Knows planar YUV; nothing of cuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from longvid.film.pictures import needs_mapping, tag

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

ROWS, COLUMNS = 16, 24  # of the sample; one pixel is taken somewhere in each cell, so that no pattern can hide
DARK, GREY = 40, 24  # value and saturation, of 255, below which hue, and in the dark saturation too, mean nothing
DARK_WORTH, GREY_WORTH = 80, 40  # what the change of such a pixel counts for, of the 230 and 60 that it may come to
FULL_RANGE = 2  # AVColorRange
FORMATS = frozenset(
    f"yuv{full}{shape}{deep}" for shape in ("420p", "422p", "444p") for full in ("", "j") for deep in ("", "10le")
)


class Sketcher:
    """Samples the frames of one film in their order, in one thread. `colours` are those of `VideoTrack`."""

    def __init__(self, colours: tuple[int, int, int]) -> None:
        self._colours = colours
        self._made_for: tuple[object, ...] | None = None
        self._places: tuple[NDArray[np.intp], ...] = ()
        # Of the last frame of the batch before: known, as coded, and as the detector has it.
        self._known = False
        self._yuv = np.zeros((3, 1, ROWS * COLUMNS), np.uint8)
        self._hsv = np.zeros((1, ROWS * COLUMNS, 3), np.uint8)

    def most(self, frames: Sequence[VideoFrame]) -> list[float]:
        """For each of the next frames the detector's score after the one before, hardly ever less; infinite where
        nothing is known of one of the two.

        Several at once cost much less than one after another.
        """
        import cv2

        count = len(frames)
        yuv = np.zeros((3, count + 1, ROWS * COLUMNS), np.uint8)
        yuv[:, :1] = self._yuv
        known, full = np.zeros(count + 1, bool), np.zeros(count, bool)
        known[0] = self._known
        for row, frame in enumerate(frames):
            known[row + 1] = self._sample(frame, yuv[:, row + 1])
            full[row] = int(frame.color_range) == FULL_RANGE or "j" in frame.format.name
        seen = np.asarray(cv2.merge([yuv[0, 1:], yuv[1, 1:], yuv[2, 1:]]), np.uint8)
        if not full.all():
            seen = np.where(full[:, None, None], seen, cv2.LUT(seen, LIMITED))
        hsv = np.empty((count + 1, ROWS * COLUMNS, 3), np.uint8)
        hsv[:1], hsv[1:] = self._hsv, cv2.cvtColor(cv2.cvtColor(seen, cv2.COLOR_YCrCb2BGR), cv2.COLOR_BGR2HSV)
        self._known, self._yuv, self._hsv = bool(known[-1]), yuv[:, -1:].copy(), hsv[-1:].copy()

        differs = np.asarray(cv2.absdiff(hsv[1:], hsv[:-1])).reshape(count, -1).sum(axis=1, dtype=np.int64) / 3
        changed = (yuv[:, 1:] != yuv[:, :-1]).any(axis=0)
        low = np.minimum(hsv[1:], hsv[:-1])
        dark = (low[..., 2] < DARK) & changed
        grey = (low[..., 1] < GREY) & changed & ~dark
        doubt = DARK_WORTH * np.count_nonzero(dark, axis=1) + GREY_WORTH * np.count_nonzero(grey, axis=1)
        scores: list[float] = np.where(known[1:] & known[:-1], (differs + doubt) / (ROWS * COLUMNS), np.inf).tolist()
        return scores

    def _sample(self, frame: VideoFrame, out: NDArray[np.uint8]) -> bool:
        """Puts luma and the differences of colour into the rows of `out`, uint8 [3, N], as OpenCV has them: V before U.
        False where the frame is of a kind that is not known here."""
        form = frame.format
        planes: tuple[Any, ...] = frame.planes  # PyAV's planes have buffers, its stubs do not say so
        lines = tuple(plane.line_size for plane in planes)
        tag(frame, self._colours)
        if form.name not in FORMATS or min(lines) <= 0 or needs_mapping(frame):
            return False
        made_for = (form.name, frame.width, frame.height, lines)
        if made_for != self._made_for:
            self._places, self._made_for = _places(frame, lines), made_for
        deep = form.name.endswith("10le")
        for row, plane, place in zip(out, (planes[0], planes[2], planes[1]), self._places, strict=True):
            if deep:
                row[:] = np.frombuffer(plane, "<u2").take(place, mode="clip") >> 2
            else:
                np.frombuffer(plane, np.uint8).take(place, out=row, mode="clip")
        return True


def _places(frame: VideoFrame, lines: tuple[int, ...]) -> tuple[NDArray[np.intp], ...]:
    """For luma and both differences of colour where in their planes the sample lies, in samples of the plane."""
    chance = np.random.default_rng(0)
    shape = (ROWS, COLUMNS)
    down = (np.arange(ROWS)[:, None] + chance.random(shape)) / ROWS
    right = (np.arange(COLUMNS)[None] + chance.random(shape)) / COLUMNS
    bytes_each = 2 if frame.format.name.endswith("10le") else 1
    found = []
    for channel in (0, 2, 1):
        part = frame.format.components[channel]
        width, height = frame.format.chroma_width(frame.width), frame.format.chroma_height(frame.height)
        if not part.is_chroma:
            width, height = frame.width, frame.height
        place = (down * height).astype(np.intp) * (lines[channel] // bytes_each) + (right * width).astype(np.intp)
        found.append(place.reshape(-1))
    return tuple(found)


def _limited() -> NDArray[np.uint8]:
    """uint8 [1, 256, 3]: full range of what is coded in the limited one, luma and both differences of colour."""
    code = np.arange(256)
    luma, chroma = (code - 16) * 255 / 219, (code - 128) * 255 / 224 + 128
    return np.clip(np.round(np.stack([luma, chroma, chroma], axis=-1)), 0, 255).astype(np.uint8)[None]


LIMITED = _limited()
