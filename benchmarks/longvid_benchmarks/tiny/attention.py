"""Causal attention for training on a CPU in bfloat16: plain matrix products over blocks of queries, forth and back.

torch's fused kernel is slow on the way back in bfloat16, and its plain one multiplies and masks the half of the scores
that no query may see (figures: docs/tiny-model.md). Knows neither padding nor dropout: a training has none.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
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


class _Blocks(torch.autograd.Function):
    """[N, L, D] queries, keys and values of N heads to [N, L, D]."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scaling: float) -> Tensor:
        query = query * scaling
        mixed = torch.empty_like(query)
        future = torch.full((BLOCK, BLOCK), -math.inf, dtype=query.dtype, device=query.device).triu(1)
        shares = []
        for start in range(0, query.shape[1], BLOCK):
            end = min(start + BLOCK, query.shape[1])
            scores = query[:, start:end] @ key[:, :end].transpose(1, 2)
            scores[:, :, start:] += future[: end - start, : end - start]
            share = torch.softmax(scores, -1)
            mixed[:, start:end] = share @ value[:, :end]
            shares.append(share)
        ctx.save_for_backward(query, key, value, mixed, *shares)
        ctx.scaling = scaling
        return mixed

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        query, key, value, mixed, *shares = ctx.saved_tensors
        (grad,) = grads
        inner = (grad * mixed).sum(-1, keepdim=True)
        to_query, to_key, to_value = torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value)
        for number, share in enumerate(shares):
            start = number * BLOCK
            end = start + share.shape[1]
            part = grad[:, start:end]
            to_value[:, :end] += share.transpose(1, 2) @ part
            to_scores = part @ value[:, :end].transpose(1, 2)
            to_scores.sub_(inner[:, start:end]).mul_(share)
            to_query[:, start:end] = to_scores @ key[:, :end]
            to_key[:, :end] += to_scores.transpose(1, 2) @ query[:, start:end]
        return to_query.mul_(ctx.scaling), to_key, to_value, None


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
    mixed: Tensor = _Blocks.apply(*heads, scaling).view_as(query)  # type: ignore[no-untyped-call]
    return mixed.transpose(1, 2).contiguous(), None


def register() -> str:
    """Make it known to transformers; its name. Without a mask of that name too, padding would be seen."""
    ALL_ATTENTION_FUNCTIONS.register(NAME, attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, ALL_MASK_ATTENTION_FUNCTIONS["sdpa"])
    return NAME
