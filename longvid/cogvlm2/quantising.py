"""Matrices of 8 and 4 bits in place of a model's own, by bitsandbytes, made while the checkpoint is read.

Quantised is what `precision.is_quantised` says, and never what is written: the checkpoint on disk stays what it is.
Knows no shards and no devices but the one it is told.
"""

import logging
import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from .errors import CheckpointError
from .precision import Quantised, is_quantised

EXTRA = 'pip install "longvid[quant]"'
"""Brings bitsandbytes."""
OUTLIER = 6.0
"""Activations beyond it are multiplied in 16 bits beside the int8 ones, as bitsandbytes is used everywhere."""


def installed() -> bool:
    """Whether bitsandbytes is here; nothing of it is loaded."""
    return find_spec("bitsandbytes") is not None


def require(device: torch.device | str = "cpu") -> None:
    """Raise CheckpointError, with the command that helps, unless bitsandbytes is here and works on `device`."""
    if not installed():
        raise CheckpointError(f"8 and 4 bits need bitsandbytes, which is not installed: {EXTRA}")
    try:
        for made in (_packed(torch.ones(8, 64), "int8", device), _packed(torch.ones(8, 64), "int4", device)):
            assert made.dtype in (torch.int8, torch.uint8)
    except Exception as error:
        # A build for another CUDA, a library that is missing: it fails in many ways, none of them ours.
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise CheckpointError(
            f"bitsandbytes is installed and does not work on {device} ({said}): {EXTRA} --upgrade --force-reinstall"
        ) from error


def _library() -> Any:
    """bitsandbytes, which then says nothing of its casts: one line for every product of every step."""
    warnings.filterwarnings("ignore", message="MatMul8bitLt", module="bitsandbytes")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    return import_module("bitsandbytes")


def _packed(weight: Tensor, precision: Quantised, device: torch.device | str) -> Any:
    """`weight` as bitsandbytes keeps it, on `device`."""
    kinds = _library().nn
    with torch.no_grad():
        if precision == "int8":
            # It is quantised on its way from the CPU.
            return kinds.Int8Params(weight.half(), requires_grad=False, has_fp16_weights=False).to(device)
        packed = kinds.Params4bit(weight, requires_grad=False, quant_type="nf4", compress_statistics=False)
        return packed.to(device)


def prepare(model: nn.Module, precision: Quantised, compute: torch.dtype) -> set[str]:
    """Put empty layers of bitsandbytes in the places of those that are quantised; the names of their weights.

    `model` has no memory yet (the meta device).
    """
    kinds = _library().nn
    found = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and is_quantised(f"{name}.weight", tuple(module.weight.shape), precision)
    ]
    for name, module in found:
        sizes: dict[str, Any] = {"bias": module.bias is not None, "device": "meta"}
        made: nn.Module
        if precision == "int8":
            made = kinds.Linear8bitLt(
                module.in_features, module.out_features, has_fp16_weights=False, threshold=OUTLIER, **sizes
            )
        else:
            made = kinds.Linear4bit(
                module.in_features,
                module.out_features,
                compute_dtype=compute,
                quant_type="nf4",
                compress_statistics=False,
                **sizes,
            )
        model.set_submodule(name, made)
    return {f"{name}.weight" for name, _ in found}


def quantise(module: nn.Module, weight: Tensor, precision: Quantised, device: torch.device) -> None:
    """Give `module`, which `prepare` made, its `weight` [out, in] of any floating dtype, packed on `device`."""
    packed = _packed(weight, precision, device)
    if precision != "int8":
        packed.module = module
        module.quant_state = packed.quant_state
    module.weight = packed
