"""The endless stream of batches, made ahead by other processes and handed out in order.

So a training that was killed goes on where it stood, and the number of processes changes nothing. A batch is plain
arrays, padded at the right: behind the last token of a row nothing is learnt, and a causal model needs no mask there.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from longvid.cogvlm2.prompts import IGNORE
from longvid_benchmarks.tiny.curriculum import lessons_of, stage_of
from longvid_benchmarks.tiny.lesson import Lesson, Role

AHEAD = 4
"""Batches that wait to be asked for."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs and targets of one step.

    Attributes:
        task: of its lessons; "several" where they differ, as in writing.
        ids, types: [B, L], the prompts with their answers; 1 marks vision tokens.
        targets: [B, L], the token that follows, where it belongs to an answer; IGNORE elsewhere.
        frames: uint8 [all frames, S, S, 3]; none without clips.
    """

    number: int
    stage: str
    task: str
    ids: npt.NDArray[np.int64]
    types: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    frames: npt.NDArray[np.uint8] | None

    @property
    def lessons(self) -> int:
        return len(self.ids)


def make(folder: str, role: Role, seed: int, number: int) -> Batch:
    """Batch `number` of the stream `seed`, for the tokenizer in `folder`."""
    processor = _processor(folder)
    return collate(processor, lessons_of(processor, role, seed, number), number, stage_of(role, number).name)


@cache
def _processor(folder: str) -> Any:
    import torch

    from longvid.cogvlm2 import CogVLM2VideoProcessor

    torch.set_num_threads(1)
    return CogVLM2VideoProcessor.from_pretrained(folder, local_files_only=True)


def collate(processor: Any, lessons: Sequence[Lesson], number: int = 0, stage: str = "") -> Batch:
    """`lessons` as one batch."""
    layouts = [
        processor.layout(
            lesson.prompt,
            num_frames=len(lesson.times),
            times=lesson.times,
            # An answer of the chat template begins with a blank.
            answer=f" {lesson.answer}",
            template="chat",
            label=lesson.label,
        )
        for lesson in lessons
    ]
    length = max(len(layout.input_ids) for layout in layouts) - 1
    ids = np.full((len(lessons), length), processor.eos_token_id, np.int64)
    types = np.zeros_like(ids)
    targets = np.full_like(ids, IGNORE)
    for row, layout in enumerate(layouts):
        used = len(layout.input_ids) - 1
        ids[row, :used] = layout.input_ids[:-1]
        types[row, :used] = layout.token_type_ids[:-1]
        targets[row, :used] = layout.labels[1:]
    clips = [lesson.frames for lesson in lessons if lesson.frames is not None]
    frames = np.concatenate(clips) if clips else None
    tasks = {lesson.task for lesson in lessons}
    return Batch(number, stage, tasks.pop() if len(tasks) == 1 else "several", ids, types, targets, frames)


def batches(folder: Path, role: Role, seed: int, first: int, *, workers: int) -> Generator[Batch]:
    """Batches from number `first` on, made by `workers` processes; close it to end them."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        coming: list[Future[Batch]] = []
        number = first
        while True:
            while len(coming) < workers + AHEAD:
                coming.append(pool.submit(make, str(folder), role, seed, number))
                number += 1
            yield coming.pop(0).result()
