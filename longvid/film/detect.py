"""PySceneDetect's detectors, driven frame by frame, with the time of a frame taken from its own time stamp.

The stock SceneManager does nothing more than this (a test compares them), but decodes itself. Scores are computed by
OpenCV in three calls instead of NumPy in a dozen: the same sums of the same integers, four times as fast.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scenedetect.detectors import AdaptiveDetector, ContentDetector

Detector = Literal["adaptive", "content"]
DETECTORS: tuple[Detector, ...] = ("adaptive", "content")

SHORTEST_SCENE = 0.6  # s, the default of PySceneDetect's command line


class Cuts:
    """Feeds a detector with its published default parameters and collects the cuts.

    found : ticks of the frames at which a new scene begins, in order
    """

    def __init__(self, detector: Detector, time_base: Fraction, rate: float) -> None:
        from scenedetect.common import FrameTimecode, Timecode

        if detector not in DETECTORS:
            raise ValueError(f"no detector {detector!r}; choose one of {', '.join(DETECTORS)}")
        self._timecode, self._stamp = FrameTimecode, Timecode
        self._time_base = time_base
        self._rate = Fraction(rate).limit_denominator(1001)
        self._detector = _detectors()[detector](min_scene_len=SHORTEST_SCENE)
        self._found: set[int] = set()
        self._last: Any = None

    def feed(self, ticks: int, picture: NDArray[np.uint8]) -> None:
        """The next frame: its ticks and its uint8 BGR (h, w, 3) picture, always of the same shape."""
        self._last = self._timecode(self._stamp(pts=ticks, time_base=self._time_base), fps=self._rate)
        self._found.update(cut.pts for cut in self._detector.process_frame(self._last, picture))

    def finish(self) -> tuple[int, ...]:
        """Ticks of every cut, after the last frame."""
        if self._last is not None:
            self._found.update(cut.pts for cut in self._detector.post_process(self._last))
        return tuple(sorted(self._found))


def _detectors() -> dict[str, type[AdaptiveDetector] | type[ContentDetector]]:
    import cv2
    from scenedetect.detectors import AdaptiveDetector, ContentDetector

    def score(detector: Any, timecode: Any, frame_img: NDArray[np.uint8]) -> float:
        """ContentDetector's score without edges: mean absolute difference of hue, saturation and value, weighted."""
        hsv = cv2.cvtColor(frame_img, cv2.COLOR_BGR2HSV)
        before, detector.longvid_hsv = getattr(detector, "longvid_hsv", None), hsv
        if before is None:
            return 0.0
        pixels = float(hsv.shape[0] * hsv.shape[1])
        sums = cv2.sumElems(cv2.absdiff(hsv, before))
        weights = detector._weights
        parts = (sums[0] / pixels, sums[1] / pixels, sums[2] / pixels, 0.0)
        return float(sum(p * w for p, w in zip(parts, weights, strict=True)) / sum(abs(w) for w in weights))

    # Should a later PySceneDetect rename the method, its own is used: slower, the same cuts.
    return {
        "adaptive": type("AdaptiveDetector", (AdaptiveDetector,), {"_calculate_frame_score": score}),
        "content": type("ContentDetector", (ContentDetector,), {"_calculate_frame_score": score}),
    }
