"""The attention that tower and decoder share: transformers' registry, so that eager, sdpa and flash can be chosen.

Knows neither masks nor positions nor caches.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from .configuration import CogVLM2VideoConfig


def eager_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **kwargs: Any,
) -> tuple[Tensor, Tensor]:
    """Explicit scores with the softmax in float32 (specification, section 4.1).

    Args:
        query: [B, H, Lq, D]. key, value: [B, G, Lk, D], every one serving H / G neighbouring query heads.
        attention_mask: additive, broadcast to [B, H, Lq, Lk].
    """
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key = key.repeat_interleave(groups, dim=1)
        value = value.repeat_interleave(groups, dim=1)
    scores = query @ key.transpose(2, 3) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    return (weights @ value).transpose(1, 2).contiguous(), weights


def attend(
    module: nn.Module,
    config: CogVLM2VideoConfig,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
) -> Tensor:
    """[B, Lq, H * D]: attention by the implementation that the configuration names.

    `module` carries `is_causal` (read where there is no mask), `num_key_value_groups` and `scaling`.
    """
    shared = attention_mask is None or attention_mask.shape[1] == 1
    if shared and query.shape[2] == 1 and config._attn_implementation == "sdpa":
        return _one_token(query, key, value, attention_mask, cast(float, module.scaling))
    function = ALL_ATTENTION_FUNCTIONS.get_interface(config._attn_implementation, eager_attention)
    mixed, _ = function(module, query, key, value, attention_mask, dropout=0.0, scaling=module.scaling)
    flat: Tensor = mixed.reshape(*mixed.shape[:2], -1)
    return flat


def _one_token(query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, scaling: float) -> Tensor:
    """[B, 1, H * D] for one token a row: the query heads that share a key stand in place of tokens, so that no key is
    repeated. `attention_mask`, where there is one, is the same for all heads."""
    folded = query.reshape(len(query), key.shape[1], -1, query.shape[-1])
    mixed: Tensor = F.scaled_dot_product_attention(folded, key, value, attn_mask=attention_mask, scale=scaling)
    return mixed.reshape(len(query), 1, -1)
