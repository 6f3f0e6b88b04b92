"""What the packets of an MPEG transport stream say by themselves: scrambling, and video that libav does not hand on.

Knows bytes of 188-byte packets, also where others stand between them (M2TS, error correction); decodes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SIZE = 188  # bytes
STRIDES = (188, 192, 204)
IN_SYNC = 5  # packets in a row
LOOKED_AT = 4 << 20  # bytes
GOES_ON = 25  # pictures or more begin there: no mere rest


@dataclass(frozen=True, slots=True)
class Packet:
    """One transport packet. `video`: a packetized picture (or a few) begins in it."""

    pid: int
    scrambled: bool
    video: bool


def scrambled(path: Path, pid: int) -> bool:
    """Whether most packets of this PID, near the start of the file, are marked as scrambled."""
    marks = [packet.scrambled for packet in _packets(_read(path, 0)) if packet.pid == pid]
    return sum(marks) * 2 > len(marks)


def video_behind(path: Path, position: int) -> bool:
    """Whether much video begins from this byte on, whatever its PID."""
    begun = Counter(packet.pid for packet in _packets(_read(path, position)) if packet.video)
    return any(count >= GOES_ON for count in begun.values())


def _packets(data: bytes) -> Iterator[Packet]:
    for stride in STRIDES:
        span = IN_SYNC * stride
        start = next((i for i in range(stride) if data[i : i + span : stride] == b"G" * IN_SYNC), None)
        if start is None:
            continue
        for i in range(start, len(data) - SIZE + 1, stride):
            if data[i] == ord("G"):
                yield _packet(data[i : i + SIZE])
        return


def _packet(data: bytes) -> Packet:
    begins, field = data[1] & 0x40, data[3] & 0x20
    payload = 4 + (1 + data[4] if field else 0)
    head = data[payload : payload + 4]
    video = bool(begins) and len(head) == 4 and head[:3] == b"\0\0\1" and head[3] & 0xF0 == 0xE0
    return Packet((data[1] & 0x1F) << 8 | data[2], data[3] >> 6 != 0, video)


def _read(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position)
            return file.read(LOOKED_AT)
    except OSError:
        return b""
