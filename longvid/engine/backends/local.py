"""Any transformers causal language model on this machine as the LLM. Safetensors only, no remote code.

Answers are greedy whatever the folder's generation_config.json asks for: of that file only the end tokens count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid.cogvlm2.checkpoint import fingerprint
from longvid.engine.backends.causal import PROMPT_FILES, SAYING, Causal
from longvid.engine.backends.spoken import opens_thoughts, without_thoughts
from longvid.engine.device import Device
from longvid.engine.memory import loads
from longvid.engine.request import Raw, Request
from longvid.errors import LLMError

LEAST_CONTEXT = 192
"""Tokens; no instruction with two sources and an answer fits into fewer."""
TOLERANCE = {"float32": 0.001, "bfloat16": 0.05, "float16": 0.02}
"""How far the scores of the next token may differ between a prompt alone and one that is padded, as a share of their
spread: the rounding of each dtype, with room."""


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
        tokenizer = causal.tokenizer
        self._controls = sorted(
            token for token in {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()} if len(token) > 1
        )
        self._model: Any = None
        self._pads = True
        """Whether a padded prompt is answered as it is alone; known once the model is loaded."""
        self._identity = {"class": "causal-lm", "revision": _fingerprint(self.folder), "dtype": device.dtype}

    @property
    def identity(self) -> Mapping[str, object]:
        return self._identity

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
        return str(self._causal.tokenizer.decode(ids, skip_special_tokens=True))

    def _rendered(self, prompt: str) -> str:
        # Control tokens spelt out in a caption or a subtitle are words, not orders: a blank inside breaks them.
        for token in self._controls:
            prompt = prompt.replace(token, f"{token[0]} {token[1:]}")
        return self._causal.render(prompt)

    def _ids(self, prompt: str) -> list[int]:
        return self._causal.encode(self._rendered(prompt))

    @loads
    def _loaded(self) -> Any:
        if self._model is None:
            import torch
            from transformers import AutoModelForCausalLM, GenerationConfig

            model: Any = AutoModelForCausalLM.from_pretrained(
                self.folder,
                dtype=getattr(torch, self.device.dtype),
                # In place of the folder's, which is then not even read.
                generation_config=GenerationConfig(),
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
            )
            # What is left of it was taken from config.json.
            model.generation_config = GenerationConfig()
            self._model = model.to(self.device.name).eval()
            self._pads = self.batch == 1 or self._heeds_padding()
        return self._model

    def _heeds_padding(self) -> bool:
        """Whether padding changes nothing: the scores of two tokens after a prompt alone and beside a longer one.

        Architectures without a mask read padding as words; so do some that count positions from the left edge.
        """
        import torch
        from transformers import GenerationConfig

        short = self._ids(SAYING)
        settings = GenerationConfig(
            max_new_tokens=2,
            min_new_tokens=2,
            do_sample=False,
            eos_token_id=list(self._causal.ends),
            pad_token_id=self._causal.pad,
            output_logits=True,
            return_dict_in_generate=True,
        )
        with torch.inference_mode():
            alone, beside = (
                torch.stack(self._model.generate(**self._inputs(rows), generation_config=settings).logits)[:, 0].float()
                for rows in ([short], [short, self._ids(f"{SAYING} {SAYING}")])
            )
        # The second scores follow the first choice, which may fall either way between equals.
        steps = 2 if torch.equal(alone[0].argmax(), beside[0].argmax()) else 1
        difference = (alone[:steps] - beside[:steps]).abs().amax()
        spread = alone[:steps].amax() - alone[:steps].amin()
        return bool(difference <= TOLERANCE[self.device.dtype] * spread)


def _fingerprint(folder: Path) -> str:
    """A fingerprint of the weights (three samples of every tensor) and of every file that shapes a prompt."""
    digest = hashlib.sha256(fingerprint(folder).encode())
    for path in sorted(path for suffix in PROMPT_FILES for path in folder.glob(suffix)):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]
