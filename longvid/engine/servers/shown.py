"""A clip as a server takes it: each frame a JPEG, or all of them one MP4, as data URLs. Asks nobody."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from longvid.film import Clip

QUALITY = 90
"""Of JPEG: a frame of 480 x 270 takes about 30 kB."""
TICKS = 1000
"""Of the video's clock, a second."""


def jpeg(frame: Any) -> str:
    """A frame, uint8 RGB [H, W, 3], as a data URL."""
    import cv2

    done, data = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"no JPEG can be made of a frame of {frame.shape[1]} x {frame.shape[0]} pixels")
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"


def mp4(clip: Clip, times: Sequence[float]) -> str:
    """The frames of `clip` as an H.264 video that shows each at its time (`times`, s from the chunk's start), as a data
    URL. Frames of one time are a millisecond apart. Raises ValueError where they cannot be encoded."""
    from av.error import FFmpegError

    try:
        return f"data:video/mp4;base64,{base64.b64encode(_encoded(clip, times)).decode()}"
    except FFmpegError as error:
        raise ValueError(str(error)) from error


def _encoded(clip: Clip, times: Sequence[float]) -> bytes:
    import av
    import numpy as np

    height, width = (side - side % 2 for side in clip.frames.shape[1:3])
    if not height or not width:
        raise ValueError("a video has at least two rows and columns")
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=_rate(times), options={"crf": "20", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        last = -1
        for pixels, time in zip(clip.frames, times, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), format="rgb24")
            last = max(last + 1, round(time * TICKS))
            frame.pts, frame.time_base = last, Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target.getvalue()


def _rate(times: Sequence[float]) -> Fraction:
    """Frames a second of the clip, as a container names it: servers that read no times of frames go by it."""
    span = times[-1] - times[0] if len(times) > 1 else 0.0
    if span <= 0:
        return Fraction(1)
    return max(Fraction(1, 1000), Fraction((len(times) - 1) / span).limit_denominator(1000))
