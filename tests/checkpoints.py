"""Small random checkpoints in the official layout, for every test that needs a model.

    from tests.checkpoints import make_checkpoint

    folder = make_checkpoint(tmp_path / "model", seed=1)
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    processor = CogVLM2VideoProcessor.from_pretrained(folder)

The words a random model writes mean nothing, but everything else is real: config.json without model_type, official
tensor names, an index over several shards, a byte-level BPE tokenizer of 370 tokens with the Llama-3 rules: 360 begins
a text, 361 ends one, 362 is the placeholder; "0".."19" are one token each, "20".."23" are two. The model's vocabulary
is 384, so it can write the ids 370..383, which decode to nothing.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from longvid.cogvlm2.geometry import Geometry

TOKENIZER = Path(__file__).parent / "data" / "tokenizer"


def small_config(
    *,
    image_size: int = 56,
    hidden: int = 64,
    intermediate: int = 96,
    layers: int = 2,
    heads: int = 4,
    kv_heads: int = 2,
    vision_hidden: int = 32,
    vision_intermediate: int = 64,
    vision_layers: int = 2,
    vision_heads: int = 2,
    max_position_embeddings: int = 2048,
    dtype: torch.dtype = torch.float32,
) -> dict[str, Any]:
    """An official config.json of a small model."""
    return {
        "architectures": ["CogVLMVideoForCausalLM"],
        "bos_token_id": 360,
        "eos_token_id": 361,
        "pad_token_id": 362,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "initializer_range": 0.02,
        "intermediate_size": intermediate,
        "max_position_embeddings": max_position_embeddings,
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "num_multi_query_heads": kv_heads,
        "rms_norm_eps": 1e-05,
        "template_version": "base",
        "tie_word_embeddings": False,
        "torch_dtype": str(dtype).removeprefix("torch."),
        "use_cache": True,
        "vision_config": {
            "dropout_prob": 0.0,
            "hidden_act": "gelu",
            "hidden_size": vision_hidden,
            "image_size": image_size,
            "in_channels": 3,
            "intermediate_size": vision_intermediate,
            "layer_norm_eps": 1e-06,
            "num_heads": vision_heads,
            "num_hidden_layers": vision_layers,
            "num_positions": (image_size // 14) ** 2 + 1,
            "patch_size": 14,
        },
        "vocab_size": 384,
    }


def make_checkpoint(
    folder: Path,
    *,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    shards: int = 2,
    tokenizer: bool = True,
    **sizes: Any,
) -> Path:
    """Write a random checkpoint and return its folder.

    Args:
        folder: made if absent.
        seed: of the weights.
        dtype: of all stored tensors, as in the published checkpoint, rotary frequencies included.
        shards: number of safetensors files; 1 writes no index.
        tokenizer: copy the small tokenizer too.
        sizes: for `small_config`: image_size (a multiple of 28), hidden, layers, max_position_embeddings and so on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = small_config(dtype=dtype, **sizes)
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    generator = torch.Generator().manual_seed(seed)
    weights: dict[str, torch.Tensor] = {}
    for name, shape in Geometry.from_dict(config).tensors().items():
        if name.endswith("inv_freq"):
            steps = torch.arange(shape[0], dtype=torch.float32)
            value = 500_000.0 ** (-steps / shape[0])
        else:
            # Wide enough that greedy answers vary and their margins are not lost in rounding.
            value = torch.randn(shape, generator=generator) * (0.5 if len(shape) < 2 else 1.5 / shape[-1] ** 0.5)
            if name.endswith("norm.weight") or name.endswith("norm1.weight"):
                value = 1 + 0.2 * value
        weights[name] = value.to(dtype)
    write_shards(folder, weights, shards)
    if tokenizer:
        for path in TOKENIZER.iterdir():
            shutil.copyfile(path, folder / path.name)
    return folder


def write_shards(folder: Path, weights: dict[str, torch.Tensor], shards: int) -> None:
    """Write tensors as one file, or as several with their index, in the order given."""
    if shards == 1:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = list(weights)
    each = -(-len(names) // shards)
    index: dict[str, str] = {}
    for number in range(shards):
        part = names[number * each : (number + 1) * each]
        file = f"model-{number + 1:05d}-of-{shards:05d}.safetensors"
        save_file({name: weights[name] for name in part}, folder / file, metadata={"format": "pt"})
        index |= dict.fromkeys(part, file)
    total = sum(tensor.numel() * tensor.element_size() for tensor in weights.values())
    content = {"metadata": {"total_size": total}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(content), encoding="utf-8")


def make_adapter(
    folder: Path, base: Path, modules: list[str], *, rank: int = 4, alpha: float = 16.0, seed: int = 0, **more: Any
) -> Path:
    """Write a random LoRA adapter of these modules of the checkpoint in `base`, as PEFT and ms-swift lay it out.

    `more` goes into its adapter_config.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    said = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": str(base), "r": rank,
        "lora_alpha": alpha, "lora_dropout": 0.05, "bias": "none", "target_modules": modules,
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(said | more), encoding="utf-8")
    shapes = Geometry.from_dict(json.loads((base / "config.json").read_text(encoding="utf-8"))).tensors()
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for module in modules:
        out, into = shapes[f"{module}.weight"]
        for side, shape in (("A", (rank, into)), ("B", (out, rank))):
            tensors[f"base_model.model.{module}.lora_{side}.weight"] = torch.randn(shape, generator=generator) * 0.1
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    return folder
