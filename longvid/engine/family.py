"""The published checkpoints of CogVLM2-Video: what is known of each before a byte of it is fetched.

One class, one set of sizes, byte for byte the same length; they differ in what they were taught, so each has the
template, the frames and the question that its makers ask it with (specification, sections 5, 7 and 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from longvid.cogvlm2.estimates import Template
from longvid.cogvlm2.geometry import Geometry
from longvid.errors import ModelError

GEOMETRY = Geometry.from_dict(
    {
        "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_multi_query_heads": 8, "max_position_embeddings": 2048,
        "bos_token_id": 128000, "eos_token_id": 128001, "pad_token_id": 128002,
        "vision_config": {
            "hidden_size": 1792, "intermediate_size": 15360, "num_hidden_layers": 63, "num_heads": 16,
            "num_positions": 257, "in_channels": 3, "image_size": 224, "patch_size": 14,
        },
    }
)  # fmt: skip
"""Sizes of all of them (specification, section 1)."""
BYTES = 25_015_065_088
"""Of the weights of each, all in bfloat16 (specification, section 9)."""


@dataclass(frozen=True, slots=True)
class Published:
    """A published checkpoint, and how its makers ask it."""

    name: str
    """Its hub id."""
    template: Template
    frames: str
    """How their demo takes frames, and the options that do the same."""
    question: str
    what: str
    """What it is for, in a few words."""
    bytes: int = BYTES
    geometry: Geometry = GEOMETRY


FAMILY = {
    one.name: one
    for one in (
        Published(
            "zai-org/cogvlm2-video-llama3-chat",
            "chat",
            "the first 24 at one a second (--sampler first); its makers advise 24 over the whole clip for longer ones",
            "Please describe the video in detail.",
            "answers questions and describes; the default",
        ),
        Published(
            "zai-org/cogvlm2-video-llama3-base",
            "base",
            "24 over the whole clip (--sampler uniform, the default)",
            "none: it goes on with the text that it is given",
            "not taught to answer: for fine-tuning",
        ),
        Published(
            "zai-org/cogvlm2-llama3-caption",
            "chat",
            "the first 24 at one a second (--sampler first)",
            "Please describe this video in detail.",
            "CogVideoX's captioner: one long description a clip",
        ),
    )
}


def published(model: str) -> Published | None:
    """The published checkpoint that is called `model`, by its hub id."""
    return FAMILY.get(model)


def template_of(model: str) -> Template:
    """The template that the name of `model`, a hub id or a folder, stands for: `chat` where it says nothing.

    The innermost folder that names one decides; the configurations do not, for all published ones say `base`.
    """
    for part in reversed(PurePath(model).parts):
        for one in FAMILY.values():
            if one.name.partition("/")[2] in part.lower():
                return one.template
    return "chat"


def resolve_template(model: str, template: str) -> Template:
    """The prompt template for `model`, where `auto` goes by its name."""
    if template == "auto":
        return template_of(model)
    if template not in ("chat", "base", "vqa"):
        raise ModelError(f"there is no template {template!r}; choose auto, chat, base or vqa")
    return template  # type: ignore[return-value]
