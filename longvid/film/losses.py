"""What could not be read of a film, and the line that tells it.

A container's length proves nothing by itself: it is that of its longest track, may be stale, and is guessed in
recordings. A loss is told where the file shows one: reading failed, a file that is not complete stops before the end
that it promises, what is promised of the video alone does not come or cannot be decoded, or a part was not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvid.film.text import clean

if TYPE_CHECKING:
    from longvid.film.decode import Frames
    from longvid.film.probing import Film

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
    # Bare sequences of pieces, with nothing of weight behind them.
    pieces = film.container == "flv" or ("mp4" in film.container and not source.indexed)
    if reason is None and pieces and source.unread > UNREAD:
        reason = f"the last {source.unread:.0%} of the file cannot be read"
    return Ending(reason is not None or most >= LOSS, most if most >= LOSS else 0.0, reason)


def _all_there(film: Film, source: Frames) -> bool:
    """Whatever the header promises, every packet of the file has been read, and the file is complete."""
    if source.index_end is not None:
        own = source.packets.end(film.video.index)
        return own is not None and own >= source.index_end
    if source.unread > UNREAD or source.packets.broken:
        return False
    try:
        with film.path.open("rb") as file:
            head = file.read(4096)
            file.seek(max(0, film.size - 4))
            tail = int.from_bytes(file.read(4), "big")
            file.seek(max(0, film.size - 4 - tail))
            tag = file.read(1)
    except OSError:
        return False
    if "matroska" in film.container:
        end = segment_end(head)
        return end is not None and end <= film.size
    # Every piece of an FLV is followed by its length: sound 8, video 9, data 18.
    return film.container == "flv" and 11 <= tail <= film.size - 13 and tag in (b"\x08", b"\x09", b"\x12")


def segment_end(head: bytes) -> int | None:
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
