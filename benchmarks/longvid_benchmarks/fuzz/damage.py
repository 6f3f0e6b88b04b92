"""What is done to the bytes of a film: one to a few kinds of damage, decided by a seed alone. Knows no containers."""

from __future__ import annotations

import random
from collections.abc import Callable

HEAD = 2048  # bytes at either end, where most of what a container says of itself is
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def damaged(data: bytes, seed: int) -> bytes:
    """`data` with one to three kinds of damage; the same for the same seed, and never empty."""
    chance = random.Random(seed)
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        chance.choice(KINDS)(out, chance)
    return bytes(out) or b"\0"


def _place(data: bytearray, chance: random.Random) -> int:
    """Somewhere, every third time near one of the ends."""
    if chance.random() < 0.33:
        near = chance.randrange(min(HEAD, len(data)) or 1)
        return near if chance.random() < 0.6 else max(0, len(data) - 1 - near)
    return chance.randrange(len(data) or 1)


def _span(data: bytearray, chance: random.Random) -> tuple[int, int]:
    start = _place(data, chance)
    return start, min(len(data), start + int(2 ** chance.uniform(0, 14)))


def _bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(int(2 ** chance.uniform(0, 8))):
        if data:
            data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _bytes(data: bytearray, chance: random.Random) -> None:
    for _ in range(int(2 ** chance.uniform(0, 6))):
        if data:
            data[_place(data, chance)] = chance.randrange(256)


def _numbers(data: bytearray, chance: random.Random) -> None:
    """Whole numbers become extreme ones, in either order of bytes."""
    for _ in range(chance.randrange(1, 9)):
        width = chance.choice((1, 2, 4, 8))
        at = _place(data, chance)
        value = chance.choice(EXTREMES) & ((1 << 8 * width) - 1)
        if at + width <= len(data):
            data[at : at + width] = value.to_bytes(width, chance.choice(("big", "little")))


def _zeroed(data: bytearray, chance: random.Random) -> None:
    start, end = _span(data, chance)
    data[start:end] = bytes(end - start)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(1, len(data) + 1) if data else 0 :]


def _headless(data: bytearray, chance: random.Random) -> None:
    del data[: _span(data, chance)[1]]


def _removed(data: bytearray, chance: random.Random) -> None:
    start, end = _span(data, chance)
    del data[start:end]


def _doubled(data: bytearray, chance: random.Random) -> None:
    start, end = _span(data, chance)
    data[end:end] = data[start:end]


def _moved(data: bytearray, chance: random.Random) -> None:
    start, end = _span(data, chance)
    piece = data[start:end]
    at = _place(data, chance)
    data[at : at + len(piece)] = piece


def _noise(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:at] = chance.randbytes(int(2 ** chance.uniform(0, 12)))


def _joined(data: bytearray, chance: random.Random) -> None:
    """A second copy, from somewhere on, behind what is there."""
    data.extend(data[_place(data, chance) :])


KINDS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _bits, _bits, _bytes, _numbers, _numbers, _zeroed, _cut, _headless, _removed, _doubled, _moved, _noise, _joined,
)  # fmt: skip
"""Some twice: they are met more often."""
