"""Rows that decode together, each for as long as it has something to say: one leaves when it ends, another comes in.

A row ends at its own token limit, where the model ends it, where it repeats itself, or where its numbers are none. A
sampled row has chance of its own, so that what it says does not depend on the rows beside it. What the host must know
it looks for after a few steps together on a GPU, so that no step waits for it. Knows no prompt's words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from longvid.cogvlm2.slots import Slots
from longvid.engine.backends.decoding import CHECK_EVERY, TAIL, TEMPERATURE, TOP_P, noise_of, row_state
from longvid.engine.backends.prefilling import Filled, Prompt, fill
from longvid.engine.backends.prefixes import Prefixes
from longvid.engine.feed import Feed
from longvid.engine.request import Finish, Request, Stopped
from longvid.text import repeated_tail

ENTER = 4
"""Rows are let in once a quarter of all is free: what comes in together is computed together."""
BROKEN = -1
"""In place of a token where the scores are no numbers, as after an overflow: no token follows from them."""


@dataclass(slots=True, eq=False)
class Row:
    """One answer under way."""

    ticket: int
    prompt: Prompt
    limit: int
    chance: torch.Generator | None
    ids: list[int] = field(default_factory=list)
    finish: Finish | None = None

    def take(self, token: int, ends: Sequence[int]) -> None:
        """Go on with `token`, unless the row has ended."""
        if self.finish is not None:
            return
        if token == BROKEN:
            # Where the model's numbers are none its answer is not at an end: it breaks off.
            self.finish = "length"
        elif token in ends:
            self.finish = "stop"
        else:
            self.ids.append(token)
            if len(self.ids) >= self.limit:
                self.finish = "length"
            elif len(self.ids) % CHECK_EVERY == 0 and repeated_tail(self.ids[-TAIL:]) is not None:
                self.finish = "loop"


class Rows:
    """At most `most` rows of one model, all with a clip or all without, which share `rotary_table`."""

    def __init__(
        self, model: Any, most: int, *, ends: Sequence[int], rotary_table: str | None, seed: int | None
    ) -> None:
        self._model, self._most, self._ends = model, most, list(ends)
        self._rotary_table, self._seed = rotary_table, seed
        self._slots = Slots(model.config, most, model.device, model.dtype)
        self._rows: list[Row] = []
        self._tokens = torch.zeros(most, dtype=torch.long, device=model.device)
        self._positions = torch.zeros(most, dtype=torch.long, device=model.device)
        self.steps = 1 if model.device.type == "cpu" else CHECK_EVERY
        """Steps between two looks: on a CPU a look costs nothing, elsewhere it waits for the device."""

    @property
    def free(self) -> int:
        return self._most - len(self._rows)

    def enter(self, rows: Sequence[Row], prefixes: Prefixes) -> list[Row]:
        """Let `rows` in. Those that end with their first token, and so did not stay."""
        ended = []
        for group in fill(self._model, [row.prompt for row in rows], prefixes, self._rotary_table):
            entering = [rows[filled.number] for filled in group]
            tokens = self._choose(torch.stack([filled.logits for filled in group]), entering)
            for filled, row, token in zip(group, entering, tokens.tolist(), strict=True):
                row.take(token, self._ends)
                if row.finish is None:
                    self._seat(row, filled, token)
                else:
                    ended.append(row)
        return ended

    def _seat(self, row: Row, filled: Filled, token: int) -> None:
        slot = len(self._rows)
        self._slots.enter(filled.keys, filled.values, len(row.prompt.ids) + row.limit + self.steps)
        self._tokens[slot] = token
        self._positions[slot] = filled.position
        self._rows.append(row)

    def go_on(self) -> list[Row]:
        """A few tokens more for every row. Those that ended, and left."""
        steps = min(self.steps, *(row.limit - len(row.ids) for row in self._rows))
        found = torch.stack([self._step() for _ in range(steps)], dim=1).tolist()
        for row, tokens in zip(self._rows, found, strict=True):
            for token in tokens:
                row.take(token, self._ends)
        ended = [row for row in self._rows if row.finish is not None]
        for slot in reversed(range(len(self._rows))):
            if self._rows[slot].finish is not None:
                self._leave(slot)
        return ended

    def _step(self) -> Tensor:
        """The next token of every row, int64 [rows]."""
        count = len(self._rows)
        self._slots.begin()
        output = self._model.model(
            input_ids=self._tokens[:count, None],
            position_ids=self._positions[:count, None],
            past_key_values=self._slots,
            use_cache=True,
            rotary_table=self._rotary_table,
        )
        self._slots.end()
        tokens = self._choose(self._model.lm_head(output.last_hidden_state[:, -1]).float(), self._rows)
        self._tokens[:count] = tokens.clamp(min=0)
        self._positions[:count] += 1
        return tokens

    def _choose(self, logits: Tensor, rows: Sequence[Row]) -> Tensor:
        """The token of each row, int64 [rows], of `logits` [rows, vocabulary]."""
        top, tokens = logits.max(dim=-1)
        if self._seed is not None:
            tokens = sampled(logits, [row.chance for row in rows if row.chance is not None])
        # Minus infinity is a token that may not come; a row of nothing else, or with a NaN, says nothing.
        return torch.where(torch.isfinite(top), tokens, BROKEN)

    def _leave(self, slot: int) -> None:
        last = len(self._rows) - 1
        self._slots.leave(slot)
        self._tokens[slot] = self._tokens[last]
        self._positions[slot] = self._positions[last]
        self._rows[slot] = self._rows[last]
        self._rows.pop()


def serve(
    rows: Rows,
    feed: Feed,
    prefixes: Prefixes,
    prompt_of: Callable[[Request], Prompt],
    give: Callable[[Sequence[Row]], None],
    seed: int | None,
) -> None:
    """Answer all that `feed` has until it is empty; `give` is called with rows as they end. Raises Stopped."""
    most = rows.free
    while True:
        if feed.stopped():
            raise Stopped
        if rows.free >= max(1, most // ENTER) and (taken := feed.take(rows.free)):
            entering = [_row(ticket, prompt_of(request), request.max_tokens, seed) for ticket, request in taken]
            give(rows.enter(entering, prefixes))
        elif rows.free == most:
            return
        else:
            give(rows.go_on())


def _row(ticket: int, prompt: Prompt, limit: int, seed: int | None) -> Row:
    return Row(ticket, prompt, limit, None if seed is None else row_state(seed, prompt.ids))


def sampled(logits: Tensor, states: Sequence[torch.Generator]) -> Tensor:
    """A token of each row of `logits`, drawn by the state of its own."""
    from transformers.generation.logits_process import TemperatureLogitsWarper, TopPLogitsWarper

    nothing = torch.empty(len(logits), 0, dtype=torch.long, device=logits.device)
    scores = TopPLogitsWarper(TOP_P)(nothing, TemperatureLogitsWarper(TEMPERATURE)(nothing, logits))
    drawn: Tensor = (scores.float() + noise_of(states, scores)).argmax(-1)
    return drawn
