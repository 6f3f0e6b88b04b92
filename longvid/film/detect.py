"""PySceneDetect's detectors, driven frame by frame, with the time of a frame taken from its own time stamp.

The stock SceneManager does nothing more than this (a test compares them), but decodes itself. Scores are computed by
OpenCV in three calls instead of NumPy in a dozen: the same sums of the same integers, four times as fast. They may also
be given, and frames whose score cannot decide anything left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scenedetect.detectors import AdaptiveDetector, ContentDetector

Detector = Literal["adaptive", "content"]
DETECTORS: tuple[Detector, ...] = ("adaptive", "content")

SHORTEST_SCENE = 0.6  # s, the default of PySceneDetect's command line
WINDOW = 2  # frames on each side that AdaptiveDetector holds a score against, by default
HIGH = 15.0
"""A lower score makes no cut: AdaptiveDetector's least by default; ContentDetector's is 27."""


class Cuts:
    """Feeds a detector with its published default parameters and collects the cuts.

    found        : ticks of the frames at which a new scene begins, in order, as far as found
    takes_scores : `scored` may be called in place of `feed`
    counts_all   : it must be told of every frame then. Otherwise only of the first, and of those at most WINDOW away
                   from one whose score is HIGH
    soon         : a cut is found, once and for all, at most WINDOW frames behind it
    """

    def __init__(self, detector: Detector, time_base: Fraction, rate: float) -> None:
        from scenedetect.common import FrameTimecode, Timecode
        from scenedetect.detectors import ContentDetector

        if detector not in DETECTORS:
            raise ValueError(f"no detector {detector!r}; choose one of {', '.join(DETECTORS)}")
        self._timecode, self._stamp = FrameTimecode, Timecode
        self._time_base = time_base
        self._rate = Fraction(rate).limit_denominator(1001)
        self._detector = _detectors()[detector](min_scene_len=SHORTEST_SCENE)
        self._found: set[int] = set()
        self._in_order: tuple[int, ...] = ()
        self._last: Any = None
        # Should a later PySceneDetect rename the method, its own is used: slower, the same cuts.
        self.takes_scores = hasattr(ContentDetector, "_calculate_frame_score")
        self.counts_all = detector != "adaptive"
        self.soon = detector == "adaptive"

    def feed(self, ticks: int, picture: NDArray[np.uint8]) -> None:
        """The next frame: its ticks and its uint8 BGR (h, w, 3) picture, always of the same shape."""
        self._process(ticks, picture)

    def scored(self, ticks: int, score: float) -> None:
        """The next frame by its score, as `score_of` tells it of its picture and that of the frame before; 0.0 for the
        first. A score that is lower than HIGH and not within WINDOW of one that is not may be any other lower one."""
        self._process(ticks, score)

    @property
    def found(self) -> tuple[int, ...]:
        if len(self._in_order) != len(self._found):
            self._in_order = tuple(sorted(self._found))
        return self._in_order

    def finish(self) -> tuple[int, ...]:
        """Ticks of every cut, after the last frame."""
        if self._last is not None:
            self._found.update(cut.pts for cut in self._detector.post_process(self._last))
        return self.found

    def _process(self, ticks: int, seen: Any) -> None:
        self._last = self._timecode(self._stamp(pts=ticks, time_base=self._time_base), fps=self._rate)
        self._found.update(cut.pts for cut in self._detector.process_frame(self._last, seen))


def hsv(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (h, w, 3) hue (0 to 179), saturation and value of a uint8 BGR picture."""
    import cv2

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV), dtype=np.uint8)


def score_of(picture: NDArray[np.uint8], before: NDArray[np.uint8], weights: Sequence[float] = (1, 1, 1, 0)) -> float:
    """ContentDetector's score without edges of an `hsv` picture after another: mean absolute difference of hue,
    saturation and value, weighted."""
    import cv2

    pixels = float(picture.shape[0] * picture.shape[1])
    sums = cv2.sumElems(cv2.absdiff(picture, before))
    parts = (sums[0] / pixels, sums[1] / pixels, sums[2] / pixels, 0.0)
    return float(sum(p * w for p, w in zip(parts, weights, strict=True)) / sum(abs(w) for w in weights))


def _detectors() -> dict[str, type[AdaptiveDetector] | type[ContentDetector]]:
    from scenedetect.detectors import AdaptiveDetector, ContentDetector

    def score(detector: Any, timecode: Any, frame_img: NDArray[np.uint8] | float) -> float:
        if isinstance(frame_img, float):
            return frame_img
        now = hsv(frame_img)
        before, detector.longvid_hsv = getattr(detector, "longvid_hsv", None), now
        return 0.0 if before is None else score_of(now, before, detector._weights)

    return {
        "adaptive": type("AdaptiveDetector", (AdaptiveDetector,), {"_calculate_frame_score": score}),
        "content": type("ContentDetector", (ContentDetector,), {"_calculate_frame_score": score}),
    }
