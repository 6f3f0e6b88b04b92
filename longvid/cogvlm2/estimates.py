"""How many tokens a clip takes, from numbers alone.

Knows no tokenizer: a label counts as one token, which the Llama-3 tokenizer keeps for every whole number up to 999
(specification, section 1). The exact count of a prompt is `CogVLM2VideoProcessor.count`.
"""

from __future__ import annotations

from typing import Literal

Template = Literal["chat", "base", "vqa"]
Label = Literal["index", "seconds", "none"]

TEMPLATES: tuple[Template, ...] = ("chat", "base", "vqa")
LABELS: tuple[Label, ...] = ("index", "seconds")
"""What may be written after a frame; `none` writes nothing, as models are asked that ms-swift trained."""

PATCH = 14
"""Side of a vision patch in pixels, as published."""


def tokens_per_frame(image_size: int, patch_size: int = PATCH) -> int:
    """Tokens that one frame takes: the grid after the 2x2 convolution, and two markers (specification, section 5).

    Args:
        image_size: side of a frame in pixels, a multiple of two patches (28 as published).

    Raises:
        ValueError: `image_size` is not a positive multiple of two patches.
    """
    if image_size <= 0 or image_size % (2 * patch_size):
        raise ValueError(f"image_size {image_size} is not a positive multiple of {2 * patch_size}")
    return (image_size // (2 * patch_size)) ** 2 + 2


def clip_tokens(num_frames: int, image_size: int = 224, template: Template = "chat", label: Label = "index") -> int:
    """Tokens of a prompt up to its text: the start token, the frames and their labels.

    24 frames at 224 pixels take 1609 in the chat template and 1585 in the others; 0 frames take 1.

    Raises:
        ValueError: a negative number of frames, or an unknown template, label or image size.
    """
    if num_frames < 0:
        raise ValueError(f"num_frames {num_frames} is negative")
    if template not in TEMPLATES:
        raise ValueError(f"template {template!r} is none of {', '.join(TEMPLATES)}")
    if label not in (*LABELS, "none"):
        raise ValueError(f"label {label!r} is none of {', '.join(LABELS)}")
    labels = num_frames if template == "chat" and label != "none" else 0
    return 1 + num_frames * tokens_per_frame(image_size) + labels
