"""Telling that memory is short, whoever says so, and what to do about it.

A device says it in many ways: torch by a class of its own, cuBLAS and cuDNN by a status in a RuntimeError, the CPU's
allocator in words, Python by MemoryError. Imports no torch: where it was not loaded, nothing of it can have failed.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from longvid.engine.request import OutOfMemory
from longvid.errors import ModelError

SAID = re.compile(
    r"out of memory|(can't|cannot|unable to|failed to|not enough memory to|could not) allocate|not enough memory"
    r"|(CUBLAS|CUDNN|CUSOLVER|CUSPARSE|CUFFT)_STATUS_(ALLOC_FAILED|INTERNAL_ERROR_HOST_ALLOCATION_FAILED"
    r"|INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED)|bad_alloc|DefaultCPUAllocator|CUBLAS_STATUS_NOT_INITIALIZED",
    re.IGNORECASE,
)
"""How errors of other classes say it. cuBLAS that cannot make its handle has had no memory for its workspace."""
LONGEST = 200
"""Characters of an error that are told."""


def shortage(error: BaseException) -> str | None:
    """What `error` says of memory that is short, as one line; None where it says something else."""
    told = isinstance(error, MemoryError | OutOfMemory) or type(error).__name__ == "OutOfMemoryError"
    if not told and not (isinstance(error, RuntimeError) and SAID.search(str(error))):
        return None
    line = (str(error).strip() or "out of memory").split("\n")[0].split(". ")[0]
    return line[:LONGEST]


def release() -> None:
    """Give back what nobody holds any more. Only once the error is gone: it holds the frames that it came through."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


@contextmanager
def loading(name: object, device: str, dtype: str) -> Iterator[None]:
    """Within it the weights of `name` go to `device`. Raises ModelError, with remedies, where memory is short."""
    short = None
    try:
        yield
    except Exception as error:
        short = shortage(error)
        if short is None:
            raise
    if short is None:
        return
    release()
    others = ["--dtype bfloat16, which halves it"] if dtype == "float32" else []
    others += ["--device cpu"] if device.startswith("cuda") else []
    others.append("a smaller model, or a machine with more memory")
    raise ModelError(f"{device} has no memory to load {name} in {dtype} ({short}); try {', or '.join(others)}")
