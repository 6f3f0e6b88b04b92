"""An album: small pictures of a film in its own shape, for people to look at, within a budget of bytes.

Fed in the order of the film. Where the pictures outgrow the budget every second one goes, and from then on half as many
are taken; so a film of any length has pictures at even distances. Memory holds the budget and no more. Knows no scenes.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from longvid.errors import FilmError
from longvid.text.shown import shown

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from numpy.typing import NDArray

BUDGET = 12_000_000
"""Bytes a film; two hours have a picture about every four seconds."""
LONGER_SIDE = 384  # px
EVERY = 2.0  # s between pictures at first
QUALITY = 62  # of WebP, 1 to 100
EFFORT = 2  # of WebP, 0 to 6; OpenCV's own of 4 takes twice as long and makes files a twentieth smaller
SUFFIX = ".webp"


class Album:
    """Takes the pictures of one film, in one thread; `write` puts those that it kept into a folder."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._every = EVERY
        self._kept: list[tuple[float, bytes]] = []
        self._bytes = 0
        self._encoder: VideoCodecContext | None = None
        self.size: tuple[int, int] | None = None
        """Width and height of every picture, px; None before the first."""

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, time: float, rgb: NDArray[np.uint8], pixel_aspect: float) -> None:
        """Take the frame that comes up at `time` (film time, s, ascending): uint8 RGB [H, W, 3], upright, each pixel
        `pixel_aspect` times as wide as it is high. One that comes too soon after another is passed over."""
        if self._kept and time < self._kept[-1][0] + self._every - 1e-6:
            return
        data = self._encoded(rgb, pixel_aspect)
        self._kept.append((time, data))
        self._bytes += len(data)
        while self._bytes > self._budget and len(self._kept) > 1:
            self._kept = self._kept[::2]
            self._bytes = sum(len(data) for _, data in self._kept)
            self._every *= 2

    def write(self, folder: Path) -> None:
        """Write each picture as `<milliseconds of film time>.webp` into `folder`, which is made.

        Raises FilmError where it cannot be written.
        """
        try:
            folder.mkdir()
            for time, data in self._kept:
                (folder / f"{round(time * 1000):09}{SUFFIX}").write_bytes(data)
        except OSError as error:
            raise FilmError(f"{shown(folder)}: pictures cannot be kept ({error.strerror}); free some space") from error

    def _encoded(self, rgb: NDArray[np.uint8], pixel_aspect: float) -> bytes:
        import cv2

        if self.size is None:
            height, width = rgb.shape[0], rgb.shape[1] * pixel_aspect
            scale = min(1.0, LONGER_SIDE / max(height, width))
            self.size = max(1, round(width * scale)), max(1, round(height * scale))
        # A frame of another shape than the first is drawn in the first one's, as most players do.
        small = np.asarray(cv2.resize(rgb, self.size, interpolation=cv2.INTER_AREA), np.uint8)
        return self._by_libav(small) or _by_opencv(small)

    def _by_libav(self, rgb: NDArray[np.uint8]) -> bytes:
        """Nothing where this libav has no encoder for WebP."""
        from av.codec import Codec, CodecContext, codecs_available
        from av.video.codeccontext import VideoCodecContext
        from av.video.frame import VideoFrame

        if "libwebp" not in codecs_available:
            return b""
        if self._encoder is None:
            made = CodecContext.create(Codec("libwebp", "w"))
            assert isinstance(made, VideoCodecContext)
            made.width, made.height, made.pix_fmt, made.time_base = (
                rgb.shape[1],
                rgb.shape[0],
                "yuv420p",
                Fraction(1, 1),
            )
            made.options = {"quality": str(QUALITY), "compression_level": str(EFFORT)}
            self._encoder = made
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24").reformat(format="yuv420p", threads=1)
        frame.pts = len(self._kept)
        return b"".join(map(bytes, self._encoder.encode(frame)))


def _by_opencv(rgb: NDArray[np.uint8]) -> bytes:
    import cv2

    done, data = cv2.imencode(SUFFIX, rgb[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    if not done:
        raise RuntimeError("OpenCV encodes no WebP")
    return data.tobytes()
