"""Decoding that the local backends share: how each row of a batch goes on, where it ends, and why.

One stopping criterion serves the whole batch: a row's own token limit, loops, and the word to stop at once. A sampled
row has chance of its own, so that what it says does not depend on the rows beside it. A row whose numbers are none ends
there. Knows no prompt and no model class.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList
from transformers.generation.logits_process import TemperatureLogitsWarper, TopPLogitsWarper

from longvid.engine.device import Device
from longvid.engine.request import Finish, Stopped
from longvid.text import repeated_tail

CHECK_EVERY = 8
"""Tokens between two looks for a loop: a look copies the tail of every row to the CPU."""
TAIL = 320
"""Tokens of a row that are looked at; a loop has a period of at most 64 (`repeated_tail`)."""
TEMPERATURE, TOP_P = 0.7, 0.9
"""Of the one retry after a looping or empty answer."""
TOLERANCE = {"float32": 0.001, "bfloat16": 0.05, "float16": 0.02}
"""How far the scores of the next token may differ between a prompt alone and one that is padded, as a share of their
spread: the rounding of each dtype, with room."""


def load(kind: Any, folder: str | os.PathLike[str], device: Device) -> Any:
    """The model of class `kind` (one of transformers') in `folder`, ready on `device`: safetensors only, no code from
    the folder, and greedy whatever its generation_config.json asks for."""
    model = kind.from_pretrained(
        folder,
        dtype=getattr(torch, device.dtype),
        # In place of the folder's, which is then not even read.
        generation_config=GenerationConfig(),
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
    )
    # What is left of it was taken from config.json.
    model.generation_config = GenerationConfig()
    return model.to(device.name).eval()


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


class SoundRows(LogitsProcessor):
    """Ends a row whose scores are no numbers any more, as after an overflow: no token follows from them."""

    def __init__(self, rows: int, eos: int) -> None:
        self.eos = eos
        self.ended = torch.zeros(rows, dtype=torch.long)
        """For each row the number of tokens, prompt included, after which it was ended; 0 if it was not."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        # Minus infinity is a token that may not come; a row of nothing else, or with a NaN, says nothing.
        broken = ~torch.isfinite(scores.max(dim=-1).values)
        ended = self.ended.to(scores.device)
        # Not what comes of a row that had an end before.
        self.ended = torch.where(broken & (ended == 0), input_ids.shape[1], ended)
        ends = torch.full_like(scores, float("-inf"))
        ends[:, self.eos] = 0.0
        return torch.where(broken[:, None], ends, scores)


class RowChance(LogitsProcessor):
    """Samples by adding Gumbel noise, after which the greatest score is a draw: each row's from a state of its own.

    The state comes of `seed` and the row's prompt, whatever else is in the batch.
    """

    def __init__(self, ids: torch.Tensor, mask: torch.Tensor, seed: int) -> None:
        self.states = []
        for row, kept in zip(ids.tolist(), mask.tolist(), strict=True):
            self.states.append(row_state(seed, [token for token, is_there in zip(row, kept, strict=True) if is_there]))

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores.float() + noise_of(self.states, scores)


def row_state(seed: int, prompt: Sequence[int]) -> torch.Generator:
    """The random state of a row whose prompt has these tokens."""
    digest = hashlib.sha256(f"{seed} {list(prompt)}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def noise_of(states: Sequence[torch.Generator], scores: torch.Tensor) -> torch.Tensor:
    """Gumbel noise for `scores` [rows, vocabulary], each row's of its own state."""
    noise = torch.stack([torch.rand(scores.shape[-1], generator=state) for state in states])
    # A uniform number below 1 can be 0, whose logarithm is none.
    return -torch.log(-torch.log(noise.clamp(min=1e-20))).to(scores.device)


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

    Greedy without `seed`; with it each row is sampled, by a random state of its own. Raises Stopped when told to stop.
    """
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    prompt = int(ids.shape[1])
    stops, sound = RowStops(prompt, limits, stopped), SoundRows(len(limits), eos[0])
    processors: list[Any] = [sound]
    if seed is not None:
        processors += [TemperatureLogitsWarper(TEMPERATURE), TopPLogitsWarper(TOP_P), RowChance(ids, mask, seed)]
    settings = GenerationConfig(
        max_new_tokens=max(limits), do_sample=False, eos_token_id=list(eos), pad_token_id=pad, use_cache=True
    )
    with torch.inference_mode():
        output = model.generate(
            **inputs,
            generation_config=settings,
            logits_processor=LogitsProcessorList(processors),
            stopping_criteria=StoppingCriteriaList([stops]),
        )
    if stopped():
        raise Stopped
    broken = (sound.ended - prompt).tolist()
    return [
        _row(ids, stops.ended[row], limits[row], eos, broken[row])
        for row, ids in enumerate(output[:, prompt:].tolist())
    ]


def heeds_padding(
    model: Any, alone: dict[str, Any], beside: dict[str, Any], *, eos: Sequence[int], pad: int, dtype: str
) -> bool:
    """Whether padding changes nothing: the scores of two tokens after the prompt `alone` and `beside` a longer one,
    which stands in the second row.

    Architectures without a mask read padding as words; so do some that count positions from the left edge.
    """
    settings = GenerationConfig(
        max_new_tokens=2,
        min_new_tokens=2,
        do_sample=False,
        eos_token_id=list(eos),
        pad_token_id=pad,
        output_logits=True,
        return_dict_in_generate=True,
    )
    with torch.inference_mode():
        one, other = (
            torch.stack(model.generate(**inputs, generation_config=settings).logits)[:, 0].float()
            for inputs in (alone, beside)
        )
    # The second scores follow the first choice, which may fall either way between equals.
    steps = 2 if torch.equal(one[0].argmax(), other[0].argmax()) else 1
    difference = (one[:steps] - other[:steps]).abs().amax()
    spread = one[:steps].amax() - one[:steps].amin()
    return bool(difference <= TOLERANCE[dtype] * spread)


def _row(
    ids: list[int], ended: tuple[int, Finish] | None, limit: int, eos: Sequence[int], broken: int
) -> tuple[list[int], Finish]:
    length, finish = ended if ended is not None else (min(limit, len(ids)), "length")
    for index, token in enumerate(ids[:length]):
        if token in eos:
            # Where the model's numbers are none its answer is not at an end: it breaks off.
            return ids[:index], "length" if index == broken else "stop"
    return ids[:length], finish
