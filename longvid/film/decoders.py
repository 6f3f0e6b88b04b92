"""How the decoder of a video is set up: the largest picture that it may make, and how many it works on at once.

A few bytes can claim a picture of any size, and every frame in flight takes its memory. Knows no files and no times.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.stream import VideoStream

LARGEST = 8192, 8192  # px; 8K film has half as many
LARGE = 4096 * 2304  # px; from here on few frames are decoded at once: one of the largest takes 100 MB
FEW = 4


def too_large(width: int, height: int) -> str | None:
    """What is wrong with a picture of that size, and the remedy; None for one that is decoded."""
    if width * height <= LARGEST[0] * LARGEST[1]:
        return None
    most = " x ".join(map(str, LARGEST))
    return f"pictures of {width} x {height} are larger than the {most} that are read; convert it to a smaller size"


def set_up(stream: VideoStream) -> None:
    """Before the first packet: as many threads as are of use, and no picture that is too large, whenever it comes."""
    context = stream.codec_context
    context.options = {**context.options, "max_pixels": str(LARGEST[0] * LARGEST[1])}
    stream.thread_type = "AUTO"
    if (stream.width or 0) * (stream.height or 0) >= LARGE:
        context.thread_count = min(FEW, os.cpu_count() or 1)
