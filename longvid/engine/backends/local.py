"""Any transformers causal language model on this machine as the LLM. Safetensors only, no remote code.

Answers are greedy whatever the folder's generation_config.json asks for: of that file only the end tokens count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from longvid.engine.backends.causal import Causal
from longvid.engine.backends.folders import SAYING, fingerprint_of
from longvid.engine.backends.spoken import opens_thoughts, without_thoughts
from longvid.engine.backends.tokens import controls, harmless, text_of
from longvid.engine.device import Device
from longvid.engine.memory import loads
from longvid.engine.request import Raw, Request
from longvid.errors import LLMError

LEAST_CONTEXT = 192
"""Tokens; no instruction with two sources and an answer fits into fewer."""


class LocalLLM:
    """Implements `Backend` for requests without a clip."""

    def __init__(self, causal: Causal, *, device: Device, batch: int, context: int | None = None) -> None:
        """Write with the model that was judged; `context` caps its tokens. Raises LLMError if they are too few."""
        self.folder, self.device, self.batch = causal.folder, device, batch
        self.context = causal.context if context is None else min(context, causal.context)
        if self.context < LEAST_CONTEXT:
            raise LLMError(
                f"{self.folder} takes {self.context} tokens and writing needs {LEAST_CONTEXT}; name another --llm"
            )
        self._causal = causal
        self._controls = controls(causal.tokenizer)
        self._model: Any = None
        self._pads = True
        """Whether a padded prompt is answered as it is alone; known once the model is loaded."""
        self._identity = {"class": "causal-lm", "revision": fingerprint_of(self.folder), "dtype": device.dtype}

    @property
    def identity(self) -> Mapping[str, object]:
        return self._identity

    @property
    def remark(self) -> str | None:
        """What a user should know of it before it writes; None where there is nothing."""
        if self._causal.tokenizer.chat_template:
            return None
        return f"{self.folder} has no chat template, so it is given prompts as they are, as a base model is"

    def count(self, request: Request) -> int:
        return len(self._ids(request.prompt))

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        self._loaded()
        if self._pads:
            return self._answer(requests, seed, stopped)
        return [raw for request in requests for raw in self._answer([request], seed, stopped)]

    def _answer(self, requests: Sequence[Request], seed: int | None, stopped: Callable[[], bool]) -> list[Raw]:
        from longvid.engine.backends.decoding import generate

        rows = [self._ids(request.prompt) for request in requests]
        answers = generate(
            self._model,
            self._inputs(rows),
            [request.max_tokens for request in requests],
            eos=self._causal.ends,
            pad=self._causal.pad,
            seed=seed,
            stopped=stopped,
        )
        thinking = [opens_thoughts(self._rendered(request.prompt)) for request in requests]
        return [
            Raw(without_thoughts(self._text(out), thinking=begun), finish, len(row), len(out))
            for row, (out, finish), begun in zip(rows, answers, thinking, strict=True)
        ]

    def _inputs(self, rows: Sequence[Sequence[int]]) -> dict[str, Any]:
        """`rows` of token ids as one batch, padded on the left."""
        import torch

        longest = max(len(row) for row in rows)
        gaps = [longest - len(row) for row in rows]
        ids = [[self._causal.pad] * gap + list(row) for gap, row in zip(gaps, rows, strict=True)]
        mask = [[0] * gap + [1] * len(row) for gap, row in zip(gaps, rows, strict=True)]
        device = self._model.device
        return {"input_ids": torch.tensor(ids, device=device), "attention_mask": torch.tensor(mask, device=device)}

    def _text(self, ids: Sequence[int]) -> str:
        return text_of(self._causal.tokenizer, ids)

    def _rendered(self, prompt: str) -> str:
        return self._causal.render(harmless(prompt, self._controls))

    def _ids(self, prompt: str) -> list[int]:
        return self._causal.encode(self._rendered(prompt))

    @loads
    def _loaded(self) -> Any:
        if self._model is None:
            from transformers import AutoModelForCausalLM

            from longvid.engine.backends.decoding import load

            self._model = load(AutoModelForCausalLM, self.folder, self.device)
            self._pads = self.batch == 1 or self._heeds_padding()
        return self._model

    def _heeds_padding(self) -> bool:
        from longvid.engine.backends.decoding import heeds_padding

        short, long = (self._ids(text) for text in (SAYING, f"{SAYING} {SAYING}"))
        return heeds_padding(
            self._model,
            self._inputs([short]),
            self._inputs([short, long]),
            eos=self._causal.ends,
            pad=self._causal.pad,
            dtype=self.device.dtype,
        )
