"""Which device and dtype to use, and what memory is free there. Imports torch only when asked about CUDA."""

from __future__ import annotations

import re
from dataclasses import dataclass

from longvid.cogvlm2.precision import FLOATS, QUANTISED
from longvid.errors import ModelError

AUTO = "auto"
"""The dtype of a device on which the first precision that fits is taken, once the model is known (`fitting`)."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device as torch names it, the dtype of weights on it, and its free memory in bytes.

    The dtype is that of numbers, a precision in which a CogVLM2-Video is quantised, or `AUTO`.
    """

    name: str
    dtype: str
    free: int
    title: str
    half: str = "bfloat16"
    """The 16 bits that it computes in: of all that is not quantised where weights are."""
    streamed: bool = False
    """Whether the vision tower waits in main memory."""
    waiting_layers: int = 0
    """How many layers of the decoder do."""

    @property
    def compute(self) -> str:
        """The dtype that is computed in."""
        return self.dtype if self.dtype in FLOATS else self.half

    @property
    def is_cuda(self) -> bool:
        return self.name.startswith("cuda")


def choose(name: str | Device | None, dtype: str | None) -> Device:
    """The device called `name`, or the best there is; one of another machine as it is told. Raises ModelError for one
    that is not there, and for no dtype.

    By default CUDA where there is any: bfloat16 from compute capability 8 on, else float16, as in the published demos
    (specification, section 8). The CPU computes in float32, also with `AUTO`.
    """
    if dtype is not None and dtype not in (AUTO, *FLOATS, *QUANTISED):
        raise ModelError(f"there is no dtype {dtype!r}; choose {', '.join([*FLOATS, *QUANTISED])} or {AUTO}")
    if isinstance(name, Device):
        return name
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
    half = "bfloat16" if major >= 8 else "float16"
    return Device(f"cuda:{index}", dtype or half, free, torch.cuda.get_device_name(index), half)


def _cpu(dtype: str | None) -> Device:
    import psutil

    chosen = "float32" if dtype in (None, AUTO) else str(dtype)
    return Device("cpu", chosen, int(psutil.virtual_memory().available), "CPU")


def gigabytes(size: int) -> str:
    """`size` bytes for a person: one decimal, or megabytes where that says more."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
