"""Sentences as vectors, by a small model of the user's: what two sentences have in common beside their words.

Any encoder that transformers opens with `AutoModel` (BERT and its kin), with the pooling that its folder names in the
layout of sentence-transformers; safetensors only, no remote code. Works on the CPU: a film's facts take seconds. Knows
nothing of films, and stores nothing: the same weights give the same vectors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid.cogvlm2.checkpoint import fingerprint
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.hub import locate
from longvid.errors import ModelError

BATCH = 32
"""Sentences computed together."""
LONGEST = 256
"""Tokens of a sentence that are read."""
POOLING = Path("1_Pooling") / "config.json"
FIRST, MEAN = "pooling_mode_cls_token", "pooling_mode_mean_tokens"
"""The poolings that are known: the first token's vector, and the mean of all, which is the usual one."""


class Embedder:
    """Texts to vectors of length 1; the model is loaded when it is first needed."""

    def __init__(self, name: str | os.PathLike[str], *, download: bool = False) -> None:
        """`name`: a folder or a hub id, which is fetched if `download`.

        Raises ModelError for what cannot be found or is no such model.
        """
        try:
            self.folder = locate(name, download=download)
        except CheckpointError as error:
            raise ModelError(str(error)) from error
        self._first = _pools_first(self.folder)
        if not (self.folder / "model.safetensors").is_file():
            raise ModelError(f"{self.folder} has no model.safetensors: name a sentence embedding model with --embedder")
        self.identity: Mapping[str, object] = {"class": "embedder", "revision": fingerprint(self.folder)}
        self._loaded: tuple[Any, Any] | None = None

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of length 1 for each of `texts`; texts of the same meaning have vectors near to each other.

        Raises ModelError where the model cannot be loaded.
        """
        import torch

        tokenizer, model = self._open()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors: dict[int, list[float]] = {}
        for at in range(0, len(order), BATCH):
            rows = order[at : at + BATCH]
            batch = tokenizer(
                [texts[i] for i in rows], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
            )
            with torch.inference_mode():
                states = model(**batch).last_hidden_state.float()
            if self._first:
                pooled = states[:, 0]
            else:
                mask = batch["attention_mask"].unsqueeze(-1).float()
                pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
            for i, vector in zip(rows, torch.nn.functional.normalize(pooled, dim=1).tolist(), strict=True):
                vectors[i] = vector
        return [vectors[i] for i in range(len(texts))]

    def _open(self) -> tuple[Any, Any]:
        if self._loaded is None:
            import torch
            from transformers import AutoModel, AutoTokenizer

            from longvid.engine.backends.folders import quiet_transformers

            quiet_transformers()
            try:
                tokenizer: Any = AutoTokenizer.from_pretrained(
                    self.folder, local_files_only=True, trust_remote_code=False
                )
                model: Any = AutoModel.from_pretrained(
                    self.folder, dtype=torch.float32, use_safetensors=True, local_files_only=True,
                    trust_remote_code=False,
                )  # fmt: skip
            except (OSError, ValueError, RuntimeError, KeyError) as error:
                why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                raise ModelError(f"{self.folder} cannot be opened as a sentence embedding model ({why})") from error
            if getattr(model.config, "is_encoder_decoder", False) or not hasattr(tokenizer, "pad_token_id"):
                raise ModelError(f"{self.folder} is no encoder of sentences: name another --embedder")
            self._loaded = tokenizer, model.eval()
        return self._loaded


def _pools_first(folder: Path) -> bool:
    """Whether a sentence's vector is its first token's, by what `folder` says. Raises ModelError for other poolings."""
    try:
        said = json.loads((folder / POOLING).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / POOLING} cannot be read: fetch the model again") from error
    wanted = [name for name, value in said.items() if name.startswith("pooling_mode_") and value is True]
    if wanted not in ([FIRST], [MEAN], []):
        raise ModelError(f"{folder} pools by {', '.join(wanted)}, which is not known: name another --embedder")
    return wanted == [FIRST]
