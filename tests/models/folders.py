"""Folders that only say which model they hold: enough for what is decided before weights and processors are read."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file


def named(folder: Path, kind: str, architecture: str = "SomeModel") -> Path:
    """A folder whose config.json says that its model is of type `kind`, with weights of no model."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": kind, "architectures": [architecture]}))
    save_file({"a.weight": torch.zeros(2)}, folder / "model.safetensors", {"format": "pt"})
    return folder
