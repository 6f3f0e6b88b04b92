"""Positions of the tokens of a prompt: the patches of a frame share one (specification, section 4.5).

Pure functions on tensors; nothing here knows a tokenizer or a cache.
"""

import torch
from torch import Tensor


def build_position_ids(token_type_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
    """Positions exactly as the reference builds them, the shift of padded rows included.

    Args:
        token_type_ids: [B, L], whole numbers: 1 for vision tokens, 0 for all others.
        attention_mask: [B, L], 0 on padding; none means no padding.

    Returns:
        [B, L], int64, never descending. Pads at the left are 0, and so a padded row starts at 1.
    """
    label = token_type_ids.long()
    if attention_mask is not None:
        label = label.masked_fill(attention_mask == 0, -1)
    text = label == 0
    # The ends of a row count as text beside it.
    beside = torch.ones_like(text)
    beside[:, 1:-1] = text[:, :-2] | text[:, 2:]
    label = label.masked_fill((label == 1) & beside, 0)
    steps = label == 0
    steps[:, 1:] |= (label[:, 1:] == 1) & (label[:, :-1] == 0)
    steps[:, :1] = False
    return steps.long().cumsum(-1)


def model_position_ids(token_type_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
    """The positions the model uses by default: `build_position_ids`, with every row starting at 0 despite padding.

    Rotary positions are relative, so in float32 the reference's shift by one changes nothing; with a bfloat16 table
    it would make a row's answer depend on the padding beside it, which ours must not.

    Returns:
        [B, L], int64; 0 on pads at the left.
    """
    positions = build_position_ids(token_type_ids, attention_mask)
    if attention_mask is None:
        return positions
    first = (attention_mask != 0).long().argmax(-1, keepdim=True)
    return (positions - positions.gather(-1, first)).clamp_min(0)
