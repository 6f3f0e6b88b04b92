"""What picture of a frame a model wants: a square, as CogVLM2-Video, or any shape within a budget of pixels.

Knows numpy and OpenCV; opens no film and no model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from longvid.errors import ModelError
from longvid.film import fits_file

LEAST_PIXELS, MOST_PIXELS = 1_024, 4_194_304
DEFAULT_PIXELS = 131_072
"""482 x 270 of a picture of 16:9. A frame is kept raw, so an hour's film takes 2.8 GB while it is read."""


@dataclass(frozen=True, slots=True)
class PixelBudget:
    """Pictures of the film's own shape, whole, never enlarged."""

    pixels: int = DEFAULT_PIXELS
    """The most that height times width may be."""
    multiple: int = 2
    """Both sides are multiples of it, in pixels."""

    def __post_init__(self) -> None:
        if not (LEAST_PIXELS <= self.pixels <= MOST_PIXELS and self.multiple >= 1 and self.multiple**2 <= self.pixels):
            raise ValueError(f"no picture has {self.pixels} pixels and sides that are multiples of {self.multiple}")

    def size(self, height: int, width: int, pixel_aspect: float = 1.0) -> tuple[int, int]:
        """Height and width of the picture of a frame of `height` x `width` pixels, each `pixel_aspect` as wide as it is
        high. A side is at least one multiple, and where that exceeds the budget the other side gives way."""
        wide = width * pixel_aspect
        scale = min(1.0, math.sqrt(self.pixels / (height * wide)))
        rows, columns = (max(1, int(side * scale) // self.multiple) for side in (height, wide))
        most = self.pixels // self.multiple**2
        rows, columns = min(rows, max(1, most // columns)), min(columns, max(1, most // rows))
        return rows * self.multiple, columns * self.multiple


ImageSize: TypeAlias = int | PixelBudget
"""The side of a square in pixels, or a budget."""


def require_clip(frames: int, pixels: int) -> None:
    """Raise ModelError where a clip of `frames` frames of `pixels` pixels each is too large to be kept."""
    if not fits_file(frames, pixels):
        raise ModelError(
            f"{frames} frames of {pixels} pixels take {frames * pixels * 3 / 1e9:.1f} GB a chunk, more than is kept of "
            "one; choose fewer --frames or smaller --pixels"
        )


def described(size: ImageSize) -> int | dict[str, int]:
    """`size` as JSON-plain data, for keys and run.json."""
    return size if isinstance(size, int) else asdict(size)


def image_size_of(value: object) -> ImageSize:
    """What `described` made. Raises TypeError or ValueError for anything else."""
    if isinstance(value, Mapping):
        return PixelBudget(int(value["pixels"]), int(value["multiple"]))
    return int(value)  # type: ignore[call-overload,no-any-return]


def transform_to(size: ImageSize, fit: str) -> Callable[[Any, float], Any]:
    """How a full-size frame, uint8 RGB [H, W, 3], with its pixel aspect becomes a model's picture, uint8 [h, w, 3].

    For one film: all its pictures have the shape of its first. `fit` says how a square is filled.
    """
    if isinstance(size, int):
        from longvid.cogvlm2.frames import resize_frame

        def square(rgb: Any, pixel_aspect: float) -> Any:
            return resize_frame(rgb, size, fit, pixel_aspect)  # type: ignore[arg-type]

        return square
    return Whole(size)


class Whole:
    """Pictures of whole frames. Where a frame has another shape than the film's first it stands between black bars."""

    def __init__(self, budget: PixelBudget) -> None:
        self._budget = budget
        self._shape: tuple[int, int] | None = None

    def __call__(self, rgb: NDArray[np.uint8], pixel_aspect: float) -> NDArray[np.uint8]:
        """uint8 [h, w, 3], C-contiguous, h and w the same for every frame."""
        height, width = rgb.shape[:2]
        if self._shape is None:
            self._shape = self._budget.size(height, width, pixel_aspect)
        rows, columns = self._shape
        wide = width * pixel_aspect
        scale = min(rows / height, columns / wide)
        # A side that only rounding keeps from the edge is drawn to it: a bar of a pixel or two would be no border.
        slack = self._budget.multiple
        inner = [
            whole if whole - side * scale < slack + 1 else max(1, round(side * scale))
            for whole, side in ((rows, height), (columns, wide))
        ]
        picture = _resized(rgb, inner[0], inner[1])
        if picture.shape[:2] == (rows, columns):
            return picture
        framed = np.zeros((rows, columns, 3), dtype=np.uint8)
        top, left = (rows - inner[0]) // 2, (columns - inner[1]) // 2
        framed[top : top + inner[0], left : left + inner[1]] = picture
        return framed


def _resized(rgb: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    import cv2

    if rgb.shape[:2] == (height, width):
        return np.ascontiguousarray(rgb)
    # Averaging over what a pixel covers: without it fine patterns flicker from frame to frame.
    how = cv2.INTER_AREA if height <= rgb.shape[0] and width <= rgb.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(rgb), (width, height), interpolation=how), dtype=np.uint8)
