"""A clip of a film as a video file of its own, for whoever trains on it: H.264, upright, square pixels, no sound.

Each frame is shown at its time in the film less the clip's start, so what is seen at a second is the same in both. The
same film gives the same bytes. Knows nothing of what is asked about the clip.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.errors import DataError, FilmError
from longvid.files import NAME_KEPT
from longvid.text.shown import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from longvid.film import Film

LONGER_SIDE = 640
"""Pixels at most; CogVLM2-Video is shown 224."""
TICKS = 1000
"""Of the clock, a second."""
QUALITY = {"crf": "20", "preset": "veryfast"}
STANDS = 0.5
"""Seconds: a last picture that is shown for longer is put once more at the end, which players else would not see."""


def cut(film: Film, start: float, end: float, path: Path, check: Callable[[], None]) -> None:
    """Write what `film` shows from `start` to `end` (film time, s) to `path`, whole or not at all.

    `check` is called for each frame and may raise to end the work. Raises FilmError where nothing can be decoded,
    DataError where the file cannot be written.
    """
    from av.error import FFmpegError

    draft = path.with_name(f".{path.name[:NAME_KEPT]}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _encode(film, start, end, draft, check)
        draft.replace(path)
    except (OSError, FFmpegError) as error:
        reason = error.strerror or str(error)
        raise DataError(f"{shown(path)}: the clip cannot be written ({reason}); free some space") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _encode(film: Film, start: float, end: float, draft: Path, check: Callable[[], None]) -> None:
    import av
    from av.video.frame import VideoFrame

    with av.open(str(draft), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream: Any = None
        last = -1
        for time, picture in _pictures(film, start, end):
            check()
            if stream is None:
                rate = Fraction(film.video.average_rate or 25).limit_denominator(1001)
                stream = container.add_stream("libx264", rate=rate, options=QUALITY)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.thread_count = 1
                stream.codec_context.time_base = Fraction(1, TICKS)
            last = max(last + 1, round(time * TICKS))
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = last, Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        if stream is None:
            raise FilmError(f"{shown(film.path)}: nothing can be decoded at {start:.1f} s; check that the film plays")
        container.mux(stream.encode())


def _pictures(film: Film, start: float, end: float) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Seconds from `start`, and the picture that comes up then, uint8 RGB [h, w, 3], all of one shape."""
    from longvid.engine.pictures import PixelBudget, Whole
    from longvid.film.decode import Frames
    from longvid.film.pictures import Upright

    upright = Upright(film.video)
    resized: Whole | None = None
    latest: tuple[float, NDArray[np.uint8]] | None = None
    with Frames(film, start=start, end=end, lead=0.0) as source:
        for ticks, frame in source:
            rgb, aspect = upright(frame)
            if resized is None:
                wide, high = rgb.shape[1] * aspect, rgb.shape[0]
                scale = min(1.0, LONGER_SIDE / max(wide, high))
                resized = Whole(PixelBudget(max(1024, int(wide * high * scale * scale)), 2))
            latest = max(0.0, source.clock.seconds(ticks) - start), resized(rgb, aspect)
            yield latest
    if latest is not None and end - start - latest[0] > STANDS:
        yield end - start - 1 / TICKS, latest[1]
