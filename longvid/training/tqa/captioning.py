"""What each second of a clip shows: its frames captioned one at a time, each as a clip of one frame.

Frames that look the same are asked about once. A caption that failed is no caption. Knows no language model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from longvid.engine.prompts import CAPTION
from longvid.engine.request import ClipRef, Request
from longvid.engine.scheduler import Engine
from longvid.film import Chunk, read_clip, write_clip
from longvid.film import Clip as Frames
from longvid.pipeline.ingest import digest
from longvid.strategy.contract import Answer
from longvid.training.tqa.clip import Clip

LEAST = 2 / 3
"""Share of its frames that must have a caption, or the clip is dropped."""


async def captioned(
    film: str, chunks: Sequence[tuple[Chunk, ClipRef]], engine: Engine, tokens: int, scratch: Path
) -> list[Clip]:
    """Each of `chunks` of the film whose content has the hash `film`, with the captions of its frames, each of `tokens`
    tokens at most; `scratch` is a folder for what the captioner is shown meanwhile. Raises ModelError, FilmError."""
    return [
        _clip(film, chunk, ref, said)
        for (chunk, ref), said in zip(
            chunks, await asyncio.gather(*(_said(ref, engine, tokens, scratch) for _, ref in chunks)), strict=True
        )
    ]


def _clip(film: str, chunk: Chunk, ref: ClipRef, said: Mapping[int, str]) -> Clip:
    clip = Clip(film, chunk.index, chunk.start, chunk.end, said, len(ref.times))
    return clip if len(said) >= LEAST * clip.frames else Clip(
        film, chunk.index, chunk.start, chunk.end, said, clip.frames, outcome="uncaptioned"
    )  # fmt: skip


async def _said(ref: ClipRef, engine: Engine, tokens: int, scratch: Path) -> dict[int, str]:
    """Second of the clip -> its caption."""
    clip = await asyncio.to_thread(read_clip, ref.path)
    frames = [
        Frames(np.ascontiguousarray(clip.frames[at : at + 1]), clip.times[at : at + 1]) for at in range(len(clip.times))
    ]
    requests = [_request(one, scratch / f"{ref.chunk:05}.{at:03}", ref, tokens) for at, one in enumerate(frames)]
    unknown = [at for at, request in enumerate(requests) if (known := engine.known(request)) is None or not known.ok]
    try:
        await asyncio.to_thread(_write, [(frames[at], requests[at]) for at in unknown])
        answers = await asyncio.gather(*map(engine.submit, requests))
    finally:
        for at in unknown:
            if (shown := requests[at].clip) is not None:
                shown.path.unlink(missing_ok=True)
    found = {round(time): answer for time, answer in zip(ref.times, answers, strict=True)}
    return {second: " ".join(answer.text.split()) for second, answer in found.items() if is_usable(answer)}


def is_usable(answer: Answer) -> bool:
    """Whether an answer is what the model said: whole, or its whole sentences where it had more to say."""
    return bool(answer.text) and (answer.ok or answer.reason == "cut-off")


def _request(one: Frames, path: Path, ref: ClipRef, tokens: int) -> Request:
    """The question about a frame, which lies at `path` when it is asked."""
    # The file says when in the film the frame is; what it is known by says nothing of it.
    alone = ClipRef(path, digest(one, float(one.times[0])), ref.chunk, (0.0,))
    return Request("caption", CAPTION, tokens, alone)


def _write(shown: Sequence[tuple[Frames, Request]]) -> None:
    for one, request in shown:
        if request.clip is not None:
            write_clip(request.clip.path, one, lasting=False)
