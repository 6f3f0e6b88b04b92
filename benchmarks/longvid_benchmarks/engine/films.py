"""A film's chunks with answers of one length: one plain clip at a time, this engine's rows, and a second question.

A plain clip is asked as before this engine: by transformers' own generation, alone. Answers go on to their full length
whatever the model says, so that all ways do the same. Clips are read from disk, as in a run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from longvid_benchmarks.engine.ceilings import seconds

if TYPE_CHECKING:
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend
    from longvid.engine.request import Request

PLAIN = 0
"""In place of a number of rows: one plain clip at a time."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Seconds of the fastest round for a film of so many chunks."""

    rows: int
    seconds: float
    chunks: int

    @property
    def rate(self) -> float:
        """Chunks a second."""
        return self.chunks / self.seconds


def films(
    backend: CogVLM2Backend,
    requests: Sequence[Request],
    ways: Sequence[int],
    rounds: int,
    few: int,
    advance: Callable[[], None],
) -> list[Shown]:
    """The film of `requests` for each number of rows in `ways`, in turns; with one row and with plain clips only its
    first `few` chunks, whose seconds are those of any others."""
    best: dict[int, float] = {}
    asked = {rows: requests if rows > 1 else requests[:few] for rows in ways}
    for _ in range(rounds):
        for rows in ways:
            # What an earlier round has kept of these clips is not to spare this one a look.
            backend._kept(backend._loaded()).clear()
            taken = seconds(partial(show, backend, asked[rows], rows), backend._loaded().device)
            best[rows] = min(taken, best.get(rows, taken))
            advance()
    return [Shown(rows, best[rows], len(asked[rows])) for rows in ways]


def show(backend: CogVLM2Backend, requests: Sequence[Request], rows: int) -> list[list[int]]:
    """The tokens of every answer."""
    import torch

    model = backend._loaded()
    with torch.inference_mode():
        return [_plain(backend, model, one) for one in requests] if rows == PLAIN else _rows(backend, requests, rows)


def _plain(backend: CogVLM2Backend, model: Any, request: Request) -> list[int]:
    from transformers import GenerationConfig

    inputs = backend._inputs(model, [request])
    # A token that there is not: with none, generation ends where the model's own settings say.
    never = model.config.vocab_size
    settings = GenerationConfig(
        max_new_tokens=request.max_tokens, do_sample=False, eos_token_id=never, pad_token_id=0, use_cache=True
    )
    made = model.generate(**inputs, generation_config=settings)
    return list(made[0, inputs["input_ids"].shape[1] :].tolist())


def _rows(backend: CogVLM2Backend, requests: Sequence[Request], most: int) -> list[list[int]]:
    from longvid.engine.backends.rows import ENTER, Rows
    from longvid_benchmarks.engine.endless import Endless

    model = backend._loaded()
    rows = Rows(model, most, ends=[], rotary_table=None, seed=None)
    waiting = deque(enumerate(requests))
    found: dict[int, list[int]] = {}
    while len(found) < len(requests):
        if waiting and rows.free >= max(1, most // ENTER):
            entering = [waiting.popleft() for _ in range(min(rows.free, len(waiting)))]
            made = [Endless(number, backend._prompt(one), one.max_tokens, None) for number, one in entering]
            ended = rows.enter(made, backend._kept(model))
        else:
            ended = rows.go_on()
        found |= {row.ticket: row.ids for row in ended}
    return [found[number] for number in range(len(requests))]


def twice(backend: CogVLM2Backend, request: Request, tokens: int, rounds: int) -> tuple[float, float]:
    """Seconds of a first question to a clip, and of another to the same clip, with answers of `tokens` tokens."""
    first = replace(request, max_tokens=tokens)
    second = replace(first, prompt="Who is in this video, and where?")
    model = backend._loaded()
    taken = []
    for _ in range(rounds):
        backend._kept(model).clear()
        taken.append([seconds(partial(show, backend, [one], 1), model.device) for one in (first, second)])
    return min(one for one, _ in taken), min(two for _, two in taken)
