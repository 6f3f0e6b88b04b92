"""What a model has computed of clips, kept for the next question: keys and values of all that stands before the text.

Those of the clips asked for last stay on the device within a budget; older ones go to main memory within another, and
the oldest are dropped, to be computed again when they are asked for. Knows no clip and no model.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

import torch
from torch import Tensor

from longvid.engine.budget import Budget


class Prefixes:
    """Tensors by key, each [2 x layers, heads, tokens, size]: keys of all layers, then values."""

    def __init__(self, budget: Budget, device: torch.device) -> None:
        self.budget = budget
        self._device = device
        self._near: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._far: OrderedDict[Hashable, Tensor] = OrderedDict()
        """On the device and in main memory, the one used last at the end."""

    def __contains__(self, key: Hashable) -> bool:
        return key in self._near or key in self._far

    @property
    def held(self) -> tuple[int, int]:
        """Bytes on the device, and in main memory."""
        return _size(self._near), _size(self._far)

    def get(self, key: Hashable) -> Tensor:
        """The tensor of `key`, on the device. Raises KeyError for one that is not kept."""
        found = self._near.get(key)
        if found is None:
            self.put(key, found := self._far.pop(key).to(self._device))
        else:
            self._near.move_to_end(key)
        return found

    def put(self, key: Hashable, tensor: Tensor) -> None:
        """Keep `tensor`, a copy that nobody changes, as far as there is room."""
        self._near[key] = tensor
        self._near.move_to_end(key)
        while _size(self._near) > self.budget.device:
            old, moved = self._near.popitem(last=False)
            if moved.nbytes <= self.budget.host:
                self._far[old] = moved.to("cpu")
        while _size(self._far) > self.budget.host:
            self._far.popitem(last=False)

    def keeps(self, size: int) -> bool:
        """Whether a tensor of `size` bytes would be kept at all."""
        return size <= max(self.budget.device, self.budget.host)

    def clear(self) -> None:
        """Drop all, as where memory is short."""
        self._near.clear()
        self._far.clear()


def _size(tensors: OrderedDict[Hashable, Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())
