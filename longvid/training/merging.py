"""A LoRA adapter, ours or ms-swift's, added to the weights that it belongs to, as a checkpoint of its own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from longvid.cogvlm2.adapters import is_adapter, read_adapter
from longvid.cogvlm2.checkpoint import inspect
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.geometry import read_json
from longvid.engine.catalog import Whole, label_of
from longvid.errors import ModelError, TrainingError
from longvid.files import as_text
from longvid.training.opening import Begun, judged, load, processor_of
from longvid.training.recipe import Recipe
from longvid.training.saving import card_of, publish, write_json, write_whole_model


def merge_adapter(adapter: Path, model: str | None, out: Path) -> None:
    """Write into `out`, which is empty or new, what `adapter` makes of `model`; of what it says itself where that is
    None.

    Raises ModelError and TrainingError.
    """
    if not is_adapter(adapter):
        raise TrainingError(f"{as_text(adapter)} holds no adapter (adapter_config.json); name the folder of one")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise TrainingError(f"{as_text(out)} is there already; choose another folder with -o")
    begun = _begun(adapter, model)
    merged = load(begun, Recipe())
    draft = out / ".draft"
    try:
        draft.mkdir(parents=True)
        write_whole_model(merged, begun, processor_of(begun), draft)
        said = card_of(begun, label_of(adapter, None), _training(adapter))
        write_json(draft / "card.json", {**card_of(replace(begun, folder=begun.whole.folder), "index", {}), **said})
        publish(draft, out)
    except OSError as error:
        raise TrainingError(f"{as_text(out)} cannot be written ({error.strerror}); free some space") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _begun(adapter: Path, model: str | None) -> Begun:
    """`adapter` with what it is added to."""
    if model is None:
        return judged(str(adapter))
    base = judged(model)
    try:
        read_adapter(adapter, inspect(base.whole.folder).geometry)
        return replace(base, folder=adapter, whole=Whole(base.whole.folder, (*base.whole.adapters, adapter)))
    except CheckpointError as error:
        raise ModelError(str(error)) from error


def _training(adapter: Path) -> dict[str, Any]:
    try:
        said = read_json(adapter / "card.json").get("training")
    except CheckpointError:
        said = None
    return said if isinstance(said, dict) else {}
