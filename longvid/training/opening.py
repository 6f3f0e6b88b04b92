"""The model that is trained, opened: its checkpoint with the adapters that it has already, and its processor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.cogvlm2.checkpoint import inspect
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.estimates import Template
from longvid.cogvlm2.geometry import Geometry
from longvid.engine.catalog import Whole, fingerprint_of, folder_of, whole_of
from longvid.engine.family import template_of
from longvid.errors import ModelError
from longvid.training.recipe import Recipe

if TYPE_CHECKING:
    from longvid.cogvlm2 import CogVLM2VideoProcessor


@dataclass(frozen=True, slots=True)
class Begun:
    """What a training begins with, judged and not loaded."""

    name: str
    """As it was named."""
    folder: Path
    whole: Whole
    geometry: Geometry
    fingerprint: str
    template: Template


def judged(model: str) -> Begun:
    """The CogVLM2-Video called `model`, fetched where it is a hub id that is not here. Raises ModelError."""
    try:
        folder = folder_of(model, download=True)
        whole = whole_of(folder)
        report = inspect(whole.folder)
        report.require_complete()
        fingerprint = fingerprint_of(whole, report.geometry)
    except CheckpointError as error:
        raise ModelError(str(error)) from error
    return Begun(model, folder, whole, report.geometry, fingerprint, template_of(model))


def processor_of(begun: Begun) -> CogVLM2VideoProcessor:
    """Its processor. Raises ModelError."""
    from longvid.cogvlm2 import CogVLM2VideoProcessor

    try:
        return CogVLM2VideoProcessor.from_pretrained(begun.whole.folder, local_files_only=True)
    except CheckpointError as error:
        raise ModelError(str(error)) from error


def load(begun: Begun, recipe: Recipe) -> Any:
    """The model on the CPU, in the dtype in which `recipe` keeps its weights; adapters are part of them."""
    import torch

    from longvid.cogvlm2 import CogVLM2VideoConfig, CogVLM2VideoForConditionalGeneration

    stored = CogVLM2VideoConfig.from_folder(begun.whole.folder).dtype
    kept = torch.bfloat16 if recipe.precision == "bfloat16" else torch.float32
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(
        begun.whole.folder, adapters=begun.whole.adapters, dtype=kept, device="cpu", local_files_only=True
    )
    # The published table of positions is made in the dtype of its frequencies: that is part of what was learnt.
    for layer in model.model.layers:
        layer.self_attn.rotary_emb.to(stored or kept)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return model
