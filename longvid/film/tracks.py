"""The video tracks of a file: which of them may be the film, and what a player would show of its frames.

Opens files and looks at packets; decodes nothing. Knows no film time.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.errors import FilmError
from longvid.film.decode import next_packet, open_container
from longvid.film.pictures import WHOLE
from longvid.text.shown import clean, shown

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

LOOKED_AT = 4096  # packets, to tell a film from a picture beside it


def opened(path: Path) -> InputContainer:
    """The file for demuxing. FilmError where libav cannot read it."""
    import av

    try:
        return open_container(path)
    except UnicodeError as error:
        raise FilmError(f"{shown(path)}: the file's name cannot be handed to libav; rename the file") from error
    except av.error.FFmpegError as error:
        reason = clean(error.strerror or type(error).__name__)
        if isinstance(error, av.error.ArgumentError):  # all that libav says of a format outside the list
            reason = "not a known video format"
        if isinstance(error, PermissionError):
            raise FilmError(f"{shown(path)}: may not be read; change its permissions") from error
        raise FilmError(
            f"{shown(path)}: not a video file that libav can read ({reason}); "
            "check that it plays, or is a complete download, or convert it to MP4 or MKV"
        ) from error


def candidates(path: Path, container: InputContainer, wanted: int | None) -> list[int]:
    """Indices of the video streams that may be the film, the likeliest first; never empty."""
    from av.stream import Disposition

    films, covers = videos(container)
    if not films:
        what = "only audio" if container.streams.audio else "no video"
        raise FilmError(f"{shown(path)}: holds {what}; name a file with a video track")
    streams = [s for s in films if s.codec_context is not None]
    if not streams:
        raise FilmError(f"{shown(path)}: its video is in a format that libav cannot decode; convert it to H.264")
    if wanted is not None:
        if wanted not in [s.index for s in streams]:
            what = "a cover picture" if wanted in [s.index for s in covers] else "not video"
            tracks = ", ".join(f"{s.index} ({codec(s)}, {s.width}x{s.height})" for s in streams)
            raise FilmError(f"{shown(path)}: stream {wanted} is {what}; its video tracks are {tracks}, or choose auto")
        return [wanted]
    if len(streams) == 1:
        return [streams[0].index]
    moving = _moving(path, [s.index for s in streams])
    streams.sort(
        key=lambda s: (
            s.index not in moving,
            not s.disposition & Disposition.default,
            -(s.width or 0) * (s.height or 0),
            s.index,
        )
    )
    return [s.index for s in streams]


def videos(container: InputContainer) -> tuple[list[VideoStream], list[VideoStream]]:
    """Video streams, and those that are pictures that go with a film: covers and thumbnails."""
    from av.stream import Disposition

    pictures = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
    streams = container.streams.video
    return [s for s in streams if not s.disposition & pictures], [s for s in streams if s.disposition & pictures]


def _moving(path: Path, indices: list[int]) -> set[int]:
    """Those of the streams that have more than one packet, as far as the first few thousand packets tell."""
    from av.error import FFmpegError

    packets: Counter[int] = Counter()
    with opened(path) as container:
        demuxed = container.demux([container.streams[i] for i in indices])
        with contextlib.suppress(FFmpegError):
            for _ in range(LOOKED_AT):
                packet = next_packet(demuxed)
                if packet is None or all(packets[i] > 1 for i in indices):
                    break
                packets[packet.stream_index] += packet.size > 0
    return {i for i in indices if packets[i] > 1}


@dataclass(slots=True)
class SideData:
    """What a container says of a stream beside its packets.

    crop   : px at the top, the bottom, the left and the right that are not shown, or None
    strange : its colours are Dolby Vision's own, and no other picture goes with them (profile 5)
    """

    crop: tuple[int, int, int, int] | None = None
    strange: bool = False


def side_data(container: InputContainer) -> dict[int, SideData]:
    """By stream. PyAV hands on no side data of streams, but libav's own description of the file has it."""
    from av import logging

    before = logging.get_level(), logging.get_skip_repeated()
    try:
        logging.set_level(logging.INFO)
        logging.set_skip_repeated(False)
        text = container.dumps_format()  # type: ignore[attr-defined]  # missing in PyAV's stubs
    finally:
        logging.set_level(before[0])
        logging.set_skip_repeated(before[1])
    found: defaultdict[int, SideData] = defaultdict(SideData)
    stream = -1
    for line in text.splitlines():
        if match := re.match(r"  Stream #0:(\d+)", line):
            stream = int(match[1])
        elif match := re.match(r" {6}Frame Cropping: (\d+)/(\d+)/(\d+)/(\d+)$", line, re.IGNORECASE):
            left, right, top, bottom = map(int, match.groups())
            found[stream].crop = (top, bottom, left, right)
        elif re.match(r" {6}DOVI configuration record: .*\bprofile: 5,.*\bcompatibility id: 0\b", line):
            found[stream].strange = True
    return found


def edges(crop: tuple[int, int, int, int] | None, width: int, height: int) -> tuple[float, float, float, float]:
    """Top, bottom, left and right edge of what is left of a frame, as shares of its height and width."""
    if crop is None or crop[0] + crop[1] >= height or crop[2] + crop[3] >= width:
        return WHOLE
    top, bottom, left, right = crop
    return top / height, 1 - bottom / height, left / width, 1 - right / width


def codec(stream: Any) -> str:
    """The name of its decoder."""
    context = stream.codec_context  # None where libav has no decoder
    return clean(context.name) if context is not None else "unknown"
