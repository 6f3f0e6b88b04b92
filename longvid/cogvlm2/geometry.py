"""The sizes of a CogVLM2-Video model and the tensors that follow from them.

Reads the official config.json as plain data and refuses what no such model can have (specification, sections 1 and 9).
Knows no torch, so that a checkpoint can be judged before anything heavy is imported.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import CheckpointError
from .estimates import TEMPLATES, Template

LAYER_LIMIT = 1024
SIZE_LIMIT = 1 << 20
TENSOR_LIMIT = 1 << 44
LARGEST_JSON = 64 << 20
"""Far beyond any model of this kind: what exceeds them is damage or malice, not size."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Sizes as in config.json; see `from_dict` for the names there.

    Attributes:
        image_size, patch_size: pixels.
        num_positions: patches of a frame and the class token.
        max_position_embeddings: tokens of the longest trained sequence.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    max_position_embeddings: int
    bos_token_id: int
    eos_token_id: int
    pad_token_id: int
    template_version: Template
    vision_hidden_size: int
    vision_intermediate_size: int
    vision_num_hidden_layers: int
    vision_num_heads: int
    num_positions: int
    in_channels: int
    image_size: int
    patch_size: int

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads

    @property
    def tokens_per_frame(self) -> int:
        """Patches after the 2x2 convolution and the two markers; 66 as published."""
        return (self.image_size // (2 * self.patch_size)) ** 2 + 2

    @property
    def cache_values_per_token(self) -> int:
        """Numbers that the key-value cache keeps for one token; 65,536 as published."""
        return 2 * self.num_hidden_layers * self.num_key_value_heads * self.head_dim

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of the checkpoint with its shape, under its official name (specification, section 9)."""
        hidden, inner, vision = self.hidden_size, self.intermediate_size, self.vision_hidden_size
        fused = (self.num_attention_heads + 2 * self.num_key_value_heads) * self.head_dim
        shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (self.vocab_size, hidden)}
        for index in range(self.num_hidden_layers):
            layer = f"model.layers.{index}"
            shapes[f"{layer}.self_attn.rotary_emb.inv_freq"] = (self.head_dim // 2,)
            shapes[f"{layer}.self_attn.language_expert_query_key_value.weight"] = (fused, hidden)
            shapes[f"{layer}.self_attn.language_expert_dense.weight"] = (hidden, hidden)
            shapes[f"{layer}.mlp.language_mlp.gate_proj.weight"] = (inner, hidden)
            shapes[f"{layer}.mlp.language_mlp.up_proj.weight"] = (inner, hidden)
            shapes[f"{layer}.mlp.language_mlp.down_proj.weight"] = (hidden, inner)
            shapes[f"{layer}.input_layernorm.weight"] = (hidden,)
            shapes[f"{layer}.post_attention_layernorm.weight"] = (hidden,)
        shapes["model.norm.weight"] = (hidden,)
        shapes["model.vision.boi"] = (1, 1, hidden)
        shapes["model.vision.eoi"] = (1, 1, hidden)
        embedding = "model.vision.patch_embedding"
        shapes[f"{embedding}.cls_embedding"] = (1, vision)
        shapes[f"{embedding}.proj.weight"] = (vision, self.in_channels, self.patch_size, self.patch_size)
        shapes[f"{embedding}.proj.bias"] = (vision,)
        shapes[f"{embedding}.position_embedding.weight"] = (self.num_positions, vision)
        linears = {
            "attention.query_key_value": (3 * vision, vision),
            "attention.dense": (vision, vision),
            "mlp.fc1": (self.vision_intermediate_size, vision),
            "mlp.fc2": (vision, self.vision_intermediate_size),
            "input_layernorm": (vision,),
            "post_attention_layernorm": (vision,),
        }
        for index in range(self.vision_num_hidden_layers):
            for name, shape in linears.items():
                shapes[f"model.vision.transformer.layers.{index}.{name}.weight"] = shape
                shapes[f"model.vision.transformer.layers.{index}.{name}.bias"] = shape[:1]
        shapes["model.vision.conv.weight"] = (vision, vision, 2, 2)
        shapes["model.vision.conv.bias"] = (vision,)
        adapter = "model.vision.linear_proj"
        shapes[f"{adapter}.linear_proj.weight"] = (hidden, vision)
        shapes[f"{adapter}.norm1.weight"] = (hidden,)
        shapes[f"{adapter}.norm1.bias"] = (hidden,)
        shapes[f"{adapter}.gate_proj.weight"] = (inner, hidden)
        shapes[f"{adapter}.dense_h_to_4h.weight"] = (inner, hidden)
        shapes[f"{adapter}.dense_4h_to_h.weight"] = (hidden, inner)
        shapes["lm_head.weight"] = (self.vocab_size, hidden)
        return shapes

    @property
    def parameters(self) -> int:
        """Weights of the model; the rotary frequencies are none. 12,507,530,496 as published."""
        return sum(
            math.prod(shape) for name, shape in self.tensors().items() if not name.endswith("rotary_emb.inv_freq")
        )

    @classmethod
    def from_dict(cls, config: Mapping[str, Any], source: str = "config.json") -> Geometry:
        """Take the sizes from an official config.

        Raises:
            CheckpointError: a size is absent, is no whole number, or fits no such model; the message names it.
        """
        vision = config.get("vision_config")
        if not isinstance(vision, Mapping):
            raise CheckpointError(f"{source}: vision_config is missing or no object: not a CogVLM2-Video checkpoint")

        def number(fields: Mapping[str, Any], name: str, limit: int = SIZE_LIMIT, lowest: int = 1) -> int:
            where = name if fields is config else f"vision_config.{name}"
            value = fields.get(name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise CheckpointError(f"{source}: {where} is {_brief(value)}, not a whole number")
            if not lowest <= value <= limit:
                raise CheckpointError(f"{source}: {where} is {_brief(value)}, not within {lowest} to {limit}")
            return value

        template = config.get("template_version", "base")
        if template not in TEMPLATES:
            raise CheckpointError(f"{source}: template_version is {_brief(template)}, none of {', '.join(TEMPLATES)}")
        made = cls(
            vocab_size=number(config, "vocab_size"),
            hidden_size=number(config, "hidden_size"),
            intermediate_size=number(config, "intermediate_size"),
            num_hidden_layers=number(config, "num_hidden_layers", LAYER_LIMIT),
            num_attention_heads=number(config, "num_attention_heads"),
            num_key_value_heads=number(config, "num_multi_query_heads"),
            max_position_embeddings=number(config, "max_position_embeddings"),
            bos_token_id=number(config, "bos_token_id", lowest=0),
            eos_token_id=number(config, "eos_token_id", lowest=0),
            pad_token_id=number(config, "pad_token_id", lowest=0),
            template_version=template,
            vision_hidden_size=number(vision, "hidden_size"),
            vision_intermediate_size=number(vision, "intermediate_size"),
            vision_num_hidden_layers=number(vision, "num_hidden_layers", LAYER_LIMIT),
            vision_num_heads=number(vision, "num_heads"),
            num_positions=number(vision, "num_positions"),
            in_channels=number(vision, "in_channels"),
            image_size=number(vision, "image_size"),
            patch_size=number(vision, "patch_size"),
        )
        made._agree(source)
        _check_facts(config, vision, source)
        return made

    def _agree(self, source: str) -> None:
        """Raise what no single number shows."""
        faults = {
            "hidden_size is no multiple of num_attention_heads": self.hidden_size % self.num_attention_heads,
            "the size of a head is odd": self.head_dim % 2,
            "num_attention_heads is no multiple of num_multi_query_heads": self.num_attention_heads
            % self.num_key_value_heads,
            "vision_config.hidden_size is no multiple of num_heads": self.vision_hidden_size % self.vision_num_heads,
            "vision_config.image_size is no multiple of two patches": self.image_size % (2 * self.patch_size),
            "vision_config.num_positions is not the patches and one": self.num_positions
            - (self.image_size // self.patch_size) ** 2
            - 1,
            "vision_config.in_channels is not 3": self.in_channels - 3,
            "a token id lies outside the vocabulary": max(self.bos_token_id, self.eos_token_id, self.pad_token_id)
            >= self.vocab_size,
            "the model would have more than 2^44 weights": self.parameters > TENSOR_LIMIT,
        }
        for fault, found in faults.items():
            if found:
                raise CheckpointError(f"{source}: {fault}: not a CogVLM2-Video checkpoint")


def _check_facts(config: Mapping[str, Any], vision: Mapping[str, Any], source: str) -> None:
    """Raise where a field that is no size asks for another model than this one; an absent field is as published."""
    fixed = (
        ("hidden_act", config.get("hidden_act", "silu"), "silu"),
        ("tie_word_embeddings", config.get("tie_word_embeddings", False), False),
        ("vision_config.hidden_act", vision.get("hidden_act", "gelu"), "gelu"),
    )
    for name, value, only in fixed:
        if value != only or type(value) is not type(only):
            raise CheckpointError(f"{source}: {name} is {_brief(value)}, this model has {only!r}")
    if not isinstance(config.get("use_cache", True), bool):
        raise CheckpointError(f"{source}: use_cache is {_brief(config['use_cache'])}, neither true nor false")
    fractions = (
        ("rms_norm_eps", config.get("rms_norm_eps", 1e-5)),
        ("initializer_range", config.get("initializer_range", 0.02)),
        ("vision_config.layer_norm_eps", vision.get("layer_norm_eps", 1e-6)),
        ("vision_config.dropout_prob", vision.get("dropout_prob", 0.0)),
    )
    for name, value in fractions:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise CheckpointError(f"{source}: {name} is {_brief(value)}, not a number within 0 to 1")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        CheckpointError: the file cannot be read or holds something else.
    """
    found = _read_json(path)
    if not isinstance(found, dict):
        raise CheckpointError(f"{path}: holds a JSON {type(found).__name__}, not an object")
    return found


def read_json_list(path: Path) -> list[Any]:
    """Read a JSON list.

    Raises:
        CheckpointError: the file cannot be read or holds something else.
    """
    found = _read_json(path)
    if not isinstance(found, list):
        raise CheckpointError(f"{path}: holds a JSON {type(found).__name__}, not a list")
    return found


def _read_json(path: Path) -> Any:
    try:
        if path.exists() and not path.is_file():
            # Opening a pipe would wait for a writer that never comes.
            raise CheckpointError(f"{path}: is no regular file")
        with path.open("rb") as file:
            data = file.read(LARGEST_JSON + 1)
        if len(data) > LARGEST_JSON:
            raise ValueError(f"over {LARGEST_JSON >> 20} MiB")
        found = json.loads(data.decode())
        # What can be read can be nested too deeply to be hashed or written again.
        json.dumps(found)
    except CheckpointError:
        raise
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not valid JSON: {_brief(str(error))}") from error
    return found


def _brief(value: object) -> str:
    """A value for a message: one line, never long."""
    try:
        text = repr(value)
    except ValueError:  # an integer too long to print
        text = f"a huge {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."
