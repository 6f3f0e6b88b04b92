"""CogVLM2-Video behind the engine: questions about clips, and writing, by one model on one device.

The tokenizer is read at once, since prompts are counted before the first call; the weights when the first answer is
needed, so that a run whose answers are all stored loads none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.cogvlm2 import CogVLM2VideoProcessor
from longvid.cogvlm2.errors import PromptTooLong
from longvid.cogvlm2.estimates import Label, Template
from longvid.cogvlm2.precision import QUANTISED
from longvid.engine.backends.folders import quiet_transformers
from longvid.engine.budget import NOTHING, Budget
from longvid.engine.catalog import Whole
from longvid.engine.device import Device
from longvid.engine.feed import Feed, Listed
from longvid.engine.likelihood import Likelihood
from longvid.engine.memory import loads, shortage
from longvid.engine.request import Raw, Request
from longvid.film import read_clip

if TYPE_CHECKING:
    from longvid.engine.backends.prefilling import Prompt
    from longvid.engine.backends.prefixes import Prefixes
    from longvid.engine.backends.rows import Row

WRITING_ROTARY = "float32"
"""Table of positions for prompts without frames. The published bf16 one tells positions above 256 apart only in steps
of 2, above 512 of 4 (specification, section 4.3); with frames it is what the model was most likely trained with."""

log = logging.getLogger(__name__)


class CogVLM2Backend:
    """Implements `Backend` for requests with and without a clip."""

    def __init__(
        self,
        folder: Path,
        *,
        whole: Whole | None = None,
        fingerprint: str,
        device: Device,
        template: Template,
        label: Label,
        batch: int,
        threads: int | None = None,
        budget: Budget = NOTHING,
    ) -> None:
        """`folder` is what was named; `whole` the checkpoint and the adapters that it stands for, if not itself.
        `budget`: what may be kept of clips for the next question about them."""
        self.folder, self.device, self.batch, self.threads = folder, device, batch, threads
        self._whole = whole or Whole(folder)
        self.template, self.label = template, label
        self.budget = budget
        self.processor = CogVLM2VideoProcessor.from_pretrained(self._whole.folder)
        self.context = self.processor.max_length
        self._model: Any = None
        self._prefixes: Prefixes | None = None
        self._counts: dict[tuple[str, tuple[float, ...]], int] = {}
        self._identity: dict[str, object] = {
            "class": "cogvlm2-video",
            "revision": fingerprint,
            "dtype": device.dtype,
            "rotary": ["published", WRITING_ROTARY],
            "template": template,
            "label": label,
        }
        if device.dtype in QUANTISED:
            # The name of a precision says what is packed, and how; what it is unpacked to decides answers too.
            self._identity["computes"] = device.compute

    @property
    def identity(self) -> Mapping[str, object]:
        return self._identity

    @property
    def image_size(self) -> int:
        """Side of the model's picture in pixels."""
        return self.processor.image_size

    def count(self, request: Request) -> int:
        times = request.clip.times if request.clip is not None else ()
        known = (request.prompt, times)
        if known not in self._counts:
            # Strategies count the same sources again and again; a film's worth of them is small.
            if len(self._counts) > 10_000:
                self._counts.clear()
            self._counts[known] = self.processor.count(
                request.prompt, num_frames=len(times), times=times, template=self.template, label=self.label
            )
        return self._counts[known]

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        found: dict[int, Raw] = {}
        for watching in (True, False):
            numbers = [number for number, one in enumerate(requests) if (one.clip is not None) == watching]
            feed = Listed([requests[number] for number in numbers], stopped)
            if numbers:
                self.stream(feed, len(numbers), watching=watching, seed=seed)
            found |= zip(numbers, feed.answers(), strict=True)
        return [found[number] for number in range(len(requests))]

    def stream(self, feed: Feed, rows: int, *, watching: bool, seed: int | None = None) -> None:
        import torch

        from longvid.engine.backends.rows import Rows, serve

        model = self._loaded()

        def give(ended: Sequence[Row]) -> None:
            feed.give([(row.ticket, self._raw(row)) for row in ended])

        table = None if watching else WRITING_ROTARY
        prefixes = self._kept(model)
        try:
            with with_threads(self.threads), torch.inference_mode():
                made = Rows(model, rows, ends=[self.processor.eos_token_id], rotary_table=table, seed=seed)
                serve(made, feed, prefixes, self._prompt, give, seed)
        except Exception as error:
            if shortage(error) is not None:
                # There is to be more of it for a smaller batch.
                prefixes.clear()
            raise

    def _kept(self, model: Any) -> Prefixes:
        """What was computed of clips before."""
        if self._prefixes is None:
            from longvid.engine.backends.prefixes import Prefixes

            self._prefixes = Prefixes(self.budget, model.device)
        return self._prefixes

    def _prompt(self, request: Request) -> Prompt:
        from longvid.engine.backends.prefilling import Prompt

        clip = request.clip
        times = () if clip is None else clip.times
        lay_out = partial(
            self.processor.layout, num_frames=len(times), times=times, template=self.template, label=self.label
        )
        made = lay_out(request.prompt)
        if len(made.input_ids) > self.context:
            raise PromptTooLong(len(made.input_ids), self.context)
        if clip is None:
            return Prompt(made.input_ids, made.token_type_ids, 0, None, _no_frames)
        head = len(lay_out(None).input_ids)
        path = clip.path
        return Prompt(
            made.input_ids,
            made.token_type_ids,
            head,
            (clip.digest, clip.times),
            lambda: self.processor.frames(read_clip(path).frames),
        )

    def _raw(self, row: Row) -> Raw:
        return Raw(self.processor.decode(row.ids), row.finish or "length", len(row.prompt.ids), len(row.ids))

    def likelihoods(self, request: Request, continuations: Sequence[str]) -> list[Likelihood]:
        from longvid.cogvlm2.prompts import prompt_text
        from longvid.engine.backends.likelihoods import measure, tokens_after

        encode = partial(self.processor.tokenizer.encode, add_special_tokens=False)
        text = prompt_text(request.prompt, (), self.template)
        words = [tokens_after(encode, text, one) for one in continuations]
        model = self._loaded()
        with with_threads(self.threads):
            return measure(model, self._inputs(model, [request]), words)

    def _inputs(self, model: Any, requests: Sequence[Request]) -> dict[str, Any]:
        """What `model` is given of `requests`, on its device, padded on the left."""
        clips = [request.clip for request in requests]
        made = self.processor(
            [request.prompt for request in requests],
            clips=[clip and read_clip(clip.path).frames for clip in clips],
            times=[clip and clip.times for clip in clips],
            template=self.template,
            label=self.label,
        )
        inputs = {
            name: value.to(model.device, model.dtype) if value.is_floating_point() else value.to(model.device)
            for name, value in made.items()
        }
        return inputs if any(clips) else {**inputs, "rotary_table": WRITING_ROTARY}

    @loads
    def _loaded(self) -> Any:
        if self._model is None:
            import torch

            from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration

            quiet_transformers()
            log.info("loading %s", self.folder)
            packed = next((precision for precision in QUANTISED if precision == self.device.dtype), None)
            model: Any = CogVLM2VideoForConditionalGeneration.from_pretrained(
                self._whole.folder,
                adapters=self._whole.adapters,
                dtype=getattr(torch, self.device.compute),
                local_files_only=True,
                device=self.device.name,
                quantised=packed,
                streamed=self.device.streamed,
                waiting_layers=self.device.waiting_layers,
            )
            self._model = model.eval()
        return self._model


def _no_frames() -> Any:
    raise ValueError("a prompt without a clip has no frames")


@contextmanager
def with_threads(number: int | None) -> Iterator[None]:
    """Within it torch computes with so many threads of the CPU; None changes nothing."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
