"""The endless stream of batches, made ahead by other processes and handed out in order.

So a training that was killed goes on where it stood, and the number of processes changes nothing. A batch is plain
arrays, padded at the right: behind the last token of a row nothing is learnt, and a causal model needs no mask there.
Examples about one clip share a row: the clip, which is most of each of them, stands there once.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt

from longvid.cogvlm2.prompts import IGNORE
from longvid_benchmarks.training.curriculum import examples_of, stage_of
from longvid_benchmarks.training.example import Example, Role

AHEAD = 4
"""Batches that wait to be asked for."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs and targets of one step.

    Attributes:
        tasks: of its examples. A row holds one of these, or all that are about one clip.
        ids, types: [B, L], the prompts with their answers; 1 marks vision tokens.
        places: [B, L], positions, those of each text as if it alone followed the beginning.
        texts: [B, L], as in `attention.sharing`; none where every row is one text.
        examples: [B, L], the number in `tasks` of the example to which a token belongs.
        targets: [B, L], the token that follows, where it belongs to an answer; IGNORE elsewhere.
        frames: uint8 [all frames, S, S, 3]; none without clips.
    """

    number: int
    stage: str
    tasks: tuple[str, ...]
    ids: npt.NDArray[np.int64]
    types: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    examples: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    texts: npt.NDArray[np.int64] | None = None
    frames: npt.NDArray[np.uint8] | None = None


FIELDS = ("ids", "types", "places", "examples", "targets", "texts")
"""What a batch holds of every token."""


def make(folder: str, role: Role, seed: int, number: int) -> Batch:
    """Batch `number` of the stream `seed`, for the tokenizer in `folder`."""
    processor = _processor(folder)
    return collate(processor, examples_of(processor, role, seed, number), number, stage_of(role, number).name)


@cache
def _processor(folder: str) -> Any:
    import torch

    from longvid.cogvlm2 import CogVLM2VideoProcessor

    torch.set_num_threads(1)
    return CogVLM2VideoProcessor.from_pretrained(folder, local_files_only=True)


def collate(processor: Any, examples: Sequence[Example], number: int = 0, stage: str = "") -> Batch:
    """`examples` as one batch."""
    about: dict[int, list[int]] = {}
    for at, example in enumerate(examples):
        about.setdefault(-1 - at if example.frames is None else id(example.frames), []).append(at)
    rows = [_row([_text(processor, examples[at], at) for at in some]) for some in about.values()]
    padded = np.zeros((len(FIELDS), len(rows), max(row.shape[1] for row in rows)), np.int64)
    padded[0], padded[4] = processor.eos_token_id, IGNORE
    for at, row in enumerate(rows):
        padded[:, at, : row.shape[1]] = row
    found = dict(zip(FIELDS, padded, strict=True))
    if len(rows) == len(examples):
        del found["texts"]
    clips = [frames for some in about.values() if (frames := examples[some[0]].frames) is not None]
    return Batch(
        number,
        stage,
        tuple(example.task for example in examples),
        frames=np.concatenate(clips) if clips else None,
        **found,
    )


def _row(made: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """FIELDS of texts about one clip, whose beginning they share."""
    if len(made) == 1:
        return np.concatenate([made[0], np.zeros_like(made[0][:1])])
    # What they share ends before the first answer, in each of them.
    least = min(int((text[4] != IGNORE).argmax()) for text in made)
    same = np.all([text[0, :least] == made[0][0, :least] for text in made], axis=0)
    shared = least if same.all() else int(same.argmin())
    parts = [made[0][:, :shared], *(text[:, shared:] for text in made)]
    texts = np.concatenate([np.full(part.shape[1], at) for at, part in enumerate(parts)])
    return np.concatenate([np.concatenate(parts, axis=1), texts[None]])


def _text(processor: Any, example: Example, number: int) -> npt.NDArray[np.int64]:
    """FIELDS but the last of one example: every target is the token that follows."""
    layout = processor.layout(
        example.prompt,
        num_frames=len(example.times),
        times=example.times,
        # An answer of the chat template begins with a blank.
        answer=f" {example.answer}",
        template="chat",
        label=example.label,
    )
    ids, types, targets = map(np.asarray, (layout.input_ids, layout.token_type_ids, layout.labels))
    return np.stack([ids[:-1], types[:-1], _places(types)[:-1], np.full(len(ids) - 1, number), targets[1:]])


def _places(types: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    import torch

    from longvid.cogvlm2.positions import build_position_ids

    places: npt.NDArray[np.int64] = build_position_ids(torch.from_numpy(types)[None])[0].numpy()
    return places


def batches(folder: Path, role: Role, seed: int, first: int, *, workers: int) -> Generator[Batch]:
    """Batches from number `first` on, made by `workers` processes; close it to end them."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_serve)
    try:
        coming: list[Future[Batch]] = []
        number = first
        while True:
            with _deaf():
                while len(coming) < workers + AHEAD:
                    coming.append(pool.submit(make, str(folder), role, seed, number))
                    number += 1
            yield coming.pop(0).result()
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are begun within it hear no request to end, which is for the one that trains: it ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve() -> None:
    """In a worker: when the process that trains is gone, killed or not, so is this one."""
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)
