"""Telling that memory is short, whoever says so, and what to do about it.

A device says it in many ways: torch by a class of its own, cuBLAS and cuDNN by a status in a RuntimeError, the CPU's
allocator in words, Python by MemoryError. Imports no torch: where it was not loaded, nothing of it can have failed.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from longvid.engine.request import OutOfMemory
from longvid.errors import ModelError

T = TypeVar("T")

SAID = re.compile(
    r"out of memory|(can't|cannot|could not|unable to|failed to) allocate|not enough memory|bad_alloc"
    r"|CU(BLAS|DNN|SOLVER|SPARSE|FFT)_STATUS_(ALLOC_FAILED|NOT_INITIALIZED|INTERNAL_ERROR)",
    re.IGNORECASE,
)
"""How errors of other classes say it. A library that cannot make its handle has had no memory for its workspace."""
SAYING = ("RuntimeError", "OSError", "SafetensorError")
"""Names of the classes of errors whose words are looked at, with all that derive from them."""
LONGEST = 200
"""Characters of an error that are told."""


def shortage(error: BaseException) -> str | None:
    """What `error` says of memory that is short, as one line; None where it says something else."""
    names = {kind.__name__ for kind in type(error).__mro__}
    told = isinstance(error, MemoryError | OutOfMemory) or "OutOfMemoryError" in names
    if not told and not (names.intersection(SAYING) and SAID.search(str(error))):
        return None
    line = (str(error).strip() or "out of memory").split("\n")[0].split(". ")[0]
    return line[:LONGEST]


def told(call: Callable[[], T]) -> T:
    """What `call` returns. Raises OutOfMemory where memory is short, in whatever words that is said."""
    try:
        return call()
    except Exception as error:
        short = shortage(error)
        if short is None:
            raise
    # Not while the error is handled, for it holds all that the batch had in memory.
    raise OutOfMemory(short)


def no_memory(short: str) -> ModelError:
    """What is raised where `short`, of `shortage`, is said of one call alone."""
    remedy = "choose --device cpu, a smaller --dtype or a machine with more memory"
    return ModelError(f"the device has no memory for a single call ({short}); {remedy}")


def alone(call: Callable[[], T]) -> T:
    """What `call` returns, which is of one question alone. Raises ModelError where memory is short for it."""
    try:
        return call()
    except Exception as error:
        short = shortage(error)
        if short is None:
            raise
    release()
    raise no_memory(short)


def release() -> None:
    """Give back what nobody holds any more. Only once the error is gone: it holds the frames that it came through."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def loads(load: Callable[[Any], T]) -> Callable[[Any], T]:
    """Decorates the method of a backend that puts its weights on its device, once.

    It then raises ModelError, with remedies, where memory is short: a smaller batch would not help.
    """

    @wraps(load)
    def loaded(self: Any) -> T:
        try:
            return load(self)
        except Exception as error:
            short = shortage(error)
            if short is None:
                raise
        release()
        raise ModelError(_too_large(self.folder, self.device.name, self.device.dtype, short))

    return loaded


def _too_large(name: object, device: str, dtype: str, short: str) -> str:
    others = ["--dtype bfloat16, which halves it"] if dtype == "float32" else []
    others += ["--device cpu"] if device.startswith("cuda") else []
    others.append("a smaller model, or a machine with more memory")
    return f"{device} has no memory to load {name} in {dtype} ({short}); try {', or '.join(others)}"
