"""Opening a video model of transformers: which folders hold one, whether it fits, and how long its answers may be.

Sizes are those of its own processor, asked once with blank frames: no arithmetic of ours says how many tokens a clip
takes. Loads no weights.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.geometry import read_json
from longvid.engine import sizing
from longvid.engine.catalog import is_cogvlm2
from longvid.engine.device import Device
from longvid.engine.pictures import DEFAULT_PIXELS, PixelBudget
from longvid.engine.prompts import CAPTION, CAPTION_TOKENS, EVENTS, EVENTS_TOKENS
from longvid.engine.request import Request
from longvid.engine.watcher import Watcher
from longvid.errors import ModelError

HEIGHT, WIDTH = 1080, 1920
"""Pixels of the film's frames for which a clip is measured; one of another shape differs by little."""
SLACK = 1.1
"""How much more than measured a clip of another shape may take."""


def is_video(folder: Path) -> bool:
    """Whether the checkpoint in `folder` is for transformers to open, by its config.json alone: it names a type of
    model, and is no CogVLM2-Video."""
    try:
        kind = read_json(folder / "config.json").get("model_type")
    except CheckpointError:
        return False
    return isinstance(kind, str) and not is_cogvlm2(folder)


def watches_video(folder: Path) -> bool:
    """Whether the checkpoint in `folder` is of a type that takes video."""
    from longvid.engine.backends.multimodal import is_multimodal

    return is_video(folder) and is_multimodal(read_json(folder / "config.json"))


def open_video(
    model: str, folder: Path, place: Device, *, batch: int | None, frames: int = 24, pixels: int | None = None
) -> Watcher:
    """Judge the video model in `folder`, called `model`, for clips of `frames` frames of at most `pixels` pixels.

    Raises ModelError where it is broken, where torchvision is missing, where it does not fit into the memory of `place`
    or a clip into its context: one line with sizes and remedies.
    """
    from longvid.engine.backends.multimodal import read_multimodal
    from longvid.engine.backends.video import VideoBackend

    try:
        judged = read_multimodal(folder)
    except CheckpointError as error:
        raise ModelError(str(error)) from error
    pictures = PixelBudget(pixels or DEFAULT_PIXELS)
    backend = VideoBackend(judged, device=place, batch=1, pictures=pictures)
    added, numbers = backend.measure(frames, *pictures.size(HEIGHT, WIDTH))
    caption, events = (
        min(longest, backend.context - backend.count(Request("ask", prompt, longest)) - round(SLACK * added))
        for prompt, longest in ((CAPTION, CAPTION_TOKENS), (EVENTS, EVENTS_TOKENS))
    )
    if caption < 1:
        raise ModelError(
            f"{frames} frames take {added} of {model}'s {backend.context} tokens, which leaves no room for an answer; "
            "choose fewer --frames or --pixels"
        )
    tokens = min(backend.context, round(SLACK * added) + CAPTION_TOKENS + EVENTS_TOKENS)
    fits = partial(backend.memory_needed, place.dtype, numbers, tokens=tokens)
    sizing.check_fits(model, fits(batch=batch or 1), place)
    backend.batch = batch or sizing.batch(fits, place, judged.parameters)
    return Watcher(backend, judged.parameters, fits, caption, max(0, events))


def require_no_labels(model: str, template: str, label: str | None) -> None:
    """Raise ModelError where a template or a label is asked for: `model` has those that it was made with."""
    for option, value, usual in (("--template", template, ("auto",)), ("--label", label, (None, "index"))):
        if value not in usual:
            raise ModelError(f"{model} has a chat template and time words of its own; leave out {option}")
