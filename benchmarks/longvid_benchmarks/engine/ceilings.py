"""What a device can do: the fastest product of two square matrices, and the fastest copy. Knows no model.

Where one thread of a CPU computes, the time that counts is that of the processor: on a machine with nothing else to do
it is the same as by the clock on the wall, and elsewhere it is nearer to that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

SIDES = {"cpu": (512, 1024, 2048), "cuda": (4096, 8192, 16384)}
"""Of the matrices that are tried."""
COPIED = {"cpu": 256 << 20, "cuda": 4 << 30}
"""Bytes that are copied: far more than any cache holds."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Operations a second of a product of matrices, and bytes a second that are read and written by a copy."""

    flops: float
    bytes: float


def ceilings(device: Any, dtype: Any, rounds: int) -> Ceilings:
    """Those of `device` in `dtype`, the best of so many rounds."""
    import torch

    best = 0.0
    for side in SIDES[device.type]:
        left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
        best = max(best, 2 * side**3 / fastest(partial(torch.matmul, left, right), device, rounds))
    size = COPIED[device.type]
    source, target = (torch.ones(size, dtype=torch.uint8, device=device) for _ in range(2))
    return Ceilings(best, 2 * size / fastest(lambda: target.copy_(source), device, rounds))


def fastest(call: Callable[[], object], device: Any, rounds: int) -> float:
    """Seconds of the fastest of `rounds` calls, after one that does not count."""
    call()
    return min(seconds(call, device) for _ in range(rounds))


def seconds(call: Callable[[], object], device: Any) -> float:
    """Seconds until `device` has done what `call` asks for, by `clock`."""
    import torch

    now = time.thread_time if clock(device) == "processor" else time.perf_counter
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    begun = now()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return now() - begun


def clock(device: Any) -> str:
    """`processor` where one thread computes, else `wall`."""
    import torch

    return "processor" if device.type == "cpu" and torch.get_num_threads() == 1 else "wall"
