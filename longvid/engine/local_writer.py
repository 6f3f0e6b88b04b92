"""Any transformers causal language model on this machine as the writer. Safetensors only, no remote code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid.cogvlm2.checkpoint import revision
from longvid.cogvlm2.errors import CheckpointError
from longvid.engine.device import Device
from longvid.engine.memory import loads
from longvid.engine.request import Raw, Request
from longvid.errors import WriterError

PROMPT_FILES = ("*.json", "*.jinja", "*.model", "*.txt")
"""Configuration, tokenizer and templates."""
LEAST_CONTEXT = 192
"""Tokens; no instruction with two sources and an answer fits into fewer."""
MOST_CONTEXT = 32_768
"""A longer context is not used: a merge of this size is already one call, and the cache would grow for nothing."""


class LocalWriter:
    """Implements `Backend` for requests without a clip."""

    def __init__(self, folder: Path, *, device: Device, batch: int) -> None:
        """Read the tokenizer and configuration. Raises WriterError if they are none of a causal language model."""
        from transformers import AutoConfig, AutoTokenizer
        from transformers.utils import logging as transformers_logging

        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        self.folder, self.device, self.batch = folder, device, batch
        if not any(folder.glob("*.safetensors")):
            raise WriterError(f"{folder} has no safetensors; only safetensors checkpoints are loaded")
        try:
            self._config: Any = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            self._tokenizer: Any = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, padding_side="left"
            )
        except (OSError, ValueError, KeyError) as error:
            line = str(error).strip().split("\n")[0]
            raise WriterError(f"{folder} is no causal language model that transformers can read: {line}") from error
        limits = (getattr(self._config, "max_position_embeddings", None), self._tokenizer.model_max_length)
        self.context = int(min([n for n in limits if n] + [MOST_CONTEXT]))
        end = self._tokenizer.eos_token_id
        ends = getattr(self._config, "eos_token_id", None)
        self._eos = sorted(
            {*([end] if end is not None else []), *(ends if isinstance(ends, list) else [ends])} - {None}
        )
        if not self._eos:
            raise WriterError(f"{folder} names no end token, so its answers would never end; name another --writer")
        if self.context < LEAST_CONTEXT:
            raise WriterError(
                f"{folder} takes {self.context} tokens and writing needs {LEAST_CONTEXT}; name another --writer"
            )
        self._controls = sorted(
            token
            for token in {*self._tokenizer.all_special_tokens, *self._tokenizer.get_added_vocab()}
            if len(token) > 1
        )
        self._model: Any = None
        try:
            self._identity = {"class": "causal-lm", "revision": _revision(folder), "dtype": device.dtype}
        except CheckpointError as error:
            raise WriterError(f"--writer: {error}") from error

    @property
    def identity(self) -> Mapping[str, object]:
        return self._identity

    def count(self, request: Request) -> int:
        return len(self._ids(request.prompt))

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        import torch

        from longvid.engine.decoding import generate

        model = self._loaded()
        rows = [self._ids(request.prompt) for request in requests]
        longest = max(len(row) for row in rows)
        pad = self._tokenizer.pad_token_id if self._tokenizer.pad_token_id is not None else self._eos[0]
        ids = torch.tensor([[pad] * (longest - len(row)) + row for row in rows], device=model.device)
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=model.device)
        answers = generate(
            model,
            {"input_ids": ids, "attention_mask": mask},
            [request.max_tokens for request in requests],
            eos=self._eos,
            pad=pad,
            seed=seed,
            stopped=stopped,
        )
        return [
            Raw(self._tokenizer.decode(out, skip_special_tokens=True), finish, len(row), len(out))
            for row, (out, finish) in zip(rows, answers, strict=True)
        ]

    def _ids(self, prompt: str) -> list[int]:
        # Control tokens spelt out in a caption or a subtitle are words, not orders: a blank inside breaks them.
        for token in self._controls:
            prompt = prompt.replace(token, f"{token[0]} {token[1:]}")
        if self._tokenizer.chat_template:
            text = self._tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True
            )
            # The template has written the special tokens already.
            return list(self._tokenizer.encode(text, add_special_tokens=False))
        return list(self._tokenizer.encode(prompt))

    @loads
    def _loaded(self) -> Any:
        if self._model is None:
            import torch
            from transformers import AutoModelForCausalLM

            model: Any = AutoModelForCausalLM.from_pretrained(
                self.folder,
                dtype=getattr(torch, self.device.dtype),
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
            )
            self._model = model.to(self.device.name).eval()
        return self._model


def _revision(folder: Path) -> str:
    """A fingerprint of the weights (three samples of every tensor) and of every file that shapes a prompt."""
    digest = hashlib.sha256(revision(folder).encode())
    for path in sorted(path for suffix in PROMPT_FILES for path in folder.glob(suffix)):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]
