"""The packets of a film's video in the order of the file, with a look ahead, and an account of the other tracks.

Knows demuxing. Does not know decoding, nor what a time stamp is worth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

from longvid.film.clock import tick

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

GIVE_UP_AFTER = 8  # read errors in a row
AHEAD = 256  # packets of video that are looked at before a stamp out of line is judged: ten seconds of most films
AHEAD_BYTES = 32 << 20
LATEST = 16  # packets of a track among which is the one shown last: more than any codec puts out of order
HOLE, HOLE_BYTES = 0.02, 16 << 10  # of a file; so much between two packets holds none that can be read
PAUSE = 1.0  # s between two packets of sound from which on the sound has paused
PAUSES = 64  # stretches of sound that are remembered


def next_packet(packets: Iterator[Packet[Any]]) -> Packet[Any] | None:
    """The next packet of a demuxer; None at its end. Raises FFmpegError where it cannot be read."""
    try:
        return next(packets, None)
    except IndexError:
        # PyAV stumbles, after the last packet, over streams that appeared while reading (recordings of broadcasts).
        return None


def readable(demux: Callable[[], Iterator[Packet[Any]]], broken: Callable[[str], None]) -> Iterator[Packet[Any]]:
    """The packets that a demuxer gives, past places that cannot be read; `broken` is told, in libav's words, why it
    stopped before the end.

    demux : begins to read where its container stands
    """
    from av.error import FFmpegError

    packets = demux()
    failures = 0
    while True:
        try:
            packet = next_packet(packets)
        except FFmpegError as error:
            failures += 1
            if failures < GIVE_UP_AFTER:
                packets = demux()
                continue
            broken(error.strerror or type(error).__name__)
            return
        if packet is None:
            return
        failures = 0
        yield packet


def stamp_of(thing: Any, container: InputContainer) -> int | None:
    """The time stamp of a packet or frame, ticks of its stream, or None."""
    # AVI stores no presentation times: those that libav hands on are decoding times in the wrong order.
    stamp: int | None = thing.dts if container.format.name == "avi" else thing.pts
    return stamp


class Packets:
    """Iterator over what `stream` holds, from where the container stands to its end.

    first    : stamp of the first packet that is to be shown, or None
    broken   : why reading stopped before the end of the file, in libav's words, or None
    repeated : stamp until which empty packets after the last full one show its picture again, or None
    position : place in the file, bytes, of the last packet, or None
    read_to  : the furthest place in the file, bytes, that a packet came from
    holes    : bytes between packets in which there must have been more
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.first: int | None = None
        self.broken: str | None = None
        self.repeated: int | None = None
        self.position: int | None = None
        self.read_to = self.holes = 0
        self._hole = max(container.size * HOLE, HOLE_BYTES)
        self._container, self._stream = container, stream
        self._source = self._read()
        self._queue: deque[Packet[Any]] = deque()
        self._queued = 0  # bytes
        self._recent: deque[int] = deque(maxlen=64)
        self._ends: dict[int, deque[float]] = {}
        self._sound: dict[int, deque[list[float]]] = {}
        self._tracks: dict[int, tuple[str, int, int]] = {}

    def __iter__(self) -> Iterator[Packet[Any]]:
        return self

    def __next__(self) -> Packet[Any]:
        """The next packet that holds something. Empty ones ("the same picture again") are only noted."""
        while True:
            packet = self._queue.popleft() if self._queue else next(self._source)
            if packet is not None and self._queued:
                self._queued -= packet.size
            stamp = stamp_of(packet, self._container)
            if packet.size:
                self.repeated, self.position = None, packet.pos
                if self.first is None and not packet.is_discard:  # MP4 may drop what lies before its first frame
                    self.first = stamp
                if stamp is not None:
                    self._recent.append(stamp)
                return packet
            if stamp is not None:
                self.repeated = max(self.repeated or stamp, stamp + (packet.duration or 0))

    def close(self) -> None:
        """Read no more; what is known stays. The decoder and its pictures go with whoever held the file open."""
        # A reader that is not at its end holds its packets, which hold it, and all would wait for the collector.
        self._source.close()

    def following(self, stamp: int | None, everything: bool = False) -> Iterator[int]:
        """Stamps that follow that of a decoded frame, in the order of the file; reads ahead as far as asked for.

        Those of packets that have been given away, and of which the decoder holds the frames back, are among them with
        `everything` and where the file has ended: they may be of packets that cannot be decoded.
        """
        if everything:
            yield from self._given(stamp)
        seen = 0
        while seen < AHEAD:
            if seen == len(self._queue):
                packet = next(self._source, None) if self._queued < AHEAD_BYTES else None
                if packet is None:
                    break
                self._queue.append(packet)
                self._queued += packet.size
            coming = stamp_of(self._queue[seen], self._container)
            seen += 1
            if coming is not None:
                yield coming
        if not seen and not everything:
            yield from self._given(stamp)

    def _given(self, after: int | None) -> list[int]:
        recent = list(self._recent)
        return recent[len(recent) - recent[::-1].index(after) :] if after in recent else []

    def end(self, index: int | None = None) -> float | None:
        """When the last packet read of a stream ends on the container's clock, s; of all sound and video by default."""
        ends = [end for i, latest in self._ends.items() if index in (None, i) for end in latest]
        return max(ends, default=None)

    def sounds(self, start: int, end: int) -> bool | None:
        """Whether there is sound for most of the time between two stamps of the video; None for a film that had none at
        the first of them.
        """
        base = float(tick(self._stream.time_base))
        a, b = start * base, end * base
        heard = [
            stretches for stretches in self._sound.values() if any(c - PAUSE < a < d + PAUSE for c, d in stretches)
        ]
        if not heard:
            return None
        return any(sum(max(0.0, min(b, d) - max(a, c)) for c, d in stretches) > (b - a) / 2 for stretches in heard)

    def _read(self) -> Generator[Packet[Any], None, None]:
        def broken(why: str) -> None:
            self.broken = why

        for packet in readable(self._container.demux, broken):
            self._note(packet)
            # PyAV ends every stream with an empty packet that has no time.
            if packet.stream_index == self._stream.index and (packet.size or packet.pts is not None):
                yield packet

    def _note(self, packet: Packet[Any]) -> None:
        if packet.pos is not None:
            if self.read_to and packet.pos - self.read_to > self._hole:
                self.holes += packet.pos - self.read_to
            self.read_to = max(self.read_to, packet.pos + packet.size)
        index = packet.stream_index
        track = self._tracks.get(index)
        if track is None:
            track = self._tracks[index] = _track(packet)
        kind, numerator, denominator = track
        stamp = packet.dts if packet.pts is None else packet.pts
        if kind not in ("video", "audio") or stamp is None:
            return
        start = stamp * numerator / denominator
        end = start + (packet.duration or 0) * numerator / denominator
        ends = self._ends.get(index)
        if ends is None:
            ends = self._ends[index] = deque(maxlen=LATEST)
        ends.append(end)
        if kind == "audio":
            stretches = self._sound.setdefault(index, deque(maxlen=PAUSES))
            if stretches and abs(start - stretches[-1][1]) < PAUSE:
                stretches[-1][1] = max(end, stretches[-1][1])
            else:
                stretches.append([start, end])


def _track(packet: Packet[Any]) -> tuple[str, int, int]:
    """Kind and time base, as numerator and denominator, of what a packet is of. No other way from ticks to seconds is
    as cheap, and there may be a hundred packets a second of film."""
    if not packet.time_base:
        return "", 0, 1
    base = tick(packet.time_base)
    return packet.stream.type, base.numerator, base.denominator
