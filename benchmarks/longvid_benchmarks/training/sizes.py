"""The sizes of the small models, and a blank checkpoint of them in the official layout.

A frame of 56 pixels is 16 patches, so 4 + 2 tokens and a label; 24 of them with a question are about 190 tokens. At 56
pixels all signs of StoryFilm can still be read (glyphs of five pixels, marks, figures in bubbles); larger frames cost
more than they show. Measured with one thread of a server's core (AVX-512, torch 2.13, float32), a training step on
whole clips with answers of 70 tokens, a tower of 3 x 128 and a decoder of 4 x 192:

    pixels / patch    tokens a frame    clips a second
    56 / 14                  6                11
    84 / 14                 11                 4
    56 / 7                  18                 1.3
    56 / 14, tower 4 x 192, decoder 4 x 256    3.5

(Other work went on beside the last three.) 60 % of a step are matrix products at about 80 GFLOP/s a core, so bfloat16
autocast gained 10 % and nothing else anything. A single frame with one sentence costs a tenth of a clip.

Two models and not one: an LLM's prompts are long and have no frames, what it learns would be unlearnt while
perception goes on, and the bundle has room for both. In bfloat16: captioner 3.5 M weights, 7.0 MB; LLM 5.8 M weights,
11.6 MB; the limit is 25 MB. Knows the tokenizer, not the examples.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longvid_benchmarks.claiming import made_whole
from longvid_benchmarks.training.example import Role
from longvid_benchmarks.training.words import write_tokenizer

IMAGE = 56
"""Pixels of a frame's side."""
PATCH = 14
CONTEXT = 2048
"""Tokens, as published."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Widths and depths; the inner layers of the tower and of the decoder are as wide as they say."""

    hidden: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    vision: int
    vision_inner: int
    vision_layers: int
    vision_heads: int


SIZES: dict[Role, Sizes] = {
    "captioner": Sizes(192, 512, 4, 6, 3, 128, 512, 4, 4),
    # The layout has a tower; an LLM's is as small as can be and never used.
    "llm": Sizes(256, 704, 6, 8, 4, 16, 16, 1, 1),
}


def config(role: Role, vocabulary: int) -> dict[str, Any]:
    """The official config.json of the model for `role` with so many tokens; the last three are the special ones."""
    of = SIZES[role]
    return {
        "architectures": ["CogVLMVideoForCausalLM"],
        "bos_token_id": vocabulary - 3,
        "eos_token_id": vocabulary - 2,
        "pad_token_id": vocabulary - 1,
        "hidden_act": "silu",
        "hidden_size": of.hidden,
        # Wider than the published 0.02: a narrow model learns nothing for long if it begins so near to zero.
        "initializer_range": 0.06,
        "intermediate_size": of.inner,
        "max_position_embeddings": CONTEXT,
        "num_attention_heads": of.heads,
        "num_hidden_layers": of.layers,
        "num_multi_query_heads": of.kv_heads,
        "rms_norm_eps": 1e-05,
        # The published table, in bfloat16, cannot tell neighbours apart above position 256: copying needs them.
        "rotary_table": "float32",
        "template_version": "chat",
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "use_cache": True,
        "vision_config": {
            "dropout_prob": 0.0,
            "hidden_act": "gelu",
            "hidden_size": of.vision,
            "image_size": IMAGE,
            "in_channels": 3,
            "intermediate_size": of.vision_inner,
            "layer_norm_eps": 1e-06,
            "num_heads": of.vision_heads,
            "num_hidden_layers": of.vision_layers,
            "num_positions": (IMAGE // PATCH) ** 2 + 1,
            "patch_size": PATCH,
        },
        "vocab_size": vocabulary,
    }


def write_blank(folder: Path, role: Role, seed: int) -> None:
    """Write a checkpoint with random weights and its tokenizer into `folder`, which is made."""
    import torch
    from transformers.utils.logging import disable_progress_bar

    from longvid.cogvlm2 import CogVLM2VideoConfig, CogVLM2VideoForConditionalGeneration

    disable_progress_bar()
    with made_whole(folder) as new:
        made = config(role, write_tokenizer(new))
        (new / "config.json").write_text(json.dumps(made), encoding="utf-8")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model: Any = CogVLM2VideoForConditionalGeneration(CogVLM2VideoConfig.from_folder(new))
        for layer in model.model.layers:
            # The weights are bundled in bfloat16: training has to see the positions that will be seen then.
            frequencies = layer.self_attn.rotary_emb.inv_freq
            frequencies.copy_(frequencies.to(torch.bfloat16))
        model.save_pretrained(new)
