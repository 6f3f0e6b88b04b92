"""What could not be read of a film, and the line that tells it.

A container's length proves nothing by itself: it is that of its longest track, may be stale, and is guessed in
recordings. A loss is told where the file shows one: reading failed, all tracks stop before the promised end, the
video's packets stop before the end promised for them or cannot be decoded up to it, or a part of the file was not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvid.film.text import clean

if TYPE_CHECKING:
    from longvid.film.decode import Frames
    from longvid.film.probing import Film

LOSS = 1.0  # s missing at an end that are worth a warning; less is rounding in containers
UNREAD = 0.1  # of a file; indices and attachments behind the last packet take less


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
    packets, clock = source.packets, source.clock
    missing = [0.0]
    # Both by the film's time and by the container's: a clock that has restarted ends early on its own account.
    promised, reached, own = source.promised, packets.end(), packets.end(film.video.index)
    if promised is not None and reached is not None and promised - reached >= LOSS:
        missing.append(promised - film.start - last)
    if own is not None:
        own -= film.start
        if film.video.duration is not None and film.video.duration - own >= LOSS:
            missing.append(film.video.duration - last)
        if source.skipped:
            missing.append(own + clock.seconds(clock.shift) - last)
    most = max(missing)
    reason = packets.broken
    if reason is None and not source.indexed and source.unread > UNREAD:
        reason = f"the last {source.unread:.0%} of the file cannot be read"
    return Ending(reason is not None or most >= LOSS, most if most >= LOSS else 0.0, reason)
