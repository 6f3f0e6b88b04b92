"""Random models made to say one sentence, whatever they read: each of its tokens is followed by the next, and the last
by an end token. So an answer, and why it ended, can be known beforehand without training anything."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

ADDING = ("o_proj.weight", "out_proj.weight", "down_proj.weight", "per_layer_projection.weight")
"""Ends of the names of what adds a layer's result to what was there before."""


def say(model: Any, ids: Sequence[int], also: Sequence[int] = ()) -> None:
    """Make `model` follow each token of `ids`, all different, with the next one, and each of `also` as the first.

    Its layers add nothing any more, so that what it has at a place is the vector of the token there, and its head is
    made to answer that with the next token.
    """
    import torch

    embeddings, head = model.get_input_embeddings().weight, model.get_output_embeddings()
    if head.weight is embeddings:
        head.weight = torch.nn.Parameter(embeddings.detach().clone())
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith(ADDING):
                weight.zero_()
        embeddings.normal_()
        head.weight.zero_()
        for before, after in [*pairwise(ids), *((token, ids[1]) for token in also)]:
            head.weight[after] += embeddings[before]
