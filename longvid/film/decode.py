"""Decoding: the frames of a film in the order shown, with film times, past whatever is broken.

Knows containers, seeking and decoders; what time stamps are worth is the business of the clock. Does not know what a
frame is decoded for: no pictures, no scenes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from longvid.errors import FilmError
from longvid.film.clock import DAY, PLAIN, SLOWEST, STANDS, Clock, tick
from longvid.film.decoders import set_up
from longvid.film.packets import Packets, stamp_of
from longvid.film.packets import next_packet as next_packet  # for whoever demuxes on its own
from longvid.film.protection import locked
from longvid.film.transport import video_behind
from longvid.text.shown import shown

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from longvid.film.model import Film

# Demuxers that a film may need. Everything else stays shut: playlists and manifests (hls, dash, concat) name other
# files and servers, and tty "decodes" any text file into moving pictures.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,nut,mxf,ivf,gif,apng,"
    "h264,hevc,vvc,av1,obu,m4v,vc1,mjpeg,dv,gxf,rm,wtv,nsv,nuv,pva,swf,ty,yuv4mpegpipe,roq,smk,bink,"
    "mp3,wav,flac,aac,ac3,eac3,dts,aiff,w64,ape,wv,amr,caf,au,oma,tta"
)

FASTEST = 1000.0  # frames/s
LONGEST = 7 * DAY  # s; a header that promises more is wrong
TS_DISCONT, NO_STAMPS = 0x200, 0x80  # AVFMT_TS_DISCONT, AVFMT_NOTIMESTAMPS


def open_container(path: Path) -> InputContainer:
    """Opens a local file, and nothing else than that file, for demuxing. Raises what PyAV raises."""
    container = _at_its_rate(path, _open(path))
    videos = container.streams.video if container.format.name == "mpegts" else ()
    if len(videos) < 2 or len({s.codec_context.name for s in videos if s.codec_context is not None}) != 1:
        return container
    # A broadcast may give its video another PID on the way. libav can go on in the same stream, but goes by the order
    # within the programme, so this is asked for only where it leaves fewer video streams, and all have one codec.
    merged = _open(path, merge_pmt_versions="1")
    fewer = len(merged.streams.video) < len(container.streams.video)
    (container if fewer else merged).close()
    return merged if fewer else container


def _at_its_rate(path: Path, container: InputContainer) -> InputContainer:
    """A bare stream has no stamps, and libav counts 25 frames/s unless it is told what the stream itself says."""
    stream = next(iter(container.streams.video), None)
    if stream is None or not container.format.flags & NO_STAMPS or stream.codec_context is None:
        return container
    told = stream.codec_context.framerate
    if frames_per_second(told) is None or told == stream.average_rate:
        return container
    container.close()
    return _open(path, framerate=f"{told.numerator}/{told.denominator}")


def _open(path: Path, **options: str) -> InputContainer:
    import av

    options |= {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    return av.open(f"file:{path.absolute()}", "r", options=options, metadata_errors="replace")


def frames_per_second(rate: Fraction | None) -> float | None:
    """The rate as a number, or None for what no film has."""
    if rate is None or rate.denominator == 0:
        return None
    value = rate.numerator / rate.denominator
    return value if SLOWEST <= value <= FASTEST else None


def promised_end(container: InputContainer) -> float | None:
    """When the film ends on the container's clock, s, as its header tells it; None where libav only guesses from time
    stamps or the size (MPEG streams, bare H.264).
    """
    if container.format.flags & (TS_DISCONT | NO_STAMPS) or not 0 < (container.duration or 0) / 1e6 < LONGEST:
        return None
    # Matroska and ASF count from zero, wherever the first frame lies.
    assert container.duration is not None
    from_zero = "matroska" in container.format.name or container.format.name == "asf"
    start = 0.0 if from_zero else (container.start_time or 0) / 1e6
    return container.duration / 1e6 + (start if abs(start) < DAY else 0.0)


def clock_of(container: InputContainer, stream: VideoStream, first: int | None) -> Clock:
    """A clock for the frames of a stream; `first` is the stamp of film time 0, None to take that of the first frame."""
    time_base = tick(stream.time_base)
    rate = frames_per_second(stream.average_rate) or frames_per_second(stream.guessed_rate) or 25.0
    promised = promised_end(container)
    return Clock(
        time_base,
        round(1 / (rate * float(time_base))),
        first=first,
        promised=None if promised is None else round(promised / time_base),
        leaps=bool(container.format.flags & TS_DISCONT),
    )


def film_ticks(clock: Clock, packets: Packets, stamp: int | None) -> int:
    """Film time of the next decoded frame, in ticks."""
    return clock.ticks(stamp, partial(packets.following, stamp, everything=not clock.begun), packets.sounds)


class Frames:
    """The frames of a film's chosen video stream from `start` up to `end` (film time, s; `end` excluded).

    Iterate once: pairs of ticks (int, strictly increasing, see `clock`) and decoded frame. With `lead` the frame that
    is being shown at `start` comes first, though it appeared before, where no other comes within `lead` seconds. A
    seek goes to the key frame before and what lies between is decoded and dropped; where stamps may not lead to the
    right place, the film is decoded from its beginning. A context manager: it holds the file open.

    clock   : turns ticks into seconds
    packets : where the frames come from, and what else is known of the file as far as it has been read
    opening : s before the first frame of the film that could not be decoded, as when a recording is cut between key
              frames
    skipped : packets that could not be decoded and were passed over
    locked  : packets that are encrypted and were passed over
    elsewhere : there is video behind the last packet (MPEG-TS: a programme that changed in a way libav does not follow)
    reached : a frame at `end` or behind it has come up, so what was shown before was shown until `end`
    """

    def __init__(self, film: Film, *, start: float = 0.0, end: float | None = None, lead: float | None = None) -> None:
        self.skipped = 0
        self.locked = 0
        self.elsewhere = False
        self.opening = 0.0
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
        set_up(self._stream)
        self.clock = clock_of(self._container, self._stream, self._film.video.first_pts)
        self.packets = Packets(self._container, self._stream)

    def __enter__(self) -> Frames:
        return self

    def __exit__(self, *_: object) -> None:
        self.packets.close()
        self._container.close()

    def __iter__(self) -> Iterator[tuple[int, VideoFrame]]:
        held: tuple[int, VideoFrame] | None = None
        started = False
        for ticks, frame in self._sought() if self._start > 0 else self._whole():
            now = self.clock.seconds(ticks)
            if not started:
                if now < self._start - 1e-6:
                    held = (ticks, frame)
                    continue
                started = True
                if held is not None and self._lead is not None and now > self._start + self._lead + 1e-6:
                    yield held
                held = None
            if self._end is not None and now >= self._end - 1e-6:
                self.reached = True
                return
            yield ticks, frame
        if not started and held is not None and self._lead is not None:
            yield held

    @property
    def promised(self) -> float | None:
        """When the film ends on the container's clock, s, as its header tells it, or None."""
        return promised_end(self._container)

    @property
    def index_end(self) -> float | None:
        """When the last packet of the video that the index of an MP4 tells of is decoded, s; None without one."""
        entries = self._index()
        return entries[-1][0] * float(self.clock.time_base) if self.indexed and entries else None

    @property
    def indexed(self) -> bool:
        """An index in front of the packets tells of each of them: an MP4 in one piece."""
        return "mp4" in self._container.format.name and self._stream.frames > 0

    def goes(self, ticks: int, frame: VideoFrame) -> int | None:
        """When a frame that came at `ticks` goes, as its container tells it; None where libav would have to guess."""
        form = self._container.format
        guessed = form.flags & (TS_DISCONT | NO_STAMPS) and form.name != "ogg"
        return ticks + frame.duration if frame.duration and not guessed else None

    def _timed(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[int, VideoFrame]]:
        for frame in frames:
            yield film_ticks(self.clock, self.packets, stamp_of(frame, self._container)), frame

    def _whole(self) -> Iterator[tuple[int, VideoFrame]]:
        self.clock.begin()
        frames = self._timed(decoded(self))
        first = next(frames, None)
        if first is None:
            return
        if self.packets.first is not None:
            self.opening = max(0.0, self.clock.seconds(-self.clock.place(self.packets.first)))
        if self.opening >= 1.0:
            self.skipped = 0  # they are what is told by `opening`
        yield first
        yield from frames

    def _sought(self) -> Iterator[tuple[int, VideoFrame]]:
        """Frames from a key frame at or before the start; from the beginning of the file where none can be found."""
        landed = self._landed(self._film.video.first_pts + round(self._start / float(self.clock.time_base)))
        if landed is not None:
            yield from self._timed(landed)
            return
        self.packets.close()
        self._container.close()
        self.skipped = 0
        self._open()
        yield from self._whole()
        self.opening = 0.0  # the range does not hold it

    def _landed(self, target: int) -> Iterator[VideoFrame] | None:
        """Frames from the last key frame at or before the stamp `target`, or None where it cannot be found."""
        from av.error import FFmpegError

        first = self._film.video.first_pts
        try:
            self._container.seek(first, stream=self._stream)  # reads an index that lies at the end
            # An index may point behind the wanted time: then look earlier.
            for back in (0.0, 2.0, 10.0, 60.0) if self._orderly(target) else ():
                offset = target - round(back / float(self.clock.time_base))
                self._container.seek(max(offset, first), stream=self._stream)
                self.packets.close()
                self.packets = Packets(self._container, self._stream)
                frames = decoded(self)
                # Frames in front of the first key frame lean on pictures that were never read.
                key = next((frame for frame in frames if frame.key_frame), None)
                stamp = None if key is None else stamp_of(key, self._container)
                if key is not None and stamp is not None and stamp <= target:
                    return itertools.chain((key,), frames)
        except FFmpegError:
            return None
        return None

    def _index(self) -> list[tuple[int, int]]:
        """Stamps of decoding and places in the file, bytes, as far as an index tells them. Older PyAV tells none."""
        return [(entry.timestamp, entry.pos) for entry in getattr(self._stream, "index_entries", ())]

    def _orderly(self, target: int) -> bool:
        """Stamps lead to the right place: an index tells of the file up to the wanted stamp without having been made by
        reading it, rises with the file, and holds nothing that a clock would not take as it is.
        """
        form, base = self._container.format, float(self.clock.time_base)
        entries = self._index()
        if form.flags & (TS_DISCONT | NO_STAMPS) or len(entries) < 2:
            return False
        (last, furthest), promised = entries[-1], self.promised
        if last < target and furthest < 0.8 * self._film.size and not self.indexed:
            return False
        if promised is not None and last * base > promised + 1.0:
            return False
        still = (PLAIN if promised is None else STANDS) / base
        return all(
            # An index of an MP4 holds sums, which rise, and may order its data as it likes.
            0 <= later - time <= still and (self.indexed or position <= further)
            for (time, position), (later, further) in itertools.pairwise(entries)
        )


def decoded(frames: Frames) -> Iterator[VideoFrame]:
    """Decodes from where the container stands to its end; counts what is skipped in `frames`."""
    from av.error import EOFError as EndOfFile
    from av.error import FFmpegError

    stream = frames._stream
    for packet in frames.packets:
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
    position = frames.packets.position
    if position is not None and frames.packets.broken is None and frames._container.format.name == "mpegts":
        frames.elsewhere = video_behind(frames._film.path, position)
    try:
        yield from stream.decode(None)  # what the decoder still holds
    except EndOfFile:
        return
    except FFmpegError:
        frames.skipped += 1
