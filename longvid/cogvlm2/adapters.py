"""LoRA adapters as PEFT and ms-swift write them: judged by their headers, and added to the weights they belong to.

An adapter is a folder with adapter_config.json and adapter_model.safetensors; pickles (`.bin`, training_args.bin) and
code are never opened. What is added is scale * B @ A, in float32. Importing this
file imports no torch.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checkpoint import FLOATS, Stored, read_header
from .errors import CheckpointError
from .geometry import Geometry, read_json

if TYPE_CHECKING:
    from torch import Tensor

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."
DEEPEST = 8
"""Adapters that may stand on one another."""
_NAME = re.compile(re.escape(PREFIX) + r"(?P<module>.+)\.lora_(?P<side>[AB])\.weight")
_OFF = {
    "use_dora": "DoRA", "alora_invocation_tokens": "aLoRA", "trainable_token_indices": "tokens of its own",
    "modules_to_save": "whole modules beside LoRA", "lora_bias": "biases", "target_parameters": "bare parameters",
    "fan_in_fan_out": "transposed matrices", "use_bdlora": "BD-LoRA", "arrow_config": "Arrow",
    "megatron_config": "Megatron", "layer_replication": "repeated layers",
}  # fmt: skip
"""Settings of PEFT that make more of an adapter than B @ A, and what to call that."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """One adapter, judged.

    Attributes:
        folder: where it lies.
        base: what its configuration says that it belongs to: a folder or a hub id; None where it says nothing.
        parameters: numbers in it.
        scales: by the name of a weight of the model, what its B @ A is multiplied by.
    """

    folder: Path
    base: str | None
    parameters: int
    scales: Mapping[str, float]


def is_adapter(folder: Path) -> bool:
    """Whether `folder` holds an adapter and no whole model."""
    return (folder / CONFIG).is_file() and not (folder / "config.json").is_file()


def base_named(folder: Path) -> str | None:
    """What the adapter in `folder` says that it belongs to. Raises CheckpointError for a damaged configuration."""
    base = read_json(folder / CONFIG).get("base_model_name_or_path")
    return base if isinstance(base, str) and base.strip() and len(base) < 4096 and "\0" not in base else None


def read_adapter(folder: Path, geometry: Geometry) -> Adapter:
    """The adapter in `folder`, for a model of these sizes.

    Raises CheckpointError for another kind than plain LoRA, for tensors that are missing, surplus or of another shape,
    and for matrices that the model does not have.
    """
    said = read_json(folder / CONFIG)
    if str(said.get("peft_type", "LORA")).upper() != "LORA":
        raise CheckpointError(f"{folder / CONFIG}: peft_type is {str(said['peft_type'])[:40]!r}, only LORA is added")
    for key, what in _OFF.items():
        if said.get(key):
            raise CheckpointError(f"{folder / CONFIG}: {key} is set, and {what} cannot be added; merge it with PEFT")
    if said.get("bias", "none") != "none":
        raise CheckpointError(f"{folder / CONFIG}: it trains biases, which cannot be added; merge it with PEFT")
    if not (folder / WEIGHTS).is_file():
        raise CheckpointError(f"{folder}: no {WEIGHTS}; pickles are never read, write it again as safetensors")
    try:
        tensors = read_header(folder / WEIGHTS)
    except CheckpointError as error:
        raise CheckpointError(f"{folder / WEIGHTS}: {error}") from error
    expected = geometry.tensors()
    scales: dict[str, float] = {}
    for name in tensors:
        match = _NAME.fullmatch(name)
        weight = f"{match['module']}.weight" if match else ""
        if match is None or len(expected.get(weight, ())) != 2:
            raise CheckpointError(f"{folder / WEIGHTS}: {name[:120]!r} belongs to no matrix of CogVLM2-Video")
        _require_pair(folder, name, weight, match["side"], tensors, expected[weight])
        scales[weight] = _scale(said, match["module"], tensors[_side(weight, "A")].shape[0], folder)
    if not scales:
        raise CheckpointError(f"{folder / WEIGHTS}: holds no LoRA matrices")
    count = sum(math.prod(stored.shape) for stored in tensors.values())
    return Adapter(folder, base_named(folder), count, scales)


def _side(weight: str, side: str) -> str:
    return f"{PREFIX}{weight.removesuffix('.weight')}.lora_{side}.weight"


def _require_pair(
    folder: Path, name: str, weight: str, side: str, tensors: Mapping[str, Stored], shape: tuple[int, ...]
) -> None:
    """Raise CheckpointError unless `name` and its other half are floats that make a matrix of `shape`."""
    a, b = tensors.get(_side(weight, "A")), tensors.get(_side(weight, "B"))
    if a is None or b is None:
        raise CheckpointError(f"{folder / WEIGHTS}: {name[:120]!r} has no other half")
    if a.dtype not in FLOATS or b.dtype not in FLOATS:
        raise CheckpointError(f"{folder / WEIGHTS}: {name[:120]!r} is no float32, float16 or bfloat16")
    fits = len(a.shape) == len(b.shape) == 2 and (b.shape[0], a.shape[1]) == shape and a.shape[0] == b.shape[1] > 0
    if not fits:
        raise CheckpointError(
            f"{folder / WEIGHTS}: {weight}: {list(b.shape)} @ {list(a.shape)} makes no {list(shape)}: "
            "it belongs to a model of other sizes"
        )


def _scale(said: Mapping[str, Any], module: str, rank: int, folder: Path) -> float:
    """What B @ A of `module` is multiplied by: alpha over the rank, or over its root."""
    alpha: object = said.get("lora_alpha", 8)
    pattern = said.get("alpha_pattern")
    if isinstance(pattern, Mapping):
        # As PEFT: the key is the end of the module's name, or a pattern for it.
        alpha = next((value for key, value in pattern.items() if _ends(key, module)), alpha)
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not math.isfinite(alpha):
        raise CheckpointError(f"{folder / CONFIG}: lora_alpha is {str(alpha)[:40]!r}, no number")
    return float(alpha) / (math.sqrt(rank) if said.get("use_rslora") else rank)


def _ends(key: object, module: str) -> bool:
    """Whether `key` of a pattern names `module`; a pattern from outside is taken as plain text."""
    return isinstance(key, str) and (module == key or module.endswith(f".{key}"))


def hash_of(folder: Path) -> str:
    """A hash of what decides what an adapter does: its configuration and every number."""
    digest = hashlib.blake2b(digest_size=16)
    for name in (CONFIG, WEIGHTS):
        with (folder / name).open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


class Additions:
    """What adapters add to the weights of a model, computed where it is asked for."""

    def __init__(self, adapters: Iterable[Adapter]) -> None:
        self._adapters = tuple(adapters)

    def __bool__(self) -> bool:
        return bool(self._adapters)

    def added(self, name: str, weight: Tensor) -> Tensor:
        """`weight` of the model, called `name`, with all that is added to it, in its own dtype and place."""
        for adapter in self._adapters:
            if name in adapter.scales:
                weight = _added(adapter, name, weight)
        return weight


def _added(adapter: Adapter, name: str, weight: Tensor) -> Tensor:
    from safetensors import safe_open

    with safe_open(adapter.folder / WEIGHTS, framework="pt", device=str(weight.device)) as file:
        a, b = (file.get_tensor(_side(name, side)).float() for side in "AB")
    added: Tensor = weight.float() + adapter.scales[name] * (b @ a)
    return added.to(weight.dtype)
