"""How much of what was computed of clips may be kept for the next question. Knows bytes alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from longvid.engine.device import Device

HOST_SHARE, HOST_MOST = 16, 16 << 30
"""Of the main memory that is free at most a sixteenth is used, and no more than these bytes."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Bytes that kept prefixes may take: on the device, and of main memory beside."""

    device: int = 0
    host: int = 0


NOTHING = Budget()


def budget(fits: Callable[..., int], place: Device, batch: int) -> Budget:
    """On a GPU half of what a batch leaves of nine tenths of its free memory, and main memory beside; on a CPU that
    alone."""
    import psutil

    host = min(HOST_MOST, int(psutil.virtual_memory().available) // HOST_SHARE)
    if not place.is_cuda:
        return Budget(host, 0)
    return Budget(max(0, int(0.9 * place.free) - fits(batch=batch)) // 2, host)
