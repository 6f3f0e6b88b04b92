"""The frames of a question's video that a protocol shows, as a clip: from a file, or from a folder of pictures.

Knows no prompt and no answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from longvid.errors import FilmError
from longvid.files import read_bytes
from longvid.film import Clip, exact, probe
from longvid.text.shown import shown
from longvid_benchmarks.published.protocols import Protocol
from longvid_benchmarks.published.questions import Question, pictures_in

if TYPE_CHECKING:
    from longvid.film import Film
    from longvid.film.pictures import Transform

PICTURES_PER_SECOND = 3.0
"""Of TVQA's folders."""
LARGEST_PICTURE = 64 << 20
"""Bytes."""


def signature(video: Path) -> str:
    """What tells a video from another of its name, without reading it: sizes and times of its files, as a hash.

    Raises FilmError where it is gone.
    """
    try:
        files = pictures_in(video) if video.is_dir() else [video]
        told = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    except OSError as error:
        raise FilmError(f"{shown(video)}: cannot be looked at ({error.strerror}); is the disk still there?") from error
    return hashlib.sha256(repr(told).encode(errors="surrogatepass")).hexdigest()


def watch(question: Question, protocol: Protocol, transform: Transform) -> Clip:
    """The frames that `protocol` shows of `question`'s part of its video; times are those of the video, s.

    Raises FilmError where the video cannot be decoded.
    """
    try:
        if question.video.is_dir():
            return _watch_pictures(question, protocol, transform)
    except OSError as error:
        raise FilmError(f"{shown(question.video)}: cannot be read ({error.strerror}); fetch it again") from error
    film = probe(question.video)
    times = protocol.moments(question.start, question.end, _last_frame(film))
    return next(exact(film, [times], transform))


def _last_frame(film: Film) -> float:
    """When the last frame of `film` comes up, s: by its header, and where that says nothing by decoding it."""
    rate = film.video.average_rate
    if film.duration > 0 and rate:
        return max(0.0, film.duration - 1 / rate)
    from longvid.film.decode import Frames

    last = 0.0
    with Frames(film) as frames:
        for ticks, _ in frames:
            last = frames.clock.seconds(ticks)
    return last


def _watch_pictures(question: Question, protocol: Protocol, transform: Transform) -> Clip:
    paths = pictures_in(question.video)
    if not paths:
        raise FilmError(f"{shown(question.video)}: holds no pictures; fetch it again")
    times = protocol.moments(question.start, question.end, (len(paths) - 1) / PICTURES_PER_SECOND)
    places = [min(len(paths) - 1, int(time * PICTURES_PER_SECOND + 0.5)) for time in times]
    return Clip(_read(paths, places, transform), np.array(places, dtype=np.float64) / PICTURES_PER_SECOND)


def _read(paths: Sequence[Path], places: Sequence[int], transform: Transform) -> NDArray[np.uint8]:
    import cv2

    pictures = []
    for place in places:
        try:
            packed = np.frombuffer(read_bytes(paths[place], LARGEST_PICTURE), np.uint8)
            drawn = cv2.imdecode(packed, cv2.IMREAD_COLOR) if packed.size else None
        except (OSError, ValueError, cv2.error) as error:
            raise FilmError(f"{shown(paths[place])}: cannot be read; fetch it again") from error
        if drawn is None:
            raise FilmError(f"{shown(paths[place])}: no picture; fetch it again")
        pictures.append(transform(np.ascontiguousarray(drawn[..., ::-1]), 1.0))
    return np.stack(pictures)
