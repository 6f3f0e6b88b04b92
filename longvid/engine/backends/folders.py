"""A folder of a model that transformers knows, judged before anything is computed: its configuration and its weights.

Reads config.json and the headers of the weights, and builds the model without memory for them: what transformers would
leave at random or cannot place is found now, not after a film was watched. Everything in the folder comes from outside,
so whatever transformers makes of it becomes one line. No code of the folder is run. Knows no tokenizer and no prompt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longvid.cogvlm2.checkpoint import FLOATS, Stored, fingerprint, no_quantised, quantised, tensors_in
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.geometry import read_json
from longvid.engine.backends.tokens import number

PROMPT_FILES = ("*.json", "*.jinja", "*.model", "*.txt")
"""Configuration, tokenizer and templates."""
SAYING = "The man walks to the house."
"""What a tokenizer must give back and a template must keep."""


def quiet_transformers() -> None:
    """Let transformers print nothing but errors: what matters of the rest is told in one line."""
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, enable_progress_bars
    from transformers.utils import logging

    downloads = not are_progress_bars_disabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if downloads:
        # It has switched off those of downloads as well, which are told.
        enable_progress_bars()


def read_folder(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Stored]]:
    """What config.json says and every tensor of the files, by their headers.

    Raises CheckpointError where there is none, where one is not whole or no plain file, and for quantised weights.
    """
    said = read_json(folder / "config.json")
    stored = tensors_in(folder)
    for path in (path for pattern in PROMPT_FILES for path in folder.glob(pattern)):
        if not path.is_file():
            raise CheckpointError(f"{path}: is no regular file")
    odd = next((f"{name} is {one.dtype}" for name, one in stored.items() if _is_odd(name, one)), None)
    if method := quantised(said, stored) or odd:
        raise CheckpointError(f"{folder}: {no_quantised(method)}")
    if (folder / "adapter_config.json").exists() or "transformers_weights" in said:
        raise CheckpointError(f"{folder}: its weights lie elsewhere, as an adapter's do; name a whole model")
    return said, stored


def read_config(folder: Path, said: Mapping[str, Any]) -> Any:
    """The configuration in `folder`, of whichever class of transformers. Raises CheckpointError."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        own = "; it needs code of its own, which is never run" if "auto_map" in said else ""
        raise CheckpointError(f"{folder}: transformers cannot read its config.json: {line_of(error)}{own}") from error


def architecture(said: Mapping[str, Any]) -> str:
    """The class that config.json names first, "" where it names none."""
    named = said.get("architectures")
    return next((str(name) for name in named or () if isinstance(name, str)), "") if isinstance(named, list) else ""


def require_tensors(
    folder: Path,
    config: Any,
    kind: Any,
    stored: Mapping[str, Stored],
    option: str,
    *,
    unused: tuple[str, ...] = (),
) -> None:
    """Raise CheckpointError, whose remedy names `option`, unless the files hold every tensor of the model `kind`, in
    its shape; those whose names begin with one of `unused` may be missing.

    transformers itself places them, by its own rules for names, tied and fused weights; none has memory.
    """
    import torch

    layers = number(config.get_text_config(), "num_hidden_layers")
    if layers is not None and layers > len(stored):
        raise CheckpointError(
            f"{folder}: its config.json names {layers} layers and its files hold {len(stored)} tensors"
        )

    class Shape(torch.Tensor):
        """A tensor without numbers that stays one wherever it is moved."""

        def to(self, *args: Any, **options: Any) -> Any:
            return self

    # What is missing would be made at random, at the size of the true one: it is only to be named.
    only_named: dict[str, Any] = {
        "_move_missing_keys_from_meta_to_device": _nothing,
        "_initialize_missing_keys": _nothing,
        # By it transformers tells its own classes, whose weights it renames, from others.
        "__module__": kind.__module__,
    }
    unfilled: Any = type(kind.__name__, (kind,), only_named)
    shapes = {
        name: torch.empty(one.shape, dtype=torch.float32, device="meta").as_subclass(Shape)
        for name, one in stored.items()
    }
    try:
        _, found = unfilled.from_pretrained(
            None,
            config=config,
            state_dict=shapes,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except Exception as error:
        raise CheckpointError(f"{folder}: its weights do not fit its config.json: {line_of(error)}") from error
    misshapen = [f"{name} is {list(has)}, not {list(requires)}" for name, has, requires in found["mismatched_keys"]]
    missing = [name for name in found["missing_keys"] if not name.startswith(unused)]
    for fault, names in (("lacks tensors", missing), ("has misshapen tensors", misshapen)):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise CheckpointError(
                f"{folder} {fault}: {'; '.join(sorted(names)[:3])}{more}; copy it again, or name another {option}"
            )


def fingerprint_of(folder: Path) -> str:
    """A fingerprint of the weights (three samples of every tensor) and of every file that shapes a prompt."""
    digest = hashlib.sha256(fingerprint(folder).encode())
    for path in sorted(path for suffix in PROMPT_FILES for path in folder.glob(suffix)):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def line_of(error: Exception) -> str:
    """What transformers says, as one line and short."""
    line = " ".join(str(error).split()) or type(error).__name__
    return line if len(line) <= 200 else f"{line[:199]}…"


def _nothing(*args: Any, **options: Any) -> None:
    return None


def _is_odd(name: str, stored: Stored) -> bool:
    """Whether it is a weight whose numbers are no floats as they are."""
    return name.endswith(".weight") and stored.dtype not in (*FLOATS, "F64")
