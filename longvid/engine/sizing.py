"""What fits where: calls run together, threads, memory, and the tokens that an answer may have beside a clip.

Knows sizes alone, of a checkpoint and of the device; opens no weights. Captioner and LLM lie in memory at once, each
with its weights; calls are answered by one of them at a time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from longvid.cogvlm2.checkpoint import CheckpointReport
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.estimates import Label, Template, clip_tokens
from longvid.engine.backends.files import is_files
from longvid.engine.backends.none import FORMERLY, NONE
from longvid.engine.catalog import folder_of, is_folder
from longvid.engine.device import Device, gigabytes
from longvid.engine.prompts import CAPTION, CAPTION_TOKENS, EVENTS, EVENTS_TOKENS
from longvid.errors import ModelError

if TYPE_CHECKING:
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend

CPU_BATCH, MOST_BATCH = 4, 32
"""Calls run together: on a CPU a few share each read of the weights; beyond 32 a GPU's decoding gains little."""
SMALL, SMALL_BATCH = 100_000_000, 16
"""Weights up to which a CPU is busier with the steps around the products than with these, and the calls it then runs
together: a caption of the bundled model takes 0.067 s in sixteens and 0.117 s in fours (docs/results/tiny-model.md)."""
LATEST_LABEL = 9999.0
"""Seconds; no frame of a chunk has a longer label."""
MOST_CONTEXT = 32_768
"""Tokens of an LLM's context beyond which nothing is counted, for no prompt is longer."""
PROMPT_MARGIN = 16
"""Tokens kept free beside the caption's question for the template around it."""


def threads(place: Device, parameters: int) -> int | None:
    """One for a small model, unless the user says how many; None leaves it to torch.

    Its products are too small to share: on two cores the demo's film takes 9.1 to 9.4 s with two threads and 9.3 to
    10.1 s with one while nothing else runs; beside a program that keeps one core busy 21.6 s and 10.8 s, since each
    thread waits for the other.
    """
    small = not place.is_cuda and parameters <= SMALL
    return 1 if small and "OMP_NUM_THREADS" not in os.environ else None


def batch(fits: Callable[..., int], place: Device, parameters: int) -> int:
    """Calls run together: on a GPU the largest power of two of calls that fits into nine tenths of the free memory."""
    if not place.is_cuda:
        return SMALL_BATCH if parameters <= SMALL else CPU_BATCH
    return _fitting(fits, place)


def _fitting(fits: Callable[..., int], place: Device) -> int:
    calls = 1
    while calls * 2 <= MOST_BATCH and fits(batch=calls * 2) <= 0.9 * place.free:
        calls *= 2
    return calls


def beside(place: Device, folder: Path | None) -> Device:
    """`place` with the memory that is left beside the weights of the checkpoint in `folder`, by the size of its files.

    Files may hold smaller numbers than are computed with: in float32 each is taken for one of two bytes.
    """
    if folder is None:
        return place
    stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    return replace(place, free=max(0, place.free - stored * (2 if place.dtype == "float32" else 1)))


def weights_of(llm: str | None, model: str, place: Device) -> int:
    """Bytes that the weights of `llm` take of `place`, by the size of its files, where it is another than `model` and
    lies on this machine; 0 for what takes none, and for what is yet to be fetched."""
    if llm in (None, NONE, FORMERLY, model) or is_files(str(llm)) or ("://" in str(llm)):
        return 0
    try:
        folder = folder_of(str(llm), download=False)
        if is_folder(model, folder):
            return 0
    except CheckpointError:
        return 0
    return place.free - beside(place, folder).free


def llm_batch(folder: Path, place: Device) -> int:
    """Prompts that a causal language model in `folder` answers together, by its weights and the keys and values that a
    prompt as long as its context keeps; one where its config.json does not say how large those are."""
    if not place.is_cuda:
        return CPU_BATCH
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        heads = int(config["num_attention_heads"])
        size = int(config.get("head_dim") or config["hidden_size"] // heads)
        kept = 2 * int(config["num_hidden_layers"]) * int(config.get("num_key_value_heads") or heads) * size
        prompt = (
            kept * min(int(config["max_position_embeddings"]), MOST_CONTEXT) * (4 if place.dtype == "float32" else 2)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ZeroDivisionError):
        return 1

    def fits(*, batch: int) -> int:
        return batch * prompt

    return min(MOST_BATCH // 2, _fitting(fits, beside(place, folder)))


def check_fits(name: str, needed: int, place: Device) -> None:
    """Raises ModelError, with sizes and remedies, where the `needed` bytes of `name` are not free on `place`."""
    if needed <= place.free:
        return
    others = []
    if place.dtype == "float32" and needed // 2 <= place.free:
        others.append("--dtype bfloat16, which halves it")
    if place.is_cuda:
        others.append("--device cpu")
    others.append("a smaller --model, or a machine with more memory")
    raise ModelError(
        f"{name} needs {gigabytes(needed)} in {place.dtype} and {place.title} has {gigabytes(place.free)} free; "
        f"try {', or '.join(others)}"
    )


def caption_tokens(report: CheckpointReport, template: Template, label: Label, frames: int) -> int:
    """Length of a caption that fits beside the clip with any tokenizer: a character is a token at worst.

    Raises ModelError where not one token fits.
    """
    geometry = report.geometry
    # A label can be two tokens in a small tokenizer.
    labels = frames if template == "chat" else 0
    used = clip_tokens(frames, geometry.image_size, template, label) + labels + len(CAPTION) + PROMPT_MARGIN
    room = geometry.max_position_embeddings - used
    if room < 1:
        raise ModelError(f"{frames} frames leave no room for an answer in {geometry.max_position_embeddings} tokens")
    return min(CAPTION_TOKENS, room)


def events_tokens(captioner: CogVLM2Backend, frames: int) -> int:
    """Length of an answer in event lines that fits beside the clip; 0 where the question itself leaves no room."""
    used = captioner.processor.count(
        EVENTS, num_frames=frames, times=[LATEST_LABEL] * frames, template=captioner.template, label=captioner.label
    )
    return max(0, min(EVENTS_TOKENS, captioner.context - used))
