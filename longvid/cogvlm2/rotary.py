"""Rotary positions over half-split heads, with the published precision (specification, section 4.3).

Knows nothing of what the positions mean.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from .configuration import RotaryTable

BASE = 500_000.0
"""Hard-coded in the published code; used only for a model that is not loaded from a checkpoint."""


def inverse_frequencies(head_dim: int) -> Tensor:
    """[head_dim / 2], float32: BASE ** (-2j / head_dim)."""
    return 1.0 / BASE ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim)


class RotaryEmbedding(nn.Module):
    """Holds the frequencies of one layer as the checkpoint stores them: read from the file, never recomputed."""

    inv_freq: Tensor

    def __init__(self, head_dim: int) -> None:
        super().__init__()
        self.head_dim = head_dim
        self.register_buffer("inv_freq", inverse_frequencies(head_dim).to(torch.get_default_dtype()))


def rotary_table(
    position_ids: Tensor, inv_freq: Tensor, dtype: torch.dtype, table: RotaryTable = "published"
) -> tuple[Tensor, Tensor]:
    """Cosines and sines of every position.

    Args:
        position_ids: [B, L], whole numbers.
        inv_freq: [head_dim / 2]. Its dtype is that of the published table: in bfloat16 positions above 256 collapse
            to multiples of 2, above 512 of 4, above 1024 of 8.
        dtype: of the queries and keys that will be rotated.
        table: `float32` keeps every position apart.

    Returns:
        Two tensors [B, L, 1, head_dim], each half of the last dimension the same.
    """
    if table == "float32":
        inv_freq = inv_freq.float()
    angles = position_ids.to(inv_freq.dtype)[..., None, None] * inv_freq
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn [B, L, heads, head_dim] by the table; products and sums are rounded in the dtype of `heads`."""
    first, second = heads.chunk(2, dim=-1)
    return heads * cos + torch.cat((-second, first), dim=-1) * sin


def differ(stored: Iterable[Tensor]) -> bool:
    """Whether the frequencies of the layers are not all the same; those without memory are taken to be."""
    first, *others = stored
    return not first.is_meta and any(not torch.equal(first.cpu(), other.cpu()) for other in others)
