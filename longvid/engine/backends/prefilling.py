"""Prompts to keys, values and the scores of the first token: several at once, none padded at the left.

Prompts whose clips have the same layout are filled together. What differs is the text behind the frames, and a shorter
one is followed by tokens that nothing before them can see, so that no mask is needed. A clip whose keys and values are
kept is not looked at again: only the text behind it is computed. Knows no decoding.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache

from longvid.cogvlm2.positions import model_position_ids
from longvid.engine.backends.prefixes import Prefixes

WASTE = 1.25
"""How much longer than the shortest the longest text may be of prompts that are filled together."""


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """Token ids and types of one prompt, and the frames before its text."""

    ids: list[int]
    types: list[int]
    head: int
    """Tokens before the text, which every question about the clip shares; 0 without a clip."""
    key: Hashable
    """Of the clip; None without one."""
    pixels: Callable[[], Tensor]
    """Makes its frames, [frames, 3, S, S]; called only where they are looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """What a prefill gave of one prompt, by its number; views of what was computed together."""

    number: int
    keys: list[Tensor]
    """Of each layer, [heads, tokens, size]."""
    values: list[Tensor]
    logits: Tensor
    """Of the first token of the answer, float32 [vocabulary]."""
    position: int
    """Of that token."""


def fill(model: Any, prompts: Sequence[Prompt], prefixes: Prefixes, rotary_table: str | None) -> Iterator[list[Filled]]:
    """All `prompts`, in groups that are computed together; clips that were looked at are kept in `prefixes`."""
    left = list(range(len(prompts)))
    while left:
        kept = [number for number in left if _is_kept(prompts[number], prefixes)]
        for group in _alike(kept, prompts, 1):
            yield _behind(model, prompts, group, prefixes, rotary_table)
        # Of several questions to one clip, the first looks at it for all.
        fresh: dict[Hashable, int] = {}
        for number in left:
            if number not in kept:
                key = prompts[number].key
                fresh.setdefault(number if key is None else key, number)
        looked = list(fresh.values())
        for group in _alike(looked, prompts, 0):
            yield _whole(model, prompts, group, prefixes, rotary_table)
        left = [number for number in left if number not in kept and number not in looked]


def _is_kept(prompt: Prompt, prefixes: Prefixes) -> bool:
    return prompt.key is not None and prompt.head < len(prompt.ids) and prompt.key in prefixes


def _alike(numbers: Sequence[int], prompts: Sequence[Prompt], text: int) -> Iterator[list[int]]:
    """Groups of `numbers` whose prompts have the same head and, of what is computed, nearly the same length: of all of
    it, or where `text` is 1 of what stands behind the head."""

    def length(number: int) -> int:
        return len(prompts[number].ids) - text * prompts[number].head

    def head(number: int) -> list[int]:
        return prompts[number].types[: prompts[number].head]

    for _, found in groupby(sorted(numbers, key=lambda number: (head(number), length(number))), key=head):
        group: list[int] = []
        for number in found:
            if group and length(number) > WASTE * length(group[0]):
                yield group
                group = []
            group.append(number)
        yield group


def _whole(
    model: Any, prompts: Sequence[Prompt], group: Sequence[int], prefixes: Prefixes, rotary_table: str | None
) -> list[Filled]:
    """Prompts from their first token on, with their frames."""
    chosen = [prompts[number] for number in group]
    ids, types = _right([one.ids for one in chosen]), _right([one.types for one in chosen])
    given: dict[str, Any] = {}
    if chosen[0].key is not None:
        frames = torch.cat([one.pixels() for one in chosen])
        given = {"token_type_ids": types.to(model.device), "pixel_values": frames.to(model.device, model.dtype)}
    cache = DynamicCache(config=model.config)
    filled = _pass(model, prompts, group, cache, ids, model_position_ids(types), 0, rotary_table, given)
    for number, one in zip(group, filled, strict=True):
        prompt = prompts[number]
        layers = [*one.keys, *one.values]
        size = sum(layer[:, : prompt.head].nbytes for layer in layers)
        if prompt.key is not None and prefixes.keeps(size):
            prefixes.put(prompt.key, torch.stack([layer[:, : prompt.head] for layer in layers]))
    return filled


def _behind(
    model: Any, prompts: Sequence[Prompt], group: Sequence[int], prefixes: Prefixes, rotary_table: str | None
) -> list[Filled]:
    """The texts of prompts whose heads are kept."""
    chosen = [prompts[number] for number in group]
    head = chosen[0].head
    kept = torch.stack([prefixes.get(one.key) for one in chosen], dim=1)
    cache = DynamicCache(config=model.config)
    for layer in range(len(kept) // 2):
        cache.update(kept[layer], kept[layer + len(kept) // 2], layer)
    positions = model_position_ids(_right([one.types for one in chosen]))[:, head:]
    return _pass(
        model, prompts, group, cache, _right([one.ids[head:] for one in chosen]), positions, head, rotary_table
    )


def _pass(
    model: Any,
    prompts: Sequence[Prompt],
    group: Sequence[int],
    cache: Any,
    ids: Tensor,
    positions: Tensor,
    before: int,
    rotary_table: str | None,
    given: dict[str, Any] | None = None,
) -> list[Filled]:
    """One pass over `ids` [rows, tokens], behind `before` tokens that `cache` holds."""
    output = model.model(
        input_ids=ids.to(model.device),
        position_ids=positions.to(model.device),
        past_key_values=cache,
        use_cache=True,
        rotary_table=rotary_table,
        **(given or {}),
    )
    lengths = [len(prompts[number].ids) for number in group]
    rows = torch.arange(len(group), device=model.device)
    ends = torch.tensor([length - before - 1 for length in lengths], device=model.device)
    logits = model.lm_head(output.last_hidden_state[rows, ends]).float()
    return [
        Filled(
            number,
            [layer.keys[row, :, :length] for layer in cache.layers],
            [layer.values[row, :, :length] for layer in cache.layers],
            logits[row],
            int(positions[row, length - before - 1]) + 1,
        )
        for row, (number, length) in enumerate(zip(group, lengths, strict=True))
    ]


def _right(rows: Sequence[Sequence[int]]) -> Tensor:
    """[rows, tokens], int64: zeros behind those that are shorter."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows], dtype=torch.long)
