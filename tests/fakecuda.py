"""A pretended GPU: the CPU computes, and what torch makes in its name is counted in bytes.

    gpu = FakeCuda(monkeypatch, free=10_000_000)
    with gpu:            # in the thread that computes
        torch.zeros(1000, device="cuda:0")
    gpu.peak             # bytes

Beyond `free` bytes an allocation raises `torch.OutOfMemoryError`, as a full device does. Counted are the tensors that
calls of torch from Python take and return, for as long as they live; what a kernel takes for itself is not.
"""

from __future__ import annotations

import weakref
from collections import Counter
from types import TracebackType
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map


class FakeCuda:
    """One device, cuda:0, of compute capability 8.0 with `free` bytes. Use as a context manager in one thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, free: int) -> None:
        self.free, self.used, self.peak, self.emptied = free, 0, 0, 0
        self.held: list[int] = []
        """Bytes in use each time the cache was emptied."""
        self._known: set[int] = set()
        """Tensors that are counted, by id, while they live."""
        self._sharing: Counter[int] = Counter()
        """How many of them lie at each address."""
        self._mode = _Counting(self)
        for name, value in {
            "is_available": lambda: True,
            "is_initialized": lambda: True,
            "device_count": lambda: 1,
            "current_device": lambda: 0,
            "mem_get_info": lambda index=0: (self.free - self.used, self.free),
            "get_device_capability": lambda index=0: (8, 0),
            "get_device_name": lambda index=0: "Pretended GPU",
            "empty_cache": self._empty,
        }.items():
            monkeypatch.setattr(torch.cuda, name, value)

    def __enter__(self) -> FakeCuda:
        self._mode.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mode.__exit__(kind, error, trace)

    def made(self, tensor: torch.Tensor) -> None:
        """Count `tensor`, unless it shares its memory with one that is counted."""
        if tensor.is_meta or id(tensor) in self._known:
            return
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if not self._sharing[place]:
            if self.used + size > self.free:
                raise torch.OutOfMemoryError(
                    f"CUDA out of memory. Tried to allocate {size} bytes. GPU 0 has {self.free - self.used} free."
                )
            self.used += size
            self.peak = max(self.peak, self.used)
        self._sharing[place] += 1
        self._known.add(id(tensor))
        weakref.finalize(tensor, self._gone, id(tensor), place, size)

    def _gone(self, tensor: int, place: int, size: int) -> None:
        self._known.discard(tensor)
        self._sharing[place] -= 1
        if not self._sharing[place]:
            self.used -= size

    def _empty(self) -> None:
        self.emptied += 1
        self.held.append(self.used)


class _Counting(TorchFunctionMode):
    """Makes on the CPU what is asked for on CUDA, and tells of every tensor."""

    def __init__(self, gpu: FakeCuda) -> None:
        super().__init__()
        self._gpu = gpu

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        args, kwargs = tree_map(_on_cpu, args), tree_map(_on_cpu, kwargs or {})
        result = func(*args, **kwargs)
        # What goes in is there, too: parameters are made of tensors by no call of torch.
        for leaf in tree_leaves((args, kwargs, result)):
            if isinstance(leaf, torch.Tensor):
                self._gpu.made(leaf)
        return result


def _on_cpu(value: Any) -> Any:
    if isinstance(value, torch.device) or (isinstance(value, str) and value.startswith("cuda")):
        return torch.device("cpu") if torch.device(value).type == "cuda" else value
    return value
