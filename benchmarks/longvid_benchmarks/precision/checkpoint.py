"""A random checkpoint in the official layout at the published widths, written without ever holding it in memory.

Its numbers mean nothing; its sizes, names, shards and dtypes are those of the real one, so that memory and time are.
The tokenizer is that of the small model, which is all that a random model needs.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from longvid.cogvlm2.geometry import Geometry, read_json
from longvid.engine.family import GEOMETRY
from longvid.models import bundled

SHARD = 5_000_000_000
"""Bytes of a shard at most, as published."""
NUMBERS = 1 << 22
"""Random numbers that are drawn; larger tensors repeat them, each from another place on."""
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def sized(layers: int, vision_layers: int, *, small: bool = False) -> Geometry:
    """The published sizes with so many layers; `small` has narrow ones, for a try on a CPU."""
    ids = read_json(bundled()["storyfilm-tiny"] / "config.json")
    made = replace(
        GEOMETRY,
        num_hidden_layers=layers,
        vision_num_hidden_layers=vision_layers,
        bos_token_id=int(ids["bos_token_id"]),
        eos_token_id=int(ids["eos_token_id"]),
        pad_token_id=int(ids["pad_token_id"]),
    )
    if not small:
        return made
    return replace(
        made,
        hidden_size=256,
        intermediate_size=512,
        num_attention_heads=4,
        num_key_value_heads=2,
        vision_hidden_size=128,
        vision_intermediate_size=256,
        vision_num_heads=4,
        image_size=56,
        num_positions=17,
        vocab_size=2048,
    )


def write(folder: Path, geometry: Geometry, *, seed: int = 0, advance: Callable[[int, int], None]) -> int:
    """Write a random checkpoint of these sizes into `folder`; its bytes. Raises OSError where it cannot be written.

    `advance` is told the bytes that are written and those that there will be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shapes = geometry.tensors()
    sizes = {name: 2 * int(np.prod(shape)) for name, shape in shapes.items()}
    shards = list(_shards(sizes))
    total, done = sum(sizes.values()), 0
    where: dict[str, str] = {}
    once = np.random.default_rng(seed).standard_normal(min(NUMBERS, max(sizes.values())), dtype=np.float32)
    # Twice, so that as many follow on any.
    drawn = np.concatenate((once, once))
    for number, names in enumerate(shards, 1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        where |= dict.fromkeys(names, file)
        with (folder / file).open("wb") as out:
            out.write(_header({name: (shapes[name], sizes[name]) for name in names}))
            for name in names:
                out.write(_numbers(name, shapes[name], drawn))
                done += sizes[name]
                advance(done, total)
    index = {"metadata": {"total_size": total}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(config_of(geometry), indent=1), encoding="utf-8")
    for name in TOKENIZER:
        shutil.copyfile(bundled()["storyfilm-tiny"] / name, folder / name)
    return total


def _shards(sizes: dict[str, int]) -> Iterator[list[str]]:
    names: list[str] = []
    used = 0
    for name, size in sizes.items():
        if names and used + size > SHARD:
            yield names
            names, used = [], 0
        names.append(name)
        used += size
    yield names


def _header(tensors: dict[str, tuple[tuple[int, ...], int]]) -> bytes:
    """The head of a safetensors file."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, (shape, size) in tensors.items():
        entries[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    head = json.dumps(entries).encode()
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head


def _numbers(name: str, shape: tuple[int, ...], drawn: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    """A tensor in bfloat16: frequencies as they are, norms about one, all else as wide as keeps what passes through."""
    count = int(np.prod(shape))
    if name.endswith("inv_freq"):
        values = np.power(500_000.0, -np.arange(count) / count).astype(np.float32)
    else:
        most = len(drawn) // 2
        start = hash_of(name) % most
        few = drawn[start : start + min(count, most)]
        scale = 1.5 / shape[-1] ** 0.5 if len(shape) > 1 else 0.02
        values = few * np.float32(scale) + np.float32(1 if "norm" in name and name.endswith("weight") else 0)
    # The upper half of a float32 is a bfloat16.
    halves = (np.ascontiguousarray(values, dtype=np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return np.resize(halves, count).tobytes()


def hash_of(name: str) -> int:
    """A number for `name` that is the same in every process."""
    import hashlib

    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def config_of(geometry: Geometry) -> dict[str, Any]:
    """The official config.json of a model of these sizes."""
    vision = {
        "hidden_size": geometry.vision_hidden_size,
        "intermediate_size": geometry.vision_intermediate_size,
        "num_hidden_layers": geometry.vision_num_hidden_layers,
        "num_heads": geometry.vision_num_heads,
        **{name: getattr(geometry, name) for name in ("num_positions", "in_channels", "image_size", "patch_size")},
    }
    names = (
        "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "max_position_embeddings", "bos_token_id", "eos_token_id", "pad_token_id", "template_version",
    )  # fmt: skip
    return {
        "architectures": ["CogVLMVideoForCausalLM"],
        **{name: getattr(geometry, name) for name in names},
        "num_multi_query_heads": geometry.num_key_value_heads,
        "torch_dtype": "bfloat16",
        "vision_config": vision,
    }
