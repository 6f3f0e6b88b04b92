"""Attention in blocks: what torch's own gives, forth and back, and torch's own where nothing is learnt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from longvid_benchmarks.training import attention

MODULE: Any = SimpleNamespace(is_causal=True, num_key_value_groups=2, training=True)


def heads(length: int, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """Queries of four heads, and keys and values of two, of two sequences."""
    torch.manual_seed(length)
    return [torch.randn(2, number, length, 8, dtype=dtype, requires_grad=True) for number in (4, 2, 2)]


def reference(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    key, value = key.repeat_interleave(2, 1), value.repeat_interleave(2, 1)
    return F.scaled_dot_product_attention(query, key, value, is_causal=True, scale=0.3).transpose(1, 2)


@pytest.mark.parametrize("length", [1, attention.BLOCK - 1, attention.BLOCK, 2 * attention.BLOCK + 5])
def test_it_is_causal_attention_forth_and_back(length: int) -> None:
    given = heads(length)
    ours, weights = attention.attention(MODULE, *given, None, scaling=0.3)
    theirs = reference(*given)
    assert weights is None
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    grad = torch.randn_like(ours)
    back = [torch.autograd.grad(found, given, grad) for found in (ours, theirs)]
    for mine, true in zip(*back, strict=True):
        torch.testing.assert_close(mine, true, rtol=1e-12, atol=1e-12)


def test_in_bfloat16_it_is_as_near_to_float32_as_torch_is() -> None:
    exact = heads(200, torch.float32)
    rounded = [x.detach().bfloat16().requires_grad_() for x in exact]
    true = reference(*exact)
    ours, _ = attention.attention(MODULE, *rounded, None, scaling=0.3)
    mine, theirs = ((found - true).abs().mean() for found in (ours, reference(*rounded)))
    assert mine < 1.5 * theirs


def test_where_nothing_is_learnt_a_mask_and_one_query_are_served() -> None:
    query, key, value = heads(9)
    mask = torch.zeros(2, 1, 1, 9, dtype=torch.float64)
    mask[0, 0, 0, :4] = -torch.inf
    with torch.no_grad():
        ours, _ = attention.attention(MODULE, query[:, :, -1:], key, value, mask, scaling=0.3)
        seen, _ = attention.attention(MODULE, query[:, :, 4:], key[:, :, 4:], value[:, :, 4:], None, scaling=0.3)
    torch.testing.assert_close(ours[0, -1], seen[0, -1])


TEXTS = torch.tensor([[0] * 130 + [1] * 140 + [2] * 7 + [0] * 3, [0] * 50 + [1] * 60 + [2] * 170])
"""Two rows of two texts behind a beginning that they share, one of them padded."""


def test_texts_of_a_row_see_their_beginning_and_themselves_and_not_one_another() -> None:
    given = heads(TEXTS.shape[1])
    with attention.sharing(TEXTS):
        ours, _ = attention.attention(MODULE, *given, None, scaling=0.3)
    query, key, value = given
    for row, text, start, end in ((0, 1, 130, 270), (0, 2, 270, 277), (1, 1, 50, 110), (1, 2, 110, 280)):
        alone = [*range(int((TEXTS[row] == 0).int().argmin())), *range(start, end)]
        parts = [x[row : row + 1, :, alone] for x in (query, key, value)]
        torch.testing.assert_close(ours[row, start:end], reference(*parts)[0, -(end - start) :], rtol=1e-12, atol=1e-12)
        assert (TEXTS[row, start:end] == text).all()


def test_a_mask_shows_torch_the_same_texts_forth_and_back() -> None:
    given = heads(TEXTS.shape[1])
    with attention.sharing(TEXTS):
        ours, _ = attention.attention(MODULE, *given, None, scaling=0.3)
    query, key, value = given
    mask = attention.visible(TEXTS)
    key, value = key.repeat_interleave(2, 1), value.repeat_interleave(2, 1)
    theirs = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=0.3).transpose(1, 2)
    # Nothing is learnt behind the end of a row.
    grad = torch.randn_like(ours)
    grad[0, 277:] = 0
    back = [torch.autograd.grad(found, given, grad) for found in (ours, theirs)]
    torch.testing.assert_close(ours[0, :277], theirs[0, :277], rtol=1e-12, atol=1e-12)
    for mine, true in zip(*back, strict=True):
        torch.testing.assert_close(mine, true, rtol=1e-12, atol=1e-12)


def test_sharing_ends_where_it_is_left() -> None:
    with pytest.raises(ZeroDivisionError), attention.sharing(TEXTS):
        _ = 1 / 0
    given = heads(20)
    torch.testing.assert_close(attention.attention(MODULE, *given, None, scaling=0.3)[0], reference(*given))
