"""How near captioning comes to what a server could give: clips are read, encoded, asked and stored side by side."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path

import numpy as np
import pytest

from longvid.engine.backends.endpoint import EndpointBackend
from longvid.engine.prompts import CAPTION, CAPTION_TOKENS
from longvid.engine.request import ClipRef, Request
from longvid.engine.scheduler import Engine
from longvid.engine.servers.addresses import read_address
from longvid.errors import ModelError
from longvid.film import Clip, write_clip
from longvid.run import Store
from tests.servers import Answer, Asked, Server, says, serving

FRAMES, HEIGHT, WIDTH = 24, 270, 482
"""Of a clip as `--frames` and `--pixels` have it by default, of a picture of 16:9."""


def write(folder: Path) -> Path:
    """A clip of coloured noise that a JPEG makes about as large as a film's frames."""
    draw = np.random.default_rng(1)
    coarse = draw.integers(0, 256, (FRAMES, HEIGHT // 18, WIDTH // 18 + 1, 3), dtype=np.uint8)
    frames = coarse.repeat(18, axis=1).repeat(18, axis=2)[:, :HEIGHT, :WIDTH]
    write_clip(folder / "clip", Clip(np.ascontiguousarray(frames), np.arange(FRAMES, dtype=np.float64)))
    return folder / "clip"


def seconds(folder: Path, count: int, each: float, at_once: int) -> float:
    """From the first request to the last answer of `count` captions of a server that takes `each` seconds."""
    ends: list[float] = []

    def reply(asked: Asked) -> Answer:
        time.sleep(max(0.0, asked.at + each - time.monotonic()))
        ends.append(time.monotonic())
        return says("A man walks to the house.")

    clip = write(folder)
    times = tuple(map(float, range(FRAMES)))

    async def work(store: Store, watcher: EndpointBackend) -> None:
        async with Engine(store, captioner=watcher, llm=watcher) as engine:
            refs = [ClipRef(clip, hashlib.sha256(bytes([n])).hexdigest(), n, times) for n in range(count)]
            given = [engine.submit(Request("caption", CAPTION, CAPTION_TOKENS, ref)) for ref in refs]
            assert all(answer.ok for answer in await asyncio.gather(*given))

    with serving(Server(reply=reply)) as server, Store(folder / "answers.sqlite") as store:
        asyncio.run(work(store, EndpointBackend(read_address(server.name), error=ModelError, at_once=at_once)))
        assert len(server.asked) == count
        return max(ends) - server.asked[0].at


def test_a_server_is_kept_busy(tmp_path: Path) -> None:
    took = seconds(tmp_path, 24, 0.3, 8)
    # One after another they would take 7.2 s.
    assert took < 2.5 * 24 * 0.3 / 8


@pytest.mark.slow
def test_captions_of_120_clips_come_nearly_as_fast_as_a_server_gives_them(tmp_path: Path) -> None:
    took = seconds(tmp_path, 120, 0.5, 8)
    print(f"120 captions at 0.5 s, 8 at once: {took:.2f} s, {took / (120 * 0.5 / 8):.2f} of the ideal")
    assert took <= 1.3 * 120 * 0.5 / 8
