"""The checkpoints of a training in its folder: the model, its state and its log, each written whole or not at all.

Knows files and their names, and nothing of what they say but that earlier words stand for those of now.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.errors import LongvidError
from longvid_benchmarks.training.earlier import NOW, in_words_of_now

if TYPE_CHECKING:
    import torch

LOG, STATE, MODEL = "log.jsonl", "state.pt", "model"
WEIGHTS = "model.safetensors"


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The rows of a training's log, without one that a kill cut off. Raises LongvidError where there is no log."""
    try:
        rows = [in_words_of_now(json.loads(line)) for line in _whole_lines(folder / LOG)]
    except (OSError, ValueError) as error:
        raise LongvidError(f"{folder} holds no training: {error}; train there first") from error
    if not rows:
        raise LongvidError(f"{folder} holds no training: its log is empty; train there first")
    return rows


def append_log(folder: Path, row: Mapping[str, Any]) -> None:
    """Write one more row."""
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def mend_log(folder: Path) -> None:
    """Remove a last row that a kill cut off, which would spoil the next one."""
    if (folder / LOG).is_file():
        write_whole(folder / LOG, "".join(f"{line}\n" for line in _whole_lines(folder / LOG)).encode())


def _whole_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` with `data` in one step. Raises OSError, and then what was there still is."""
    scratch = path.with_name(f".{path.name}")
    try:
        scratch.write_bytes(data)
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Keep what a training goes on from: weights, optimizer and where it stands."""
    import torch

    # Of a full disk torch says what no one can read; Python says that it is full.
    data = io.BytesIO()
    torch.save(dict(state), data)
    write_whole(folder / STATE, data.getvalue())


def read_state(folder: Path, device: Any = "cpu") -> dict[str, Any]:
    """What `write_state` kept. Raises LongvidError where there is nothing, or something else."""
    import torch

    try:
        found: dict[str, Any] = torch.load(folder / STATE, map_location=device, weights_only=True)
    except Exception as error:  # pickles break in many ways
        raise LongvidError(f"{folder / STATE} holds no training ({type(error).__name__}); train there first") from error
    return {NOW.get(name, name): value for name, value in found.items()}


def write_weights(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Replace the safetensors file at `path`. Raises OSError."""
    from safetensors.torch import save

    write_whole(path, save({name: tensor.contiguous() for name, tensor in tensors.items()}, {"format": "pt"}))


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of the checkpoint in `folder`. Raises LongvidError where they cannot be read."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load((folder / WEIGHTS).read_bytes())
    except (OSError, SafetensorError) as error:
        raise LongvidError(f"{folder / WEIGHTS} cannot be read: {error}; name the folder of a bundle") from error
