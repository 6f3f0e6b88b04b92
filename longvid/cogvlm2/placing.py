"""Weights on their way from the shards to their places: one device, packed or not, or main memory for layers that wait.

Where some are packed or wait, one tensor after another goes, so that none but the largest is ever there twice.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from .adapters import Additions
from .precision import DECODER_LAYERS, TOWER_LAYERS, Quantised
from .quantising import prepare, quantise


def require_places(precision: Quantised | None, *, streamed: bool, waiting_layers: int) -> None:
    """Raise ValueError for layers that cannot wait as they are packed; the arguments are those of `fill`."""
    if streamed and precision == "int4-all":
        raise ValueError("a vision tower in 4 bits is not streamed: choose int4, or leave out streamed")
    if waiting_layers and precision == "int8":
        raise ValueError("layers in int8 do not wait in main memory: choose int4, or leave out waiting_layers")


def fill(
    model: nn.Module,
    shards: Iterable[Path],
    device: torch.device,
    dtype: torch.dtype | None,
    precision: Quantised | None,
    *,
    streamed: bool,
    waiting_layers: int = 0,
    additions: Additions | None = None,
) -> None:
    """Give `model`, which has no memory yet, the tensors in `shards`.

    Args:
        device: where they go.
        dtype: of all that is not quantised, and of what is computed; None leaves it as stored, where nothing is.
        precision: which are quantised, and how; none where that is None.
        streamed: leave the layers of the vision tower in main memory.
        waiting_layers: and so many layers of the decoder, the first ones.
        additions: of adapters, added in `dtype` before anything is packed.
    """
    add = additions.added if additions else _unchanged
    if precision is None and not streamed and not waiting_layers:
        for shard in shards:
            tensors = load_file(shard, device=str(device))
            cast = {name: tensor if dtype is None else tensor.to(dtype) for name, tensor in tensors.items()}
            added = {name: add(name, tensor) for name, tensor in cast.items()}
            model.load_state_dict(added, strict=False, assign=True)
        return
    dtype = dtype or torch.bfloat16
    packed = prepare(model, precision, dtype) if precision else set()
    waiting = [f"{DECODER_LAYERS}{index}." for index in range(waiting_layers)]
    waits = (TOWER_LAYERS, *waiting) if streamed else tuple(waiting)
    for shard in shards:
        with safe_open(shard, framework="pt", device="cpu") as file:
            for name in file.keys():  # noqa: SIM118  # it is no dictionary
                owner, _, leaf = name.rpartition(".")
                module = model.get_submodule(owner)
                place = torch.device("cpu") if name.startswith(waits) and leaf in module._parameters else device
                tensor = file.get_tensor(name)
                # Before it is packed, and in floats that are not coarser than those that are computed in.
                if additions:
                    tensor = add(name, tensor.to(dtype))
                if name in packed and precision:
                    # Packed where it is unpacked again; the result may wait elsewhere, its scales stay.
                    quantise(module, tensor.to(dtype), precision, device)
                    if name.startswith(waits):
                        module.weight.data = module.weight.data.to(place)
                        # Where the device is a CPU, bitsandbytes would pack once more what comes, and not what waits.
                        module.support_avx512bf16_for_cpu = False  # type: ignore[assignment]
                elif leaf in module._buffers:
                    module._buffers[leaf] = tensor.to(place, dtype)
                else:
                    module._parameters[leaf] = nn.Parameter(tensor.to(place, dtype), requires_grad=False)
    _stream(list(model.get_submodule(DECODER_LAYERS.removesuffix(".")).children())[:waiting_layers], device)
    if streamed:
        _stream(model.get_submodule(TOWER_LAYERS.removesuffix(".")).children(), device)


def _unchanged(name: str, tensor: Tensor) -> Tensor:
    return tensor


def _stream(layers: Iterable[nn.Module], device: torch.device) -> None:
    """Let each of `layers` come to `device` for as long as it computes; its weights stay where they are."""
    for layer in layers:
        # The tensors themselves, whatever the parameters point to while the layer computes.
        kept = [(parameter, parameter.data) for parameter in layer.parameters()]

        def bring(module: nn.Module, args: Any, kept: Any = kept) -> None:
            for parameter, waiting in kept:
                parameter.data = waiting.to(device, non_blocking=True, copy=True)

        def leave(module: nn.Module, args: Any, output: Any, kept: Any = kept) -> None:
            for parameter, waiting in kept:
                parameter.data = waiting

        layer.register_forward_pre_hook(bring)
        # Also where it fails, as a full device makes it: a smaller batch is tried next.
        layer.register_forward_hook(leave, always_call=True)
