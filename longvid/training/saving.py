"""A trained model written so that it opens as `--model`: a whole checkpoint, or an adapter with its card.

The files appear together: all are written beside their place, and what makes the folder a model is moved last.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.cogvlm2.adapters import CONFIG
from longvid.cogvlm2.geometry import read_json
from longvid.engine.catalog import lasting
from longvid.errors import TrainingError
from longvid.files import as_text
from longvid.training.opening import Begun

if TYPE_CHECKING:
    from longvid.cogvlm2 import CogVLM2VideoProcessor

LAST = ("config.json", CONFIG)
"""Files without which a folder is no model."""
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def write_adapter(model: Any, begun: Begun, draft: Path) -> None:
    """Write the adapter of a PEFT `model` into the folder `draft`."""
    for config in model.peft_config.values():
        config.base_model_name_or_path = lasting(begun.name)
        config.inference_mode = True
    # Whether embeddings were resized PEFT would ask the hub for, by the model's name.
    model.save_pretrained(str(draft), safe_serialization=True, save_embedding_layers=False)
    # PEFT's own card says nothing that longvid's does not.
    (draft / "README.md").unlink(missing_ok=True)


def write_whole_model(model: Any, begun: Begun, processor: CogVLM2VideoProcessor, draft: Path) -> None:
    """Write `model` into the folder `draft` as an official checkpoint, in the dtype of the one that it began with."""
    import torch

    from longvid.cogvlm2 import CogVLM2VideoConfig

    wanted = CogVLM2VideoConfig.from_folder(begun.whole.folder).dtype
    dtype = wanted if isinstance(wanted, torch.dtype) else getattr(torch, wanted or "bfloat16")
    model.config.dtype = dtype
    model.to(dtype).save_pretrained(draft)
    (draft / "generation_config.json").unlink(missing_ok=True)
    processor.save_pretrained(draft)
    # The configuration as it was: trainers switch caches off in it, and write the tokenizer's padding over the place of
    # a frame.
    for name in ("config.json", *TOKENIZER):
        if (begun.whole.folder / name).is_file():
            shutil.copyfile(begun.whole.folder / name, draft / name)
    own = begun.whole.folder / "writer"
    if own.is_dir():
        # Its LLM goes with it, as it did with the one that it began with.
        shutil.copytree(own, draft / "writer")


def card_of(begun: Begun, label: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What card.json says: what longvid reads of it (`made_for`, `writes`, `label`), and `facts`."""
    try:
        said = read_json(begun.folder / "card.json")
    except ValueError:
        said = {}
    kept: dict[str, Any] = {name: said[name] for name in ("made_for", "writes") if name in said}
    return {**kept, "label": label, "training": dict(facts)}


def publish(draft: Path, out: Path) -> None:
    """Move what `draft` holds into `out`, what makes it a model last. Raises TrainingError."""
    try:
        for path in sorted(draft.iterdir(), key=lambda path: path.name in LAST):
            target = out / path.name
            if target.is_dir():
                shutil.rmtree(target)
            path.replace(target)
        draft.rmdir()
    except OSError as error:
        raise TrainingError(f"{as_text(out)} cannot be written ({error.strerror}); free some space") from error


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
