"""Likelihoods of words behind a prompt, for the backends that compute here: one pass where the words differ in their
last token alone, as the letters of options do. Knows no model class.
"""

from __future__ import annotations

import inspect
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from longvid.engine.likelihood import Likelihood
from longvid.errors import ModelError


def tokens_after(encode: Callable[[str], Sequence[int]], prompt: str, words: str) -> list[int]:
    """The tokens of `words` behind `prompt`, whose own tokens stay as they are. Raises ValueError for no words."""
    before, whole = list(encode(prompt)), list(encode(prompt + words))
    if len(whole) > len(before) and whole[: len(before)] == before:
        return whole[len(before) :]
    # The prompt's last token would be another: a model that writes goes on from the prompt as it is.
    alone = list(encode(words))
    if not alone:
        raise ValueError(f"{words!r} has no tokens")
    return alone


def measure(model: Any, inputs: Mapping[str, Any], words: Sequence[Sequence[int]]) -> list[Likelihood]:
    """How likely each of `words`, tokens, is behind the one row of `inputs`, which has no padding.

    Raises ModelError where the model's numbers are none.
    """
    heads: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for place, ids in enumerate(words):
        heads[tuple(ids[:-1])].append(place)
    found: dict[int, Likelihood] = {}
    for head, places in heads.items():
        logs = _last(model, _longer(inputs, head), len(head) + 1)
        best = logs.argmax(-1).tolist()
        for place in places:
            each = [float(logs[at, token]) for at, token in enumerate(words[place])]
            if not all(map(math.isfinite, each)):
                raise ModelError("the model's numbers are none; choose another --dtype")
            found[place] = Likelihood(sum(each), best == list(words[place]))
    return [found[place] for place in range(len(words))]


def _last(model: Any, inputs: Mapping[str, Any], count: int) -> torch.Tensor:
    """Logarithms of the probability of every token, float32 [count, vocabulary], at the last `count` places."""
    kept = {"logits_to_keep": count} if "logits_to_keep" in inspect.signature(model.forward).parameters else {}
    with torch.inference_mode():
        logits = model(**inputs, **kept, use_cache=False).logits
    return torch.log_softmax(logits[0, -count:].float(), dim=-1).cpu()


def _longer(inputs: Mapping[str, Any], ids: Sequence[int]) -> dict[str, Any]:
    """`inputs` with `ids` behind their one row: whatever says something of each token says of them what it says of the
    last, which is a word of the prompt."""
    row = inputs["input_ids"]
    if not ids:
        return dict(inputs)
    more = torch.tensor([list(ids)], dtype=row.dtype, device=row.device)

    def longer(name: str, value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or value.shape != row.shape:
            return value
        return torch.cat([value, more if name == "input_ids" else value[:, -1:].expand(-1, len(ids))], dim=1)

    return {name: longer(name, value) for name, value in inputs.items()}
