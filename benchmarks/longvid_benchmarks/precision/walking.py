"""Everything that only a card can show, one step after another: each precision loaded and asked, alone and in a batch;
what was said of its memory held against what it took; layers that wait in main memory against those that do not; and a
card that is made too small for a batch, which then halves it.

Runs on a CPU too, where the last step has nothing to limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from longvid.cogvlm2.checkpoint import fingerprint, inspect
from longvid.cogvlm2.precision import QUANTISED
from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.device import Device
from longvid.engine.fitting import needs
from longvid.engine.memory import release
from longvid.errors import LongvidError
from longvid_benchmarks.precision.asking import ask, requests


def walk(folder: Path, place: Device, batch: int, frames: int, tokens: int) -> Iterator[str]:
    """A line for each step with the checkpoint in `folder`. Raises LongvidError where one is not as it must be."""
    report = inspect(folder)
    layers = report.geometry.num_hidden_layers
    ways = [(place.half, False, 0), *((dtype, False, 0) for dtype in QUANTISED)]
    ways += [(place.half, True, 0), ("int4", True, 0), ("int4", True, layers)]
    said: dict[tuple[str, bool, int], tuple[str, ...]] = {}
    for dtype, streamed, waiting in ways:
        here = replace(place, dtype=dtype, streamed=streamed, waiting_layers=waiting)
        for calls in (1, batch):
            needed = needs(report.geometry, here)(batch=calls)
            backend = _backend(folder, here, calls)
            asked = ask(backend, calls, frames, tokens, needed)
            yield asked.row()
            if place.is_cuda and asked.peak > needed * 1.05:
                raise LongvidError(f"{dtype}: took {asked.peak} bytes and {needed} were said")
            if calls == 1:
                said[dtype, streamed, waiting] = asked.answers
            del backend
            release()
    for dtype, streamed, waiting in said:
        if said[dtype, streamed, waiting] != said[dtype, False, 0]:
            raise LongvidError(f"{dtype}: layers that wait in main memory give another answer")
    yield "layers that wait in main memory give the same answers"
    if place.is_cuda:
        yield _halved(folder, replace(place, dtype="int4", streamed=False), batch, frames, tokens)


def _backend(folder: Path, place: Device, batch: int) -> CogVLM2Backend:
    return CogVLM2Backend(
        folder, fingerprint=fingerprint(folder), device=place, template="chat", label="index", batch=batch
    )


def _halved(folder: Path, place: Device, batch: int, frames: int, tokens: int) -> str:
    """Answer a batch on a card that holds one call and a half. Raises LongvidError where nothing was halved."""
    import torch

    from longvid.engine.scheduler import Engine
    from longvid.run import Store
    from longvid.run.journal import read

    backend = _backend(folder, place, batch)
    backend._loaded()
    weights = torch.cuda.memory_allocated(place.name)
    torch.cuda.reset_peak_memory_stats(place.name)
    with TemporaryDirectory() as directory:
        work = Path(directory)
        asked = requests(work, batch, frames, tokens, backend.image_size)
        backend.answer(asked[:1])
        one = torch.cuda.max_memory_allocated(place.name) - weights
        total = torch.cuda.get_device_properties(place.name).total_memory
        release()
        torch.cuda.set_per_process_memory_fraction((weights + 1.5 * one) / total, place.name)
        try:
            with Store(work / "answers.sqlite") as store:
                answers: list[Any] = asyncio.run(_asked(Engine(store, captioner=backend, llm=backend), asked))
                sizes = [event["batch"] for event in read(store.path) if event["event"] == "halved"]
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0, place.name)
    if not sizes or len(answers) != batch:
        raise LongvidError(f"a batch of {batch} on a card for one was not halved: {len(answers)} answers")
    return f"a card that holds one call and a half: batches of {batch} halved to {sizes}, {len(answers)} answers"


async def _asked(engine: Any, asked: Any) -> list[Any]:
    async with engine:
        return list(await asyncio.gather(*map(engine.submit, asked)))
