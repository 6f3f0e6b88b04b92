"""How far answers move from full precision: the small model's captions of a generated film, in every precision.

The small model is the only trained one of this class that comes with longvid. Held against float32: the share of equal
captions, the perplexity of float32's captions, the relative error of the logits on them, and how often the most likely
token is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longvid.cogvlm2.precision import QUANTISED
from longvid.engine.prompts import CAPTION, CAPTION_TOKENS

BASE = "float32"
PRECISIONS = (BASE, "bfloat16", *QUANTISED)


@dataclass(frozen=True, slots=True)
class Distance:
    """One precision beside float32, over all chunks. `error` is |difference| / |logits|."""

    precision: str
    chunks: int
    equal: float
    perplexity: float
    error: float
    agreement: float

    def row(self) -> str:
        captions = f"equal captions {self.equal:6.1%} of {self.chunks}   perplexity {self.perplexity:.4f}"
        return f"{self.precision:<9} {captions}   logit error {self.error:.4f}   same token {self.agreement:7.2%}"


def distances(
    folder: Path, clips: Sequence[Any], advance: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Distance]:
    """The distance of each precision of the checkpoint in `folder`, on `clips` (see `longvid.film.clips.Clip`)."""
    import torch

    from longvid.cogvlm2 import CogVLM2VideoProcessor

    processor = CogVLM2VideoProcessor.from_pretrained(folder)
    truth: list[tuple[str, Any]] = []
    for at, precision in enumerate(PRECISIONS):
        model = _load(folder, precision)
        equal, losses, tokens, off, size, same = 0, 0.0, 0, 0.0, 0.0, 0
        for number, clip in enumerate(clips):
            said = _caption(model, processor, clip)
            caption = said if precision == BASE else truth[number][0]
            logits, ids = _logits(model, processor, clip, caption)
            if precision == BASE:
                truth.append((said, logits))
            wanted = truth[number][1]
            equal += said == caption
            losses += float(torch.nn.functional.cross_entropy(logits, ids, reduction="sum"))
            tokens += len(ids)
            off += float((logits - wanted).square().sum())
            size += float(wanted.square().sum())
            same += int((logits.argmax(-1) == wanted.argmax(-1)).sum())
            advance(at * len(clips) + number + 1, len(PRECISIONS) * len(clips))
        yield Distance(
            precision, len(clips), equal / len(clips), math.exp(losses / tokens), math.sqrt(off / size), same / tokens
        )


def _load(folder: Path, precision: str) -> Any:
    import torch

    from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration

    packed = next((name for name in QUANTISED if name == precision), None)
    dtype = torch.bfloat16 if packed else getattr(torch, precision)
    return CogVLM2VideoForConditionalGeneration.from_pretrained(folder, dtype=dtype, device="cpu", quantised=packed)


def _caption(model: Any, processor: Any, clip: Any) -> str:
    """The greedy caption of `clip`."""
    import torch

    made = _inputs(model, processor(CAPTION, clip.frames, times=clip.times - clip.times[0], template="chat"))
    with torch.inference_mode():
        ids = model.generate(**made, max_new_tokens=CAPTION_TOKENS, do_sample=False)
    return str(processor.decode(ids[0, made["input_ids"].shape[1] :]))


def _logits(model: Any, processor: Any, clip: Any, caption: str) -> tuple[Any, Any]:
    """Logits [tokens, vocabulary] before each token of `caption` and of its end, float32, and those tokens' ids."""
    import torch

    times = clip.times - clip.times[0]
    made = _inputs(model, processor(CAPTION, clip.frames, times=times, template="chat", answers=caption))
    labels = made.pop("labels")[0]
    told = labels != -100
    with torch.inference_mode():
        logits = model(**made).logits[0].float()
    return logits[:-1][told[1:]].clone(), labels[told]


def _inputs(model: Any, made: Any) -> dict[str, Any]:
    return {name: value.to(model.dtype) if value.is_floating_point() else value for name, value in made.items()}


@contextmanager
def film_clips(chunks: int, seed: int) -> Iterator[list[Any]]:
    """The clips of a generated film as `longvid caption` stores them, without captioning it."""
    from tempfile import TemporaryDirectory

    from longvid.film.clips import read_clip

    with TemporaryDirectory() as directory:
        folder = Path(directory)
        _read_film(folder, chunks, seed)
        yield [read_clip(path) for path in sorted(folder.rglob("*.clip"))]


def _read_film(folder: Path, chunks: int, seed: int) -> None:
    from longvid.engine.models import open_models
    from longvid.film import exact, probe, scan
    from longvid.film.clips import write_clip
    from longvid.pipeline.ingest import IngestSettings, frame_times, plan_chunks
    from longvid_benchmarks.storyfilm.folder import FILM, write
    from longvid_benchmarks.storyfilm.generator import invent

    write(invent(seed, chunks), folder, height=180, progress=lambda done, total: None)
    film = probe(folder / FILM)
    settings = IngestSettings()
    scanned = scan(film)
    planned = plan_chunks(scanned.scenes, settings)
    shrink = open_models("storyfilm-tiny", llm="none", device="cpu").transform(settings.fit)
    times = [frame_times(chunk, settings, scanned.shown) for chunk in planned]
    for number, clip in enumerate(exact(film, times, shrink)):
        write_clip(folder / f"{number:03d}.clip", clip)
