"""What could not be read of a film, and the line that tells it.

A container's length proves nothing by itself: it is that of its longest track, may be stale, and is guessed in
recordings. A loss is told where the file shows one: reading failed, a file that is not complete stops before the end
that it promises, what is promised of the video alone does not come or cannot be decoded, or a part was not read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvid.text.shown import clean

if TYPE_CHECKING:
    from longvid.film.decode import Frames
    from longvid.film.model import Film

LOSS = 1.0  # s missing at an end that are worth a warning; less is rounding in containers
UNREAD = 0.1  # of a file; indices behind the last packet take less


@dataclass(frozen=True, slots=True)
class Ending:
    """How the video ends. `missing`: s lost behind its last frame; 0.0 where their number is not known."""

    broken: bool
    missing: float
    reason: str | None

    def told(self, at: float) -> str:
        reason = f" ({clean(self.reason)})" if self.reason else ""
        lost = f"; the last {self.missing:.1f} s of {at + self.missing:.1f} s are lost" if self.missing > 0 else ""
        return f"breaks off at {at:.1f} s{reason}{lost}"


def ending(film: Film, source: Frames, last: float) -> Ending:
    """What is lost behind film time `last`, where the last frame that could be decoded goes, of a source read to its
    end.
    """
    packets = source.packets
    missing = [0.0]
    reached, own = packets.end(), packets.end(film.video.index)
    if not _all_there(film, source):
        # Both by the film's time and by the container's: a clock that has restarted ends early on its own account.
        if source.promised is not None and reached is not None and source.promised - reached >= LOSS:
            missing.append(source.promised - film.start - last)
        if film.video.duration is not None and own is not None and film.start + film.video.duration - own >= LOSS:
            missing.append(film.video.duration - last)
    if source.skipped and own is not None:
        missing.append(own - film.start + source.clock.seconds(source.clock.shift) - last)
    most = max(missing)
    reason = packets.broken
    unread = _unread(film, source)
    if reason is None and unread > UNREAD:
        reason = f"the last {unread:.0%} of the file cannot be read"
    return Ending(reason is not None or most >= LOSS, most if most >= LOSS else 0.0, reason)


def hole(film: Film, source: Frames) -> str | None:
    """What is told of a part in the middle of the file in which no packet was found: the picture before it stands."""
    if not source.packets.holes or not ("matroska" in film.container or film.container == "flv"):
        return None  # others have indices and stuffing between their packets
    return f"{source.packets.holes / film.size:.0%} of the file, in the middle, cannot be read"


def _unread(film: Film, source: Frames) -> float:
    """The share of the file behind the last packet where there should be more of them: in bare sequences of pieces
    (FLV, a fragmented MP4), and behind what a Matroska file says it consists of (several joined).
    """
    read_to = source.packets.read_to
    if "matroska" in film.container:
        read_to = max(read_to, _segment_end(_bytes(film, 0, 4096)) or film.size)
    elif film.container != "flv" and (source.indexed or "mp4" not in film.container):
        return 0.0
    return max(0.0, 1 - read_to / film.size)


def _all_there(film: Film, source: Frames) -> bool:
    """Whatever the header promises, every packet of the file has been read, and the file is complete."""
    indexed, own = source.index_end, source.packets.end(film.video.index)
    if indexed is not None:
        return own is not None and own >= indexed
    if source.packets.broken or source.packets.read_to < (1 - UNREAD) * film.size:
        return False
    if "matroska" in film.container:
        return (_segment_end(_bytes(film, 0, 4096)) or math.inf) <= film.size
    if film.container != "flv":
        return False
    # Every piece is followed by its length: sound is of kind 8, video 9, data 18.
    length = int.from_bytes(_bytes(film, film.size - 4, 4), "big")
    return _bytes(film, film.size - 4 - length, 1) in (b"\x08", b"\x09", b"\x12")


def _bytes(film: Film, place: int, count: int) -> bytes:
    try:
        with film.path.open("rb") as file:
            file.seek(max(0, place))
            return file.read(count)
    except OSError:
        return b""


def _segment_end(head: bytes) -> int | None:
    """Where the segment of a Matroska file that begins with `head` ends, bytes; None where it does not tell."""
    at = 0
    for name in (b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"):
        if head[at : at + 4] != name or len(head) < at + 5 or head[at + 4] == 0:
            return None
        width = 9 - head[at + 4].bit_length()  # of the number that follows: as many bytes as its first has leading bits
        size = int.from_bytes(head[at + 4 : at + 4 + width], "big") & ((1 << 7 * width) - 1)
        unknown = size == (1 << 7 * width) - 1
        at += 4 + width + (0 if name == b"\x18\x53\x80\x67" else size)
    return None if unknown else at + size
