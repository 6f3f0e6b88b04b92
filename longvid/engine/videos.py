"""Opening a video model of transformers: which folders hold one, whether it fits, and how long its answers may be.

Sizes are those of its own processor, asked once with blank frames: no arithmetic of ours says how many tokens a clip
takes. Loads no weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.geometry import read_json
from longvid.cogvlm2.precision import QUANTISED
from longvid.engine import sizing
from longvid.engine.catalog import folder_of, is_cogvlm2
from longvid.engine.device import Device
from longvid.engine.pictures import DEFAULT_PIXELS, PixelBudget, require_clip
from longvid.engine.prompts import CAPTION, CAPTION_TOKENS, EVENTS, EVENTS_TOKENS
from longvid.engine.request import Request
from longvid.engine.watcher import Watcher
from longvid.errors import ModelError

if TYPE_CHECKING:
    from longvid.engine.backends.video import VideoBackend

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
) -> Watcher[VideoBackend]:
    """Judge the video model in `folder`, called `model`, for clips of `frames` frames of at most `pixels` pixels.

    Raises ModelError where it is broken, where torchvision is missing, where it does not fit into the memory of `place`
    or a clip into its context: one line with sizes and remedies.
    """
    from longvid.engine.backends.multimodal import read_multimodal
    from longvid.engine.backends.video import VideoBackend

    if place.dtype in QUANTISED:
        raise ModelError(f"{place.dtype} is for CogVLM2-Video checkpoints; give {model} --dtype {place.half}")
    require_clip(frames, pixels or DEFAULT_PIXELS)
    place = replace(place, dtype=place.compute)
    try:
        judged = read_multimodal(folder)
    except CheckpointError as error:
        raise ModelError(str(error)) from error
    backend = VideoBackend(judged, device=place, batch=1, pictures=PixelBudget(pixels or DEFAULT_PIXELS))
    clip = measure(backend, frames)
    caption, events = (
        min(longest, backend.context - backend.count(Request("ask", prompt, longest)) - round(SLACK * clip.tokens))
        for prompt, longest in ((CAPTION, CAPTION_TOKENS), (EVENTS, EVENTS_TOKENS))
    )
    if caption < 1:
        raise ModelError(
            f"{frames} frames take {clip.tokens} of {model}'s {backend.context} tokens, which leaves no room for an "
            "answer; choose fewer --frames or --pixels"
        )
    fits = partial(clip.needed, backend, place.dtype)
    sizing.check_fits(model, fits(batch=batch or 1), place)
    backend.batch = batch or sizing.batch(fits, place, judged.parameters)
    return Watcher(backend, judged.parameters, fits, caption, max(0, events))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a clip comes to, by the model's own processor."""

    tokens: int
    """That it adds to a prompt."""
    numbers: int
    """Of its pictures, as the model is given them."""

    def needed(self, backend: VideoBackend, dtype: str, *, batch: int) -> int:
        """Bytes that `batch` calls about such clips take in `dtype`, weights included."""
        tokens = min(backend.context, round(SLACK * self.tokens) + CAPTION_TOKENS + EVENTS_TOKENS)
        return backend.memory_needed(dtype, self.numbers, batch=batch, tokens=tokens)


def measure(backend: VideoBackend, frames: int) -> Measured:
    """What a clip of `frames` frames of an ordinary film comes to."""
    return Measured(*backend.measure(frames, *backend.image_size.size(HEIGHT, WIDTH)))


def find_here(model: str) -> Path | None:
    """The folder of `model` if it lies on this machine and is a video model of transformers."""
    try:
        folder = folder_of(model, download=False)
    except CheckpointError:
        return None
    return folder if is_video(folder) else None


def sizes(model: str, folder: Path, frames: int, pixels: int | None) -> tuple[int, int, dict[str, int]]:
    """Of the video model in `folder`, called `model`: its context and the tokens of a clip, and the bytes that one call
    takes, by dtype. Raises ModelError as `open_video` does, but for memory."""
    from longvid.engine.backends.video import WIDTHS

    anywhere = Device("cpu", "float32", 1 << 62, "CPU")
    backend = open_video(model, folder, anywhere, batch=1, frames=frames, pixels=pixels).backend
    clip = measure(backend, frames)
    return backend.context, clip.tokens, {dtype: clip.needed(backend, dtype, batch=1) for dtype in WIDTHS}


def require_no_labels(model: str, template: str, label: str | None) -> None:
    """Raise ModelError where a template or a label is asked for: `model` has those that it was made with."""
    for option, value, usual in (("--template", template, ("auto",)), ("--label", label, (None, "index"))):
        if value not in usual:
            raise ModelError(f"{model} has a chat template and time words of its own; leave out {option}")
