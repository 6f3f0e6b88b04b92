"""Sentences as vectors, by a small model of the user's: what two sentences have in common beside their words.

Any encoder that transformers opens with `AutoModel` (BERT and its kin), with the pooling that its folder names in the
layout of sentence-transformers; safetensors only, no remote code. Works on the CPU: a film's facts take seconds. Knows
nothing of films, and stores nothing: the same weights give the same vectors. Its folder is judged by its configuration
and the headers of its weights before anything is computed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.geometry import read_json, read_json_list
from longvid.cogvlm2.hub import locate
from longvid.engine.backends.tokens import context_of, number
from longvid.errors import ModelError

BATCH = 32
"""Sentences computed together."""
LONGEST = 256
"""Tokens of a sentence that are read."""
MODULES = "modules.json"
KNOWN = frozenset({"Transformer", "Pooling", "Normalize"})
"""Layers of a sentence embedding model, by the last part of their names there; vectors have length 1 in any case."""
POOLING = Path("1_Pooling") / "config.json"
FIRST, MEAN = "pooling_mode_cls_token", "pooling_mode_mean_tokens"
"""The poolings that are known: the first token's vector, and the mean of all, which is the usual one."""
UNUSED = ("pooler.",)
"""Tensors of an encoder that no sentence's vector comes from; published folders often lack them."""
ANOTHER = "name another --embedder"


class Embedder:
    """Texts to vectors of length 1; the model is loaded when it is first needed."""

    def __init__(self, name: str | os.PathLike[str], *, download: bool = False) -> None:
        """`name`: a folder or a hub id, which is fetched if `download`.

        Raises ModelError for what cannot be found or is no such model, and where its files are not whole.
        """
        from longvid.engine.backends.folders import fingerprint_of

        try:
            self.folder = locate(name, download=download)
            self._first = _pools_first(self.folder)
            self._kind = _judged(self.folder)
            revision = fingerprint_of(self.folder)
        except CheckpointError as error:
            raise ModelError(f"--embedder: {error}") from error
        self.identity: Mapping[str, object] = {
            "class": "embedder",
            "revision": revision,
            "pools": FIRST if self._first else MEAN,
        }
        self._loaded: tuple[Any, Any, int] | None = None

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of length 1 for each of `texts`; texts of the same meaning have vectors near to each other.

        Raises ModelError where the model cannot be loaded, and where its weights give no numbers.
        """
        import torch

        from longvid.engine.backends.folders import line_of

        tokenizer, model, longest = self._open()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors: dict[int, list[float]] = {}
        for at in range(0, len(order), BATCH):
            rows = order[at : at + BATCH]
            batch = tokenizer(
                [texts[i] for i in rows], padding=True, truncation=True, max_length=longest, return_tensors="pt"
            )
            try:
                with torch.inference_mode():
                    states = model(**batch).last_hidden_state.float()
            except Exception as error:
                raise ModelError(f"{self.folder} takes no sentences: {line_of(error)}; {ANOTHER}") from error
            if self._first:
                pooled = states[:, 0]
            else:
                mask = batch["attention_mask"].unsqueeze(-1).float()
                pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
            if not pooled.isfinite().all():
                raise ModelError(f"{self.folder} gives no numbers for some sentences: fetch it again, or {ANOTHER}")
            for i, vector in zip(rows, torch.nn.functional.normalize(pooled, dim=1).tolist(), strict=True):
                vectors[i] = vector
        return [vectors[i] for i in range(len(texts))]

    def _open(self) -> tuple[Any, Any, int]:
        """The tokenizer, the model, and the tokens that it reads of a sentence. Raises ModelError."""
        if self._loaded is None:
            import torch
            from transformers import AutoTokenizer

            from longvid.engine.backends.folders import line_of

            try:
                tokenizer: Any = AutoTokenizer.from_pretrained(
                    self.folder, local_files_only=True, trust_remote_code=False
                )
                model: Any = self._kind.from_pretrained(
                    self.folder, dtype=torch.float32, use_safetensors=True, local_files_only=True
                )
            except Exception as error:
                raise ModelError(
                    f"{self.folder} cannot be opened as a sentence embedding model: {line_of(error)}; {ANOTHER}"
                ) from error
            rows = number(model.config, "vocab_size")
            if tokenizer.pad_token is None or (rows is not None and len(tokenizer) > rows):
                raise ModelError(f"{self.folder}: its tokenizer is not its model's, or cannot pad; {ANOTHER}")
            longest = min(LONGEST, context_of(model.config.get_text_config(), tokenizer))
            self._loaded = tokenizer, model.eval(), longest
        return self._loaded


def _judged(folder: Path) -> Any:
    """The class of the encoder in `folder`, whose weights are all there. Raises CheckpointError for what is none or not
    whole."""
    from transformers.models.auto.modeling_auto import MODEL_MAPPING

    from longvid.engine.backends.folders import line_of, quiet_transformers, read_config, read_folder, require_tensors

    quiet_transformers()
    said, stored = read_folder(folder)
    config = read_config(folder, said)
    try:
        kind: Any = MODEL_MAPPING.get(type(config), None)
    except Exception as error:
        raise CheckpointError(f"{folder}: transformers cannot open its kind of model: {line_of(error)}") from error
    if kind is None or isinstance(kind, list | tuple) or getattr(config, "is_encoder_decoder", False):
        raise CheckpointError(f"{folder} ({config.model_type}) is no encoder of sentences; {ANOTHER}")
    require_tensors(folder, config, kind, stored, "--embedder", unused=UNUSED)
    return kind


def _pools_first(folder: Path) -> bool:
    """Whether a sentence's vector is its first token's, by what `folder` says. Raises CheckpointError for what cannot
    be read, for other poolings and for layers behind them."""
    if (folder / MODULES).exists():
        layers = read_json_list(folder / MODULES)
        kinds = [str(one.get("type")).rpartition(".")[2] for one in layers if isinstance(one, Mapping)]
        if more := [kind for kind in kinds if kind not in KNOWN]:
            raise CheckpointError(f"{folder} has a layer {', '.join(more)}, which is not known; {ANOTHER}")
    if not (folder / POOLING).exists():
        return False
    said = read_json(folder / POOLING)
    wanted = [name for name, value in said.items() if name.startswith("pooling_mode_") and value is True]
    if wanted not in ([FIRST], [MEAN], []):
        raise CheckpointError(f"{folder} pools by {', '.join(wanted)}, which is not known; {ANOTHER}")
    return wanted == [FIRST]
