"""Decoding: the frames of a film in the order shown, with film times, past whatever is broken.

Knows containers, packets, seeking and clocks. Does not know what a frame is decoded for: no pictures, no scenes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.errors import FilmError
from longvid.film.protection import locked
from longvid.film.text import shown
from longvid.film.transport import video_behind

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from longvid.film.probing import Film

# Demuxers that a film may need. Everything else stays shut: playlists and manifests (hls, dash, concat) name other
# files and servers, and tty "decodes" any text file into moving pictures.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,nut,mxf,ivf,gif,apng,"
    "h264,hevc,vvc,av1,obu,m4v,vc1,mjpeg,dv,gxf,rm,wtv,nsv,nuv,pva,swf,ty,yuv4mpegpipe,roq,smk,bink,"
    "mp3,wav,flac,aac,ac3,eac3,dts,aiff,w64,ape,wv,amr,caf,au,oma,tta"
)

CLOCK_RESTART = 0.5  # s; a step back of more than this is a clock that started anew (joined recordings), not jitter
CLOCK_LEAP = 600.0  # s; nothing is shown so long without a new frame, and a hostile film must not last for years
GIVE_UP_AFTER = 8  # read errors in a row


def open_container(path: Path) -> InputContainer:
    """Opens a local file, and nothing else than that file, for demuxing. Raises what PyAV raises."""
    container = _open(path)
    videos = container.streams.video if container.format.name == "mpegts" else ()
    if len(videos) < 2 or len({s.codec_context.name for s in videos if s.codec_context is not None}) != 1:
        return container
    # A broadcast may give its video another PID on the way. libav can go on in the same stream, but goes by the order
    # within the programme, so this is asked for only where it leaves fewer video streams, and all have one codec.
    merged = _open(path, merge_pmt_versions="1")
    fewer = len(merged.streams.video) < len(container.streams.video)
    (container if fewer else merged).close()
    return merged if fewer else container


def _open(path: Path, **options: str) -> InputContainer:
    import av

    options |= {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    return av.open(f"file:{path.absolute()}", "r", options=options, metadata_errors="replace")


def next_packet(packets: Iterator[Packet[Any]]) -> Packet[Any] | None:
    """The next packet of a demuxer; None at its end. Raises FFmpegError where it cannot be read."""
    try:
        return next(packets, None)
    except IndexError:
        # PyAV stumbles, after the last packet, over streams that appeared while reading (recordings of broadcasts).
        return None


def frames_per_second(rate: Fraction | None) -> float | None:
    """The rate as a number, or None for what no film has."""
    if rate is None or rate.denominator == 0:
        return None
    value = rate.numerator / rate.denominator
    return value if 0.01 <= value <= 1000 else None


class Clock:
    """Turns the time stamps of frames, whatever their quality, into strictly increasing ticks of the stream.

    `first` is the time stamp that becomes tick 0; None takes the first one seen.
    """

    def __init__(self, stream: VideoStream, container_name: str, first: int | None) -> None:
        base = stream.time_base or Fraction(1, 1000)
        self.time_base = Fraction(base.numerator, base.denominator)
        rate = frames_per_second(stream.average_rate) or frames_per_second(stream.guessed_rate) or 25.0
        self.step = max(1, round(1 / (rate * float(self.time_base))))
        self.first = first
        # AVI stores no presentation times: those that libav hands on are decoding times in the wrong order.
        self._use_dts = container_name == "avi"
        self._shift = 0
        self._last: int | None = None

    def ticks(self, frame: VideoFrame) -> int:
        """Ticks of this frame since film time 0; greater than those of the frame before."""
        stamp = frame.dts if self._use_dts else frame.pts
        if stamp is None:
            now = 0 if self._last is None else self._last + self.step
        else:
            if self.first is None:
                self.first = stamp
            now = stamp - self.first + self._shift
        if self._last is not None:
            gap = float((now - self._last) * self.time_base)
            if gap < -CLOCK_RESTART or gap > CLOCK_LEAP:
                self._shift += self._last + self.step - now
                now = self._last + self.step
            elif now <= self._last:
                now = self._last + 1
        self._last = now
        return now

    def seconds(self, ticks: int) -> float:
        return ticks * self.time_base.numerator / self.time_base.denominator


class Frames:
    """The frames of a film's chosen video stream from `start` up to `end` (film time, s; `end` excluded).

    Iterate once: pairs of ticks (int, strictly increasing, see `clock`) and decoded frame. With `lead` the frame that
    is being shown at `start` comes first, though it may have appeared before. A seek goes to the key frame before and
    what lies between is decoded and dropped. A context manager: it holds the file open.

    clock   : turns ticks into seconds
    skipped : packets that could not be decoded and were passed over
    locked  : packets that are encrypted and were passed over
    elsewhere : there is video behind the last packet (MPEG-TS: a programme that changed in a way libav does not follow)
    broken  : why reading stopped before the end of the file, in libav's words, or None
    reached : a frame at `end` or behind it has come up, so what was shown before was shown until `end`
    """

    def __init__(self, film: Film, *, start: float = 0.0, end: float | None = None, lead: bool = False) -> None:
        self.skipped = 0
        self.locked = 0
        self.elsewhere = False
        self.broken: str | None = None
        self.reached = False
        self._film, self._start, self._end, self._lead = film, start, end, lead
        self._open()

    def _open(self) -> None:
        from av.error import FFmpegError

        try:
            self._container = open_container(self._film.path)
        except FFmpegError as error:
            raise FilmError(f"{shown(self._film.path)}: can no longer be read; is the disk still there?") from error
        stream = self._container.streams[self._film.video.index]
        self._stream: VideoStream = stream  # type: ignore[assignment]  # probe has seen that it is video
        self._stream.thread_type = "AUTO"
        self.clock = Clock(self._stream, self._container.format.name, self._film.video.first_pts)

    def __enter__(self) -> Frames:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[tuple[int, VideoFrame]]:
        held: tuple[int, VideoFrame] | None = None
        started = False
        for ticks, frame in self._sought() if self._start > 0 else self._timed(decoded(self)):
            now = self.clock.seconds(ticks)
            if not started:
                if now < self._start - 1e-6:
                    held = (ticks, frame)
                    continue
                started = True
                if held is not None and self._lead and now > self._start + 1e-6:
                    yield held
                held = None
            if self._end is not None and now >= self._end - 1e-6:
                self.reached = True
                return
            yield ticks, frame
        if not started and held is not None and self._lead:
            yield held

    def _timed(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[int, VideoFrame]]:
        for frame in frames:
            yield self.clock.ticks(frame), frame

    def _sought(self) -> Iterator[tuple[int, VideoFrame]]:
        """Frames from a key frame at or before the start; from the beginning of the file where none can be found."""
        from av.error import FFmpegError

        target = self._film.video.first_pts + round(self._start / float(self.clock.time_base))
        # An index may point behind the wanted time (MPEG-TS has none at all): then look earlier.
        for back in (0.0, 2.0, 10.0, 60.0):
            try:
                offset = target - round(back / float(self.clock.time_base))
                self._container.seek(max(offset, self._film.video.first_pts), stream=self._stream)
                frames = decoded(self)
                # Frames in front of the first key frame lean on pictures that were never read.
                key = next((frame for frame in frames if frame.key_frame), None)
            except FFmpegError:
                break
            stamp = None if key is None else (key.pts if self._container.format.name != "avi" else key.dts)
            if key is None or stamp is None:
                continue
            if stamp <= target:
                yield self.clock.ticks(key), key
                yield from self._timed(frames)
                return
        self._container.close()
        self.skipped, self.broken = 0, None
        self._open()
        yield from self._timed(decoded(self))


def decoded(frames: Frames) -> Iterator[VideoFrame]:
    """Decodes from where the container stands to its end; counts what is skipped in `frames`."""
    from av.error import EOFError as EndOfFile
    from av.error import FFmpegError

    container, stream = frames._container, frames._stream
    packets = container.demux(stream)
    position: int | None = None
    failures = 0
    while True:
        try:
            packet = next_packet(packets)
        except FFmpegError as error:
            failures += 1
            if failures < GIVE_UP_AFTER:
                packets = container.demux(stream)
                continue
            frames.broken = error.strerror or type(error).__name__
            try:
                yield from stream.decode(None)  # what the decoder still holds
            except FFmpegError:
                frames.skipped += 1
            return
        if packet is None:
            if position is not None and container.format.name == "mpegts":
                frames.elsewhere = video_behind(frames._film.path, position)
            return
        failures = 0
        if packet.stream_index != stream.index:
            continue  # of a stream that has only now appeared; PyAV may hand it on
        position = packet.pos if packet.size else position
        if locked(packet):
            frames.locked += 1
            continue
        try:
            pictures = stream.decode(packet)
        except EndOfFile:
            return
        except FFmpegError:
            frames.skipped += 1
            continue
        yield from pictures
