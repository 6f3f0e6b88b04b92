"""Vision, prefill and decoding apart: seconds of each, for several clips at once. Knows no clip on disk.

Random numbers stand for pictures: how long a product takes does not depend on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from longvid_benchmarks.engine import work
from longvid_benchmarks.engine.ceilings import seconds

if TYPE_CHECKING:
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend

Stage = Literal["vision", "prefill", "decode"]
STEPS = 16
"""Tokens of every row that are decoded to time one."""


@dataclass(frozen=True, slots=True)
class Timed:
    """The fastest round of a stage; of decoding, the fastest step."""

    stage: Stage
    batch: int
    seconds: float
    work: float
    """Operations, or bytes in decoding."""

    @property
    def rate(self) -> float:
        return self.work / self.seconds


def stages(
    backend: CogVLM2Backend, batches: Sequence[int], frames: int, rounds: int, advance: Callable[[], None]
) -> list[Timed]:
    """All stages for each of `batches`, in turns, so that what else the machine does falls on all alike."""
    import torch

    model = backend._loaded()
    geometry = model.config.geometry
    width = torch.finfo(model.dtype).bits // 8
    layout = backend.processor.layout("What happens?", num_frames=frames, template="chat")
    tokens = len(layout.input_ids)
    best: dict[tuple[Stage, int], float] = {}
    with torch.inference_mode():
        for _ in range(rounds):
            for batch in batches:
                for stage, taken in _round(model, layout.input_ids, layout.token_type_ids, batch, frames):
                    best[stage, batch] = min(taken, best.get((stage, batch), taken))
                advance()

    def of(stage: Stage, batch: int) -> float:
        if stage == "vision":
            return work.vision(geometry, frames * batch)
        if stage == "prefill":
            return work.prefill(geometry, batch, tokens)
        return work.step(geometry, batch, tokens + STEPS // 2, width)

    return [Timed(stage, batch, taken, of(stage, batch)) for (stage, batch), taken in best.items()]


def _round(model: Any, ids: list[int], types: list[int], batch: int, frames: int) -> Iterator[tuple[Stage, float]]:
    import torch

    from longvid.engine.backends.prefilling import Prompt, fill
    from longvid.engine.backends.prefixes import Prefixes
    from longvid.engine.backends.rows import Rows
    from longvid.engine.budget import NOTHING
    from longvid_benchmarks.engine.endless import Endless

    side = model.config.vision.image_size
    pixels = torch.randn(frames, 3, side, side, device=model.device).to(model.dtype)
    features: list[Any] = []
    encode = model.model.encode_frames

    def keep(given: Any) -> Any:
        features[:] = [encode(given)]
        return features[0]

    yield "vision", seconds(lambda: keep(pixels.repeat(batch, 1, 1, 1)), model.device)
    nothing = Prefixes(NOTHING, model.device)
    prompts = [Prompt(ids, types, len(ids) - 1, number, lambda: pixels) for number in range(batch)]
    model.model.encode_frames = lambda given: features[0]
    try:
        yield "prefill", seconds(lambda: list(fill(model, prompts, nothing, None)), model.device)
        rows = Rows(model, batch, ends=[], rotary_table=None, seed=None)
        rows.enter([Endless(number, prompt, STEPS + 1, None) for number, prompt in enumerate(prompts)], nothing)
    finally:
        del model.model.encode_frames
    each = rows.steps
    yield "decode", min(seconds(rows.go_on, model.device) / each for _ in range(STEPS // each))
