"""Learning examples by heart: a checkpoint is trained until every right token leads by a margin.

Knows requests and their answers; what there is to learn, and of which film, is the business of `tests.taught`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers.utils.logging import disable_progress_bar

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor
from longvid.cogvlm2.estimates import Label
from longvid.cogvlm2.prompts import IGNORE
from longvid.engine.request import Request

MARGIN = 3.0
"""By how much the logit of every right token leads at least; batching moves logits by about 1e-5."""


@dataclass(frozen=True, slots=True)
class Example:
    """A request that a run makes, with its frames if it is about a clip, and the answer to it."""

    request: Request
    label: Label
    frames: Any
    answer: str
    """With the blank in front that chat answers begin with."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A batch to learn: the model's inputs, and where in the batch the answers stand."""

    inputs: dict[str, Tensor]
    rows: Tensor
    columns: Tensor
    """Positions whose next token is one of an answer."""
    targets: Tensor


def _sheets(processor: Any, examples: Sequence[Example], size: int = 8) -> list[_Sheet]:
    """Batches of at most `size` examples of like length; clips, by label, apart from prompts without one."""

    def kind(example: Example) -> tuple[bool, str]:
        return example.frames is None, example.label

    def length(example: Example) -> int:
        return len(example.request.prompt) if example.frames is None else len(example.frames)

    ordered = sorted(examples, key=lambda example: (kind(example), length(example)))
    groups = [list(group) for _, group in itertools.groupby(ordered, kind)]
    return [_sheet(processor, group[i : i + size]) for group in groups for i in range(0, len(group), size)]


def _sheet(processor: Any, examples: Sequence[Example]) -> _Sheet:
    made = processor(
        [example.request.prompt for example in examples],
        clips=[example.frames for example in examples],
        times=[example.request.clip and example.request.clip.times for example in examples],
        answers=[example.answer for example in examples],
        template="chat",
        label=examples[0].label,
        max_length=1 << 20,
    )
    labels = made.pop("labels")[:, 1:]
    rows, columns = torch.nonzero(labels != IGNORE, as_tuple=True)
    return _Sheet(dict(made), rows, columns, labels[rows, columns])


def _logits(model: Any, sheet: _Sheet) -> Tensor:
    """[answer tokens of the sheet, vocabulary]: the head is applied to these positions only."""
    hidden = model.model(**sheet.inputs, use_cache=False).last_hidden_state
    logits: Tensor = model.lm_head(hidden[sheet.rows, sheet.columns])
    return logits


def _margin(logits: Tensor, targets: Tensor) -> float:
    """By how much the right tokens lead at least; negative where one does not."""
    right = logits.gather(1, targets[:, None]).squeeze(1)
    others = logits.scatter(1, targets[:, None], float("-inf")).amax(1)
    return float((right - others).min())


def learn(folder: Path, examples: Sequence[Example], limit: float) -> None:
    """Teach the checkpoint in `folder` all `examples`, and write it back. Raises RuntimeError after `limit` seconds."""
    sheets = _sheets(CogVLM2VideoProcessor.from_pretrained(folder), examples)
    disable_progress_bar()
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98), weight_decay=0.0)
    begun, least, epoch = time.monotonic(), float("-inf"), 0
    while least < MARGIN:
        if time.monotonic() - begun > limit:
            raise RuntimeError(f"not known by heart after {limit:g} s and {epoch} rounds: the margin is {least:.2f}")
        seen = float("inf")
        for sheet in sheets:
            logits = _logits(model, sheet)
            seen = min(seen, _margin(logits.detach(), sheet.targets))
            optimizer.zero_grad()
            F.cross_entropy(logits, sheet.targets).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        epoch += 1
        if seen > MARGIN:
            # Each sheet was seen before the steps of the others; what counts is the weights of now.
            with torch.inference_mode():
                least = min(_margin(_logits(model, sheet), sheet.targets) for sheet in sheets)
    save(model.train(False), folder)


def save(model: Any, folder: Path) -> None:
    disable_progress_bar()
    model.save_pretrained(folder, max_shard_size="400KB")
