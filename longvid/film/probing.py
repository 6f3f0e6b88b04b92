"""Probing: what a file holds, before anything is spent on it, and one clear line where it is no film.

Decodes the first second, so that what passes can be decoded and film time 0 is the first frame really shown. Knows
nothing about scenes or pictures.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from longvid.errors import FilmError
from longvid.film.clock import tick
from longvid.film.decode import LONGEST, clock_of, film_ticks, frames_per_second
from longvid.film.decoders import set_up, too_large
from longvid.film.model import AudioTrack, Film, SubtitleTrack, VideoTrack
from longvid.film.packets import Packets, stamp_of
from longvid.film.pictures import Aspect, notes, sensible
from longvid.film.protection import encrypted, locked
from longvid.film.tracks import SideData, candidates, codec, edges, opened, side_data, videos
from longvid.text.shown import clean, shown

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

SHORTEST = 1.0  # s; less than this cannot be told from a picture
MIB = 1 << 20
BLOCKS, BLOCK = 64, 16384
TEXT_SUBTITLES = frozenset(
    {"subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text", "ttml", "microdvd", "subviewer"}
)


def probe(path: str | Path, *, video: int | None = None) -> Film:
    """Reads what a film holds and decodes its first second.

    `video` names the index of the video stream to use; otherwise it is the first of which a second can be decoded, of
    those with more than one picture before others, of those marked as default before others, then of the largest.
    A cover that is marked as such is none of them. Raises FilmError for whatever cannot be read as a film of a second
    or more.
    """
    path = Path(path)
    size = size_of(path)
    with opened(path) as container:
        first, *others = candidates(path, container, video)
        try:
            return _film(path, size, container, first)
        except FilmError:
            if not others:
                raise
            for index in others:
                with opened(path) as again, contextlib.suppress(FilmError):
                    return _film(path, size, again, index)
            raise


def fingerprint(path: str | Path) -> str:
    """Hex of XXH3-128 over size, first and last MiB and 64 blocks between: names a film's content for run keys, in no
    time. A download that grew into a file of its final size is told from the whole one.

    Raises FilmError where the file cannot be read.
    """
    path = Path(path)
    size = size_of(path)
    try:
        with path.open("rb") as file:
            return digest(size, (_read(file, *span) for span in spans(size)))
    except OSError as error:
        raise FilmError(f"{shown(path)}: cannot be read ({error.strerror}); check the disk and permissions") from error


def spans(size: int) -> list[tuple[int, int]]:
    """First byte and the one behind the last of each part of a file of `size` bytes that names its content."""
    blocks = [size * part // (BLOCKS + 1) for part in range(1, BLOCKS + 1)]
    starts = [(0, MIB), *((start, BLOCK) for start in blocks), (max(0, size - MIB), MIB)]
    return [(start, min(size, start + length)) for start, length in starts]


def digest(size: int, parts: Iterable[bytes]) -> str:
    """The fingerprint of a file of `size` bytes that has `parts` at its `spans`."""
    import xxhash

    found = xxhash.xxh3_128(str(size).encode())
    for part in parts:
        found.update(part)
    return str(found.hexdigest())


def _read(file: IO[bytes], start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)


def size_of(path: Path) -> int:
    """Bytes of the film at `path`. Raises FilmError where no film can be there."""
    try:
        if path.is_dir():
            raise FilmError(f"{shown(path)}: is a folder, not a film; name a video file in it")
        if not path.exists():
            raise FilmError(f"{shown(path)}: no such file; check the path")
        if not path.is_file():
            raise FilmError(f"{shown(path)}: is not a regular file; save the film to a file first")
        size = path.stat().st_size
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FilmError(f"{shown(path)}: cannot be looked at; check the path and its permissions") from error
    if size == 0:
        raise FilmError(f"{shown(path)}: is empty; copy or download it again")
    return size


def _film(path: Path, size: int, container: InputContainer, index: int) -> Film:
    from av.stream import Disposition

    chosen: VideoStream = container.streams[index]  # type: ignore[assignment]  # _order has seen that it is video
    streams = [s for s in videos(container)[0] if s.codec_context is not None]
    aside = Disposition.comment | Disposition.visual_impaired | Disposition.hearing_impaired
    audio = tuple(
        AudioTrack(
            s.index,
            codec(s),
            _language(s),
            _tag(s, "title"),
            default=bool(s.disposition & Disposition.default),
            aside=bool(s.disposition & aside),
        )
        for s in container.streams.audio
    )
    if (refused := too_large(chosen.width or 0, chosen.height or 0)) is not None:
        raise FilmError(f"{shown(path)}: {refused}")
    beside = side_data(container)
    set_up(chosen)
    tags = _tags(chosen)  # a decoder overwrites them, also where its own stream says nothing
    first_pts, frame = _first_second(path, container, chosen)
    rotation, mirrored = _orientation(frame)
    tracks = tuple(
        _video(s, container, beside[s.index], tags, first_pts, rotation, mirrored, frame)
        if s.index == index
        else _video(s, container, beside[s.index], _tags(s), 0, 0, False, None)
        for s in streams
    )
    track = next(t for t in tracks if t.index == chosen.index)
    start = float(first_pts * track.time_base)
    origin = container.start_time / 1e6 if container.start_time is not None else start
    subtitles = tuple(
        SubtitleTrack(
            s.index,
            codec(s),
            _language(s),
            _tag(s, "title"),
            codec(s) in TEXT_SUBTITLES,
            forced=bool(s.disposition & Disposition.forced),
            hearing_impaired=bool(s.disposition & Disposition.hearing_impaired),
        )
        for s in container.streams.subtitles
    )
    return Film(
        path=path,
        size=size,
        container=clean(container.format.name),
        duration=_duration(container, track, start, origin),
        start=start,
        origin=origin,
        video=track,
        videos=tracks,
        audio=audio,
        subtitles=subtitles,
        comment=_comment(container),
        notes=notes(frame, track),
        strange=beside[index].strange,
    )


def _duration(container: InputContainer, track: VideoTrack, start: float, origin: float) -> float:
    if track.duration is not None:
        return track.duration
    if container.duration is not None and 0 < container.duration / 1e6 < LONGEST:
        # Matroska counts from zero, wherever the first frame lies.
        before = start if "matroska" in container.format.name else start - origin
        return max(0.0, container.duration / 1e6 - before)
    return 0.0


def _first_second(path: Path, container: InputContainer, stream: VideoStream) -> tuple[int, VideoFrame]:
    """Time stamp of film time 0 and the first frame shown; FilmError where a second cannot be decoded."""
    from av.error import FFmpegError

    packets, clock = Packets(container, stream), clock_of(container, stream, None)
    first: VideoFrame | None = None
    shown_for = 0.0
    reason = ""
    for frame in _lenient(path, packets, stream):
        if isinstance(frame, FFmpegError):
            reason = reason or f" ({clean(frame.strerror or type(frame).__name__)})"
            continue
        ticks = film_ticks(clock, packets, stamp_of(frame, container))
        first = first or frame
        shown_for = clock.seconds(ticks + max(frame.duration or 0, clock.step))
        if clock.seconds(ticks + clock.step) >= SHORTEST:
            break
    packets.close()
    if shown_for < SHORTEST - 1e-3 and encrypted(path, container.format.name, stream):
        raise _locked_up(path, stream)
    if first is None:
        raise FilmError(
            f"{shown(path)}: not one frame can be decoded{reason}; check that it plays, or download it again"
        )
    if packets.repeated is not None:
        shown_for = max(shown_for, clock.seconds(clock.place(packets.repeated)))
    if shown_for < SHORTEST - 1e-3:
        raise FilmError(
            f"{shown(path)}: only {shown_for:.2f} s of video can be decoded{reason}; a film needs a second or more"
        )
    return clock.first or 0, first


def _locked_up(path: Path, stream: VideoStream) -> FilmError:
    return FilmError(
        f"{shown(path)}: its video track {stream.index} is encrypted, and there is no key; "
        "name a copy without copy protection"
    )


def _lenient(path: Path, packets: Packets, stream: VideoStream) -> Iterator[Any]:
    """Frames, and the errors between them; ends after a hundred errors, or ten thousand before the first frame: a
    recording may begin long before its first key frame. FilmError for an encrypted packet.
    """
    from av.error import FFmpegError

    left, begun = 10_000, False
    for packet in itertools.chain(packets, (None,)):
        try:
            if packet is not None and locked(packet):
                raise _locked_up(path, stream)
            for frame in stream.decode(packet):
                if not begun:
                    left, begun = 100, True
                yield frame
        except FFmpegError as error:
            left -= 1
            if left <= 0:
                return
            yield error


def _video(
    s: VideoStream,
    container: InputContainer,
    beside: SideData,
    colours: tuple[int, int, int],
    first_pts: int,
    rotation: int,
    mirrored: bool,
    frame: VideoFrame | None,
) -> VideoTrack:
    time_base = tick(s.time_base)
    width = frame.width if frame else (s.width or 0)
    height = frame.height if frame else (s.height or 0)
    by_frame = s.sample_aspect_ratio == s.codec_context.sample_aspect_ratio  # else the container has one of its own
    aspect = sensible(s.sample_aspect_ratio)
    return VideoTrack(
        index=s.index,
        codec=codec(s),
        width=width,
        height=height,
        rotation=rotation,
        mirrored=mirrored,
        pixel_aspect=Aspect(aspect)(frame) if by_frame and frame else aspect,
        aspect_by_frame=by_frame,
        crop=edges(beside.crop, width, height),
        colours=colours,
        average_rate=frames_per_second(s.average_rate),
        base_rate=frames_per_second(s.base_rate),
        duration=_stream_duration(s, container, float(time_base), first_pts),
        time_base=time_base,
        first_pts=first_pts,
    )


def _tags(s: VideoStream) -> tuple[int, int, int]:
    context = s.codec_context
    return int(context.color_primaries), int(context.color_trc), int(context.colorspace)


def _orientation(frame: VideoFrame) -> tuple[int, bool]:
    """Degrees clockwise, then mirrored or not, that set the frame upright: from its display matrix.

    The matrix maps a pixel (p, q) to (a p + c q, b p + d q). Angles between the quarters go to the nearest.
    """
    try:
        matrix = bytes(frame.side_data["DISPLAYMATRIX"])  # type: ignore[typeddict-item]  # missing in PyAV's stubs
        a, b, _, c, d = struct.unpack("9i", matrix)[:5]
    except (KeyError, struct.error):
        return 0, False
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (180 if d < 0 else 0), (a < 0) != (d < 0)
    return (90 if b > 0 else 270), (b < 0) == (c < 0)


def _stream_duration(s: VideoStream, container: InputContainer, time_base: float, first_pts: int) -> float | None:
    """From the first frame to the end, s, where the container tells it of this stream alone and it can be true."""
    name, end = container.format.name, None
    if "matroska" in name:
        # Kept in a tag: the end of the last frame on the container's clock. Tags may be stale, the header is not.
        tags = {key.upper(): value.strip("\0 \t") for key, value in s.metadata.items()}
        match = re.fullmatch(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,12})?)", tags.get("DURATION", ""))
        if match:
            hours, minutes, seconds = match.groups()
            end = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        length = (container.duration or 0) / 1e6
        alone = len(container.streams.video) + len(container.streams.audio) == 1
        if end is None or end > length + 1:
            end = length if alone and length else None
    elif s.duration is not None and ("mp4" in name or name in ("avi", "mxf")):
        end = (s.duration + (s.start_time or 0)) * time_base
    return end - first_pts * time_base if end is not None and end > first_pts * time_base else None


def _tag(stream: Any, key: str) -> str | None:
    return clean(str(stream.metadata.get(key, ""))) or None


def _comment(container: InputContainer) -> str | None:
    # Matroska gives the names of tags back in capitals.
    found = (clean(value) for key, value in container.metadata.items() if key.lower() == "comment")
    return next(found, None) or None


def _language(stream: Any) -> str | None:
    language = _tag(stream, "language")
    return None if language in ("und", "unk") else language
