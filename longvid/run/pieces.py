"""Cutting a text where its own content says so, so that texts which mostly agree are mostly made of the same pieces.

A border depends on the few bytes before it alone: a change moves no border but those beside it. Knows no database.
"""

from __future__ import annotations

WINDOW = 32
"""Bytes before a border that decide it."""
LEAST, MOST = 256, 8192
"""Bytes of a piece; the last one of a text may be shorter."""
BITS = 10
"""A border comes by chance after 2**BITS bytes on average."""
SEED = 20_260_101
"""Of the table below. Another one only makes new pieces: what is stored is found all the same."""


def cut(data: bytes) -> list[bytes]:
    """The pieces of `data` in order; together they are `data`. Nothing is in no piece: empty data has none."""
    pieces, begin = [], 0
    for border in (*(_borders(data) if len(data) > LEAST else ()), len(data)):
        while border - begin > MOST:
            pieces.append(data[begin : begin + MOST])
            begin += MOST
        if border - begin >= LEAST or border == len(data) > begin:
            pieces.append(data[begin:border])
            begin = border
    return pieces


def _borders(data: bytes) -> list[int]:
    """Where the rolling hash of the last WINDOW bytes ends in BITS zeros, ascending."""
    import numpy as np

    table = np.random.default_rng(SEED).integers(0, 1 << 64, 256, dtype=np.uint64)
    hashes = table[np.frombuffer(data, np.uint8)]
    width = 1
    while width < WINDOW:
        # The hash of twice as many bytes: that of the latter half, and of the former one moved up.
        hashes[width:] = hashes[width:] + (hashes[:-width] << np.uint64(width))
        width *= 2
    # The lowest bits know the last bytes alone; those from the middle on know the whole window.
    found = np.flatnonzero(((hashes >> np.uint64(WINDOW)) & np.uint64((1 << BITS) - 1)) == 0) + 1
    return [int(border) for border in found if border < len(data)]
