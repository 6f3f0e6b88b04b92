"""Decoding that the local backends share: where each row of a batch ends, and why.

One stopping criterion serves the whole batch: a row's own token limit, loops, and the word to stop at once. Knows no
prompt and no model class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList

from longvid.engine.request import Finish, OutOfMemory, Stopped
from longvid.text import repeated_tail

CHECK_EVERY = 8
"""Tokens between two looks for a loop: a look copies the tail of every row to the CPU."""
TAIL = 320
"""Tokens of a row that are looked at; a loop has a period of at most 64 (`repeated_tail`)."""
TEMPERATURE, TOP_P = 0.7, 0.9
"""Of the one retry after a looping or empty answer."""


class RowStops(StoppingCriteria):
    """Ends a row at its own limit or when it repeats itself, and all rows when told to stop."""

    def __init__(self, prompt: int, limits: Sequence[int], stopped: Callable[[], bool]) -> None:
        self.prompt = prompt
        self.limits = list(limits)
        self.stopped = stopped
        self.ended: list[tuple[int, Finish] | None] = [None] * len(limits)
        """For each row that this criterion ended: its answer's length and why."""

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """Which rows of `input_ids` [rows, tokens] are done, as bool [rows]."""
        length = input_ids.shape[1] - self.prompt
        if self.stopped():
            return torch.ones(len(self.limits), dtype=torch.bool, device=input_ids.device)
        tails = (
            input_ids[:, max(self.prompt, input_ids.shape[1] - TAIL) :].tolist() if length % CHECK_EVERY == 0 else []
        )
        for row, limit in enumerate(self.limits):
            if self.ended[row] is None:
                if length >= limit:
                    self.ended[row] = (limit, "length")
                elif tails and repeated_tail(tails[row]) is not None:
                    self.ended[row] = (length, "loop")
        return torch.tensor([end is not None for end in self.ended], dtype=torch.bool, device=input_ids.device)


def generate(
    model: Any,
    inputs: dict[str, Any],
    limits: Sequence[int],
    *,
    eos: Sequence[int],
    pad: int,
    seed: int | None,
    stopped: Callable[[], bool],
) -> list[tuple[list[int], Finish]]:
    """Answer ids (without the end token) and the reason of their end, for every row of a left-padded batch.

    Greedy without `seed`; with it sampled, by a random state of its own. Raises Stopped when told to stop, OutOfMemory
    when the device has no room for the batch.
    """
    prompt = int(inputs["input_ids"].shape[1])
    stops = RowStops(prompt, limits, stopped)
    sampling = {} if seed is None else {"temperature": TEMPERATURE, "top_p": TOP_P, "top_k": 0}
    settings = GenerationConfig(
        max_new_tokens=max(limits),
        do_sample=seed is not None,
        eos_token_id=list(eos),
        pad_token_id=pad,
        use_cache=True,
        **sampling,
    )
    with torch.inference_mode(), _memory_errors(), _random_state(seed, model.device):
        output = model.generate(**inputs, generation_config=settings, stopping_criteria=StoppingCriteriaList([stops]))
    if stopped():
        raise Stopped
    return [_row(ids, stops.ended[row], limits[row], eos) for row, ids in enumerate(output[:, prompt:].tolist())]


def _row(ids: list[int], ended: tuple[int, Finish] | None, limit: int, eos: Sequence[int]) -> tuple[list[int], Finish]:
    length, finish = ended if ended is not None else (min(limit, len(ids)), "length")
    for index, token in enumerate(ids[:length]):
        if token in eos:
            return ids[:index], "stop"
    return ids[:length], finish


@contextmanager
def _memory_errors() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise OutOfMemory(str(error).split(". ")[0]) from error
    except RuntimeError as error:
        # The CPU allocator has no exception class of its own.
        if "can't allocate memory" in str(error) or "not enough memory" in str(error):
            raise OutOfMemory(str(error).split("\n")[0]) from error
        raise


@contextmanager
def _random_state(seed: int | None, device: torch.device) -> Iterator[None]:
    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
