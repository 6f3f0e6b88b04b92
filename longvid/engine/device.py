"""Which device and dtype to use, and what memory is free there. Imports torch only when asked about CUDA."""

from __future__ import annotations

import re
from dataclasses import dataclass

from longvid.errors import ModelError

DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Device:
    """A device as torch names it, the dtype of weights on it, and its free memory in bytes."""

    name: str
    dtype: str
    free: int
    title: str

    @property
    def is_cuda(self) -> bool:
        return self.name.startswith("cuda")


def choose(name: str | None, dtype: str | None) -> Device:
    """The device called `name`, or the best there is. Raises ModelError for one that is not there.

    By default CUDA where there is any: bfloat16 from compute capability 8 on, else float16, as in the published demos
    (specification, section 8). The CPU computes in float32.
    """
    if name is not None and not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise ModelError(f"there is no device {name!r}; choose cpu, cuda or cuda:N")
    if name == "cpu":
        return _cpu(dtype)
    import torch

    if not torch.cuda.is_available():
        if name is None:
            return _cpu(dtype)
        raise ModelError(f"there is no {name} on this machine; leave out --device, or choose cpu")
    index = int(name.split(":")[1]) if name and ":" in name else torch.cuda.current_device()
    if index >= torch.cuda.device_count():
        raise ModelError(f"there is no cuda:{index}; this machine has cuda:0 to cuda:{torch.cuda.device_count() - 1}")
    free, _ = torch.cuda.mem_get_info(index)
    major, _ = torch.cuda.get_device_capability(index)
    default = "bfloat16" if major >= 8 else "float16"
    return Device(f"cuda:{index}", dtype or default, free, torch.cuda.get_device_name(index))


def _cpu(dtype: str | None) -> Device:
    import psutil

    return Device("cpu", dtype or "float32", int(psutil.virtual_memory().available), "CPU")


def gigabytes(size: int) -> str:
    """`size` bytes for a person: one decimal, or megabytes where that says more."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
