"""Keys and values of rows that come and go: a static cache for decoding many prompts of different lengths together.

Each row has a slot and a length of its own, so that a row may leave when it has ended and another may take its place,
and nothing is padded at the left. One pass writes one token of every row. Nothing here waits for the device: all that
the host must know it counts itself. Knows no weights and no words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers.masking_utils import create_causal_mask

from .configuration import CogVLM2VideoConfig

STEP = 64
"""Tokens by which a slot grows, and by which what is looked at grows on a GPU, whose kernels want even sizes."""


class Slots:
    """What the decoder takes for its cache (`past_key_values`) in a pass of one token a row.

    Attributes:
        count: rows that are there; they have the slots 0 to count - 1.
        lengths: tokens of each row, on the host.
        mask: additive, [count, 1, 1, seen], of the pass after `begin`; None where every row sees all.
    """

    def __init__(self, config: CogVLM2VideoConfig, rows: int, device: torch.device, dtype: torch.dtype) -> None:
        self._rows = rows
        self._heads, self._size = config.num_multi_query_heads, config.hidden_size // config.num_attention_heads
        self._bias = torch.zeros(rows, 1, 1, 0, device=device, dtype=dtype)
        self._keys = [self._zeros(0) for _ in range(config.num_hidden_layers)]
        self._values = [self._zeros(0) for _ in range(config.num_hidden_layers)]
        self._numbers = torch.arange(rows, device=device)
        self._next = torch.zeros(rows, dtype=torch.long, device=device)
        """Where the next token of each row goes."""
        self._used = [0] * rows
        """Tokens of each slot that are not zero, whoever wrote them."""
        self.lengths: list[int] = []
        self._seen = 0
        self._even = False
        """Whether all rows have the same length, on a CPU: then nothing is hidden, and all write at the same place."""

    @property
    def count(self) -> int:
        return len(self.lengths)

    @property
    def room(self) -> int:
        """Tokens that a slot holds."""
        return int(self._bias.shape[-1])

    @property
    def mask(self) -> Tensor | None:
        if self._even:
            return None
        mask: Tensor = self._bias[: self.count, :, :, : self._seen]
        return mask

    def enter(self, keys: Sequence[Tensor], values: Sequence[Tensor], room: int) -> None:
        """Let a row in, with what a prefill gave of each layer: [heads, tokens, size]. It will have at most `room`
        tokens. Raises ValueError where no slot is free."""
        slot, length = self.count, int(keys[0].shape[1])
        if slot == self._rows:
            raise ValueError(f"all {slot} slots are taken")
        self._grow(max(room, length + 1))
        for mine, given in ((self._keys, keys), (self._values, values)):
            for kept, new in zip(mine, given, strict=True):
                kept[slot, :, :length] = new
                # What another row left may be no numbers, which a mask does not hide.
                kept[slot, :, length : self._used[slot]] = 0
        self._bias[slot] = float("-inf")
        self._bias[slot, ..., :length] = 0
        self._next[slot] = length
        self._used[slot] = length
        self.lengths.append(length)

    def leave(self, slot: int) -> None:
        """Let the row in `slot` go; the last row takes its slot."""
        last = self.count - 1
        if slot != last:
            used = max(self._used[slot], self._used[last])
            for kept in (*self._keys, *self._values):
                kept[slot, :, :used] = kept[last, :, :used]
            self._bias[slot] = self._bias[last]
            self._next[slot] = self._next[last]
            self._used[slot] = used
            self.lengths[slot] = self.lengths[last]
        self.lengths.pop()

    def begin(self) -> None:
        """Before a pass: each row gets a place for its next token."""
        on_cpu = self._bias.device.type == "cpu"
        self._even = on_cpu and min(self.lengths) == max(self.lengths)
        if self._even:
            self._bias[: self.count, ..., self.lengths[0]] = 0
        else:
            self._bias[self._numbers[: self.count], 0, 0, self._next[: self.count]] = 0
        self.lengths = [length + 1 for length in self.lengths]
        self._used[: self.count] = [max(pair) for pair in zip(self._used, self.lengths, strict=False)]
        longest = max(self.lengths)
        self._seen = longest if on_cpu else min(self.room, -(-longest // STEP) * STEP)

    def end(self) -> None:
        """After a pass."""
        self._next[: self.count] += 1

    def update(self, keys: Tensor, values: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Write the keys and values of the pass, [count, heads, 1, size], and return all that is seen.

        Raises ValueError for a pass of more than one token a row.
        """
        if keys.shape[2] != 1 or len(keys) != self.count:
            raise ValueError(f"{list(keys.shape)} is not one token of {self.count} rows")
        rows, places = self._numbers[: self.count], self._next[: self.count]
        found = []
        for kept, new in ((self._keys[layer], keys), (self._values[layer], values)):
            if self._even:
                kept[: self.count, :, self._seen - 1 : self._seen] = new
            else:
                kept[rows, :, places] = new[:, :, 0]
            found.append(kept[: self.count, :, : self._seen])
        return found[0], found[1]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens that a pass sees, as transformers asks it of a cache."""
        return self._seen

    def _zeros(self, room: int) -> Tensor:
        shape = (self._rows, self._heads, room, self._size)
        return torch.zeros(shape, device=self._bias.device, dtype=self._bias.dtype)

    def _grow(self, room: int) -> None:
        """Let each slot hold `room` tokens; one layer after another, so that none but one is there twice."""
        if room <= self.room:
            return
        more = -(-room // STEP) * STEP - self.room
        for kept in (self._keys, self._values):
            for layer, old in enumerate(kept):
                kept[layer] = torch.cat([old, self._zeros(more)], dim=2) if old.shape[2] else self._zeros(more)
        fresh = self._bias.new_full((self._rows, 1, 1, more), float("-inf"))
        self._bias = torch.cat([self._bias, fresh], dim=-1)


def causal_mask(config: CogVLM2VideoConfig, hidden: Tensor, attention_mask: Tensor | None, cache: Any) -> Any:
    """The mask of a pass over `hidden` [B, L, hidden]: that of the slots, or what transformers makes for its caches."""
    if isinstance(cache, Slots):
        return cache.mask
    # Never with position_ids: the patches of a frame share one, which would be read as packed sequences.
    return create_causal_mask(
        config=config,
        inputs_embeds=hidden,
        attention_mask=attention_mask,
        past_key_values=cache,
        position_ids=None,
    )
