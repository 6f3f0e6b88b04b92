"""Causal attention for training on a CPU in bfloat16: plain matrix products over blocks of queries, forth and back.

torch's fused kernel is slow on the way back in bfloat16, and its plain one multiplies and masks the half of the scores
that no query may see (figures: docs/results/tiny-model.md). A row may hold several texts behind a beginning that they
share, of which none sees another. Knows neither padding nor dropout: a training has none.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

NAME = "blocks"
"""Under this name transformers' registry has it, after `register`."""
BLOCK = 128
"""Queries whose scores are computed at once."""
_TEXTS: ContextVar[Tensor | None] = ContextVar("texts of each row", default=None)


@contextmanager
def sharing(texts: Tensor | None) -> Generator[None]:
    """Within, rows are made of texts: [B, L], 0 for the beginning that all of a row see, else the number of the text,
    which sees that and itself. None: a row is one text."""
    token = _TEXTS.set(texts)
    try:
        yield
    finally:
        _TEXTS.reset(token)


def visible(texts: Tensor) -> Tensor:
    """[B, 1, L, L], true where a query may see a key, for rows of `texts` (`sharing`): a mask for torch's attention."""
    seen, sees = texts[:, None, None, :], texts[:, None, :, None]
    mine = (seen == 0) | (seen == sees)
    return mine & torch.ones(mine.shape[-2:], dtype=torch.bool, device=texts.device).tril()


@dataclass(frozen=True, slots=True)
class _Block:
    """Queries [start, end) of some heads, which see the keys [0, shared) and [own, end), none after themselves."""

    heads: slice
    start: int
    end: int
    shared: int
    own: int

    def keys(self, every: Tensor) -> Tensor:
        """Those of `every`, [N, L, D], that are seen: [n, K, D]."""
        if self.shared == self.own:
            return every[self.heads, : self.end]
        return torch.cat([every[self.heads, : self.shared], every[self.heads, self.own : self.end]], 1)

    def add(self, to: Tensor, part: Tensor) -> None:
        """Add `part`, of the keys that are seen, to `to`, of all."""
        to[self.heads, : self.shared] += part[:, : self.shared]
        to[self.heads, self.own : self.end] += part[:, self.shared :]


def _blocks(heads: int, length: int, texts: Tensor | None) -> list[_Block]:
    """All queries of `heads` heads in blocks; `texts` as in `sharing`."""
    if texts is None:
        return [_Block(slice(heads), at, min(at + BLOCK, length), 0, 0) for at in range(0, length, BLOCK)]
    found = []
    each = heads // len(texts)
    for row, numbers in enumerate(texts.tolist()):
        bounds = [at for at in range(length) if at == 0 or numbers[at] != numbers[at - 1]] + [length]
        shared = bounds[1] if numbers[0] == 0 else 0
        for own, end in pairwise(bounds):
            begun = 0 if own == 0 else shared
            found += [
                _Block(slice(row * each, (row + 1) * each), at, min(at + BLOCK, end), begun, own)
                for at in range(own, end, BLOCK)
            ]
    return found


class _Blocks(torch.autograd.Function):
    """[N, L, D] queries, keys and values of N heads to [N, L, D]."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scaling: float, blocks: list[_Block]) -> Tensor:
        query = query * scaling
        mixed = torch.empty_like(query)
        future = torch.full((BLOCK, BLOCK), -math.inf, dtype=query.dtype, device=query.device).triu(1)
        shares = []
        for block in blocks:
            asking = slice(block.start, block.end)
            size = block.end - block.start
            scores = query[block.heads, asking] @ block.keys(key).transpose(1, 2)
            scores[:, :, -size:] += future[:size, :size]
            share = torch.softmax(scores, -1)
            mixed[block.heads, asking] = share @ block.keys(value)
            shares.append(share)
        ctx.save_for_backward(query, key, value, mixed, *shares)
        ctx.scaling, ctx.blocks = scaling, blocks
        return mixed

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, mixed, *shares = ctx.saved_tensors
        (grad,) = grads
        inner = (grad * mixed).sum(-1, keepdim=True)
        to_query, to_key, to_value = torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value)
        for block, share in zip(ctx.blocks, shares, strict=True):
            asking = slice(block.start, block.end)
            part = grad[block.heads, asking]
            block.add(to_value, share.transpose(1, 2) @ part)
            to_scores = part @ block.keys(value).transpose(1, 2)
            to_scores.sub_(inner[block.heads, asking]).mul_(share)
            to_query[block.heads, asking] = to_scores @ block.keys(key)
            block.add(to_key, to_scores.transpose(1, 2) @ query[block.heads, asking])
        return to_query.mul_(ctx.scaling), to_key, to_value, None, None


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """As `longvid.cogvlm2.attention.eager_attention`; in the tower torch's plain one, where nothing is learnt its best.

    Args:
        query: [B, H, L, D]. key, value: [B, G, L, D], every one serving H / G neighbouring query heads.
    """
    learns = torch.is_grad_enabled()
    if not (learns and module.is_causal and attention_mask is None):
        function = ALL_ATTENTION_FUNCTIONS["sdpa"]
        # The tower's seventeen patches are too few for a fused kernel's way back, too.
        with sdpa_kernel(SDPBackend.MATH) if learns else nullcontext():
            found: tuple[Tensor, None] = function(module, query, key, value, attention_mask, scaling=scaling, **kwargs)
        return found
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    heads = [x.flatten(0, 1) for x in (query, key, value)]
    blocks = _blocks(len(heads[0]), query.shape[2], _TEXTS.get())
    mixed: Tensor = _Blocks.apply(*heads, scaling, blocks).view_as(query)  # type: ignore[no-untyped-call]
    return mixed.transpose(1, 2).contiguous(), None


def register() -> str:
    """Make it known to transformers; its name. Without a mask of that name too, padding would be seen."""
    ALL_ATTENTION_FUNCTIONS.register(NAME, attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, ALL_MASK_ATTENTION_FUNCTIONS["sdpa"])
    return NAME
