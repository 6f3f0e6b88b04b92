"""Any video model of transformers behind the engine: questions about clips, and writing. Safetensors only, no remote
code.

The processor is read at once, since prompts are counted before the first call; the weights when the first answer is
needed. Answers are greedy whatever the folder's generation_config.json asks for: of that only the end tokens count.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from longvid.engine.backends.folders import SAYING, fingerprint_of
from longvid.engine.backends.multimodal import BLANK, Multimodal, Shown
from longvid.engine.backends.spoken import without_thoughts
from longvid.engine.backends.tokens import number, text_of
from longvid.engine.device import Device
from longvid.engine.likelihood import Likelihood
from longvid.engine.memory import loads
from longvid.engine.pictures import PixelBudget
from longvid.engine.request import ClipRef, Raw, Request
from longvid.film import read_clip

LATEST = 7200.0
"""Seconds; no frame of a chunk is shown later in it."""
WIDTHS = {"float32": 4, "bfloat16": 2, "float16": 2}
"""Bytes of a number, by dtype."""

log = logging.getLogger(__name__)


class VideoBackend:
    """Implements `Backend` for requests with and without a clip."""

    counts_slowly = True
    """Counting puts a clip through the processor: see `Engine`."""

    def __init__(self, model: Multimodal, *, device: Device, batch: int, pictures: PixelBudget) -> None:
        self.folder, self.device, self.batch = model.folder, device, batch
        self.context, self.image_size = model.context, pictures
        self._model = model
        self._weights: Any = None
        self._pads = True
        """Whether a padded prompt is answered as it is alone; known once the weights are loaded."""
        self._lock = threading.Lock()
        """A tokenizer is set to pad and to not pad, so two threads may not use it at once."""
        self._places: dict[str, int] = {}
        """Tokens that a clip adds to a prompt, by the clip's digest."""
        self._identity = {
            "class": "transformers-video",
            "type": str(model.config.model_type),
            "revision": fingerprint_of(self.folder),
            "dtype": device.dtype,
        }

    @property
    def identity(self) -> Mapping[str, object]:
        return self._identity

    def count(self, request: Request) -> int:
        """Tokens of the whole prompt. The clip is put through the processor once; what it adds is the same beside every
        question, but for a token that may join its end to the question's first."""
        with self._lock:
            text = self._model.render(request.prompt, watched=request.clip is not None)
            words = len(self._model.encode(text))
            return words if request.clip is None else words + self._place(request.clip)

    def _place(self, clip: ClipRef) -> int:
        if clip.digest not in self._places:
            if len(self._places) > 10_000:
                self._places.clear()
            self._places[clip.digest] = self._added(_shown(clip))
        return self._places[clip.digest]

    def _added(self, clip: Shown) -> int:
        text = self._model.render(SAYING, watched=True)
        return int(self._model.inputs([text], [clip])["input_ids"].shape[1]) - len(self._model.encode(text))

    def measure(self, frames: int, height: int, width: int) -> tuple[int, int]:
        """What a clip of `frames` frames of `height` x `width` pixels comes to: the tokens that it adds to a prompt,
        and the numbers of the pictures that the model is given."""
        blank = Shown(
            np.zeros((frames, height, width, 3), np.uint8), tuple(np.linspace(0.0, LATEST, frames).round(3).tolist())
        )
        with self._lock:
            text = self._model.render(SAYING, watched=True)
            made = self._model.inputs([text], [blank])
            added = int(made["input_ids"].shape[1]) - len(self._model.encode(text))
        return added, sum(value.numel() for name, value in made.items() if name.startswith("pixel_values"))

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        self._loaded()
        clips = [_shown(request.clip) if request.clip is not None else None for request in requests]
        if self._pads and len({None if clip is None else clip.frames.shape for clip in clips}) == 1:
            return self._answer(requests, clips, seed, stopped)
        return [
            raw
            for request, clip in zip(requests, clips, strict=True)
            for raw in self._answer([request], [clip], seed, stopped)
        ]

    def _answer(
        self,
        requests: Sequence[Request],
        clips: Sequence[Shown | None],
        seed: int | None,
        stopped: Callable[[], bool],
    ) -> list[Raw]:
        from longvid.engine.backends.decoding import generate

        watched = [clip for clip in clips if clip is not None]
        with self._lock:
            texts = [self._model.render(request.prompt, watched=bool(watched)) for request in requests]
            inputs = self._placed(self._model.inputs(texts, watched))
        lengths = inputs["attention_mask"].sum(-1).tolist()
        rows = generate(
            self._weights,
            inputs,
            [request.max_tokens for request in requests],
            eos=self._model.ends,
            pad=self._model.pad,
            seed=seed,
            stopped=stopped,
        )
        with self._lock:
            texts = [without_thoughts(text_of(self._model.tokenizer, ids)) for ids, _ in rows]
        return [
            Raw(text, finish, int(length), len(ids))
            for text, (ids, finish), length in zip(texts, rows, lengths, strict=True)
        ]

    def likelihoods(self, request: Request, continuations: Sequence[str]) -> list[Likelihood]:
        from longvid.engine.backends.likelihoods import measure, tokens_after

        self._loaded()
        watched = request.clip is not None
        with self._lock:
            text = self._model.render(request.prompt, watched=watched)
            words = [tokens_after(self._model.encode, text, one) for one in continuations]
            clips = [_shown(request.clip)] if request.clip is not None else []
            inputs = self._placed(self._model.inputs([text], clips))
        return measure(self._weights, inputs, words)

    def _placed(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """`inputs` on the device; the pictures in the dtype of the weights, and nothing else: times would suffer."""
        import torch

        def moved(name: str, value: Any) -> Any:
            if not isinstance(value, torch.Tensor):
                return value
            picture = name.startswith("pixel_values") and value.is_floating_point()
            return value.to(self._weights.device, self._weights.dtype if picture else None)

        return {name: moved(name, value) for name, value in inputs.items()}

    @loads
    def _loaded(self) -> Any:
        if self._weights is None:
            from longvid.engine.backends.decoding import load

            log.info("loading %s", self.folder)
            self._weights = load(self._model.kind, self.folder, self.device)
            self._pads = self.batch == 1 or self._heeds_padding()
        return self._weights

    def _heeds_padding(self) -> bool:
        from longvid.engine.backends.decoding import heeds_padding

        blank = Shown(np.full((2, BLANK, BLANK, 3), 127, np.uint8), (0.0, 1.0))
        with self._lock:
            texts = [self._model.render(text, watched=True) for text in (SAYING, f"{SAYING} {SAYING}")]
            alone, beside = (self._placed(self._model.inputs(texts[:rows], [blank] * rows)) for rows in (1, 2))
        return heeds_padding(
            self._weights, alone, beside, eos=self._model.ends, pad=self._model.pad, dtype=self.device.dtype
        )

    def memory_needed(self, dtype: str, numbers: int, *, batch: int, tokens: int) -> int:
        """Bytes that answering `batch` prompts of `tokens` tokens, answers included, takes: an estimate from above.

        weights      parameters * w, by the headers of the files
        cache        tokens * 2 * layers * kv_heads * head_dim * w, a prompt
        prefill      tokens * (4 * hidden + 3 * intermediate) * w, a prompt
        vision       patches * (5 * width + 2 * inner) * w, a prompt, and its `numbers` of pictures in float32
        logits       vocabulary * (w + 4), a prompt

        w is the bytes of a number in `dtype`. What a configuration does not say counts as nothing.
        """
        width, config = WIDTHS[dtype], self._model.config
        text, vision = config.get_text_config(), getattr(config, "vision_config", None)
        heads = number(text, "num_attention_heads") or 0
        hidden = number(text, "hidden_size") or 0
        size = number(text, "head_dim") or (hidden // heads if heads else 0)
        cache = 2 * (number(text, "num_hidden_layers") or 0) * (number(text, "num_key_value_heads") or heads) * size
        prefill = 4 * hidden + 3 * (number(text, "intermediate_size") or 0)
        patches = numbers // (3 * (number(vision, "patch_size") or 14) ** 2)
        seen = 5 * (number(vision, "hidden_size") or 0) + 2 * (number(vision, "intermediate_size") or 0)
        logits = (number(text, "vocab_size") or 0) * (width + 4)
        each = tokens * cache * width + max(tokens * prefill, patches * seen) * width + 4 * numbers + logits
        return self._model.parameters * width + batch * each


def _shown(clip: ClipRef) -> Shown:
    """The frames of `clip` and their times. Raises FilmError where its file is missing or broken."""
    return Shown(read_clip(clip.path).frames, clip.times)
