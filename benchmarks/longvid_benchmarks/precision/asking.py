"""Loading a checkpoint in a precision and asking it, with the seconds and the memory that it takes.

Asks as a run does, through the backend, with clips of random pictures. Peak memory is that of the process on a CPU (of
which what is mapped from files can be given back at any time) and that of torch's allocator on a GPU.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from longvid.engine.prompts import CAPTION
from longvid.engine.request import ClipRef, Request
from longvid.film.clips import Clip, write_clip

if TYPE_CHECKING:
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend

EVERY = 0.2
"""Seconds between two looks at the memory of the process."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What loading and asking took: seconds, and bytes at most.

    `needed` is what was said beforehand for such a call; `answers` are texts.
    """

    dtype: str
    streamed: bool
    waiting_layers: int
    batch: int
    load: float
    ask: float
    peak: int
    resident: int
    needed: int
    answers: tuple[str, ...]

    def row(self) -> str:
        """One line of a table; seconds are for each clip."""
        from longvid.engine.device import gigabytes

        where = "whole" if not self.streamed else "both wait" if self.waiting_layers else "tower waits"
        took = f"load {self.load:7.1f} s   ask {self.ask / self.batch:8.2f} s a clip"
        held = f"peak {gigabytes(self.peak):>9} (said {gigabytes(self.needed)}; resident {gigabytes(self.resident)})"
        return f"{self.dtype:<9} {where:<11} batch {self.batch:<3} {took}   {held}"


def ask(backend: CogVLM2Backend, batch: int, frames: int, tokens: int, needed: int) -> Asked:
    """Load `backend` and ask it about `batch` clips of `frames` pictures at once, for `tokens` tokens each."""
    with TemporaryDirectory() as folder, _peaks(backend.device.name) as peaks:
        begun = time.monotonic()
        backend._loaded()
        loaded = time.monotonic()
        raws = backend.answer(requests(Path(folder), batch, frames, tokens, backend.image_size))
        ended = time.monotonic()
    device = backend.device
    return Asked(
        device.dtype,
        device.streamed,
        device.waiting_layers,
        batch,
        loaded - begun,
        ended - loaded,
        peaks["peak"],
        peaks["resident"],
        needed,
        tuple(raw.text for raw in raws),
    )


def requests(folder: Path, batch: int, frames: int, tokens: int, size: int) -> list[Request]:
    """So many questions about clips of noise, which are written into `folder`."""
    made = []
    for number in range(batch):
        pictures = np.random.default_rng(number).integers(0, 256, (frames, size, size, 3), dtype=np.uint8)
        times = np.arange(frames, dtype=np.float64)
        path = folder / f"{number}.clip"
        write_clip(path, Clip(pictures, times))
        clip = ClipRef(path, f"noise {number}", number, tuple(map(float, times)))
        made.append(Request("caption", CAPTION, tokens, clip))
    return made


@contextmanager
def _peaks(device: str) -> Iterator[dict[str, int]]:
    """Within it memory is watched; afterwards `peak` and `resident` bytes are known."""
    found: dict[str, int] = {"peak": 0, "resident": 0}
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(found, done), daemon=True)
    watcher.start()
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)
    try:
        yield found
    finally:
        done.set()
        watcher.join()
        if device.startswith("cuda"):
            found["peak"] = int(torch.cuda.max_memory_allocated(device))


def _watch(found: dict[str, int], done: threading.Event) -> None:
    """Keep the most that this process held of its own (`peak`) and with what it maps from files (`resident`)."""
    import psutil

    own: Any = psutil.Process()
    while True:
        memory = own.memory_info()
        found["peak"] = max(found["peak"], memory.rss - getattr(memory, "shared", 0))
        found["resident"] = max(found["resident"], memory.rss)
        if done.wait(EVERY):
            return
