"""A part of a video as a video of its own: decoded, upright, without sound, encoded anew at the same rate."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from longvid.errors import FilmError
from longvid.film import probe
from longvid.text.shown import shown
from longvid_benchmarks.storyfilm.film import whole

TICKS = 1000
"""A second."""


def cut(video: Path, start: float, end: float, path: Path) -> None:
    """Write what `video` shows from `start` to `end`, s, to `path`, an MP4 file.

    Raises FilmError where nothing of it can be decoded, OSError where it cannot be written.
    """
    import av

    from longvid.film.decode import Frames
    from longvid.film.pictures import Upright

    film = probe(video)
    upright = Upright(film.video)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as draft, Frames(film, start=start, end=end, lead=0.0) as frames:
        container = None
        last = -1
        try:
            for ticks, frame in frames:
                picture, aspect = upright(frame)
                # H.264 wants even sides.
                picture = np.ascontiguousarray(picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2])
                if container is None:
                    container = av.open(draft, "w", format="mp4")
                    stream = container.add_stream(
                        "libx264", rate=Fraction(film.video.average_rate or 25).limit_denominator(1001)
                    )
                    stream.height, stream.width = picture.shape[:2]
                    stream.pix_fmt = "yuv420p"
                    stream.codec_context.time_base = stream.time_base = Fraction(1, TICKS)
                    stream.codec_context.sample_aspect_ratio = Fraction(aspect).limit_denominator(100)
                made = av.VideoFrame.from_ndarray(picture, format="rgb24")
                made.time_base = Fraction(1, TICKS)
                last = made.pts = max(last + 1, round((frames.clock.seconds(ticks) - start) * TICKS))
                container.mux(stream.encode(made))
            if container is None:
                raise FilmError(f"{shown(video)}: shows nothing from {start:g} to {end:g} s; put the annotation right")
            container.mux(stream.encode())
        finally:
            if container is not None:
                container.close()
