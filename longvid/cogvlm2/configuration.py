"""The configuration of CogVLM2-Video, with the official field names (specification, section 1).

The published config.json has no `model_type`, so it is read by this class and never through AutoConfig; the type name
here is private. Knows the sizes and two run-time settings; `geometry` judges whether they make a model.
"""

import os
from pathlib import Path
from typing import Any, ClassVar, Literal

from transformers import PreTrainedConfig

from .errors import CheckpointError
from .estimates import tokens_per_frame
from .geometry import Geometry, read_json

RotaryTable = Literal["published", "float32"]

_SETTINGS = {"rotary_table": "published", "vision_batch_size": 24}
"""Run-time settings with their defaults: written to config.json only where they differ."""

_OFFICIAL_FIELDS = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_multi_query_heads",
    "hidden_act",
    "max_position_embeddings",
    "initializer_range",
    "rms_norm_eps",
    "template_version",
    "use_cache",
    "tie_word_embeddings",
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
)

_VISION_FIELDS = (
    "dropout_prob",
    "hidden_act",
    "hidden_size",
    "image_size",
    "in_channels",
    "intermediate_size",
    "layer_norm_eps",
    "num_heads",
    "num_hidden_layers",
    "num_positions",
    "patch_size",
)


class CogVLM2VisionConfig(PreTrainedConfig):
    """Sizes of the vision tower; the defaults are the published ones."""

    model_type: ClassVar[str] = "longvid_cogvlm2_vision"
    base_config_key: ClassVar[str] = "vision_config"

    dropout_prob: float = 0.0
    hidden_act: str = "gelu"
    hidden_size: int = 1792
    image_size: int = 224
    in_channels: int = 3
    intermediate_size: int = 15360
    layer_norm_eps: float = 1e-6
    num_heads: int = 16
    num_hidden_layers: int = 63
    num_positions: int = 257
    patch_size: int = 14


class CogVLM2VideoConfig(PreTrainedConfig):
    """Sizes of CogVLM2-Video; the defaults are those of cogvlm2-video-llama3-chat.

    Two fields are settings of ours and reach config.json only where they differ from their default:

    * `rotary_table`: `published` builds the table in the dtype of the stored frequencies, so that positions collapse
      above 256 in bfloat16, as the reference does on purpose; `float32` keeps every position apart (specification,
      section 4.3). It may also be given to one call of `forward` or `generate`.
    * `vision_batch_size`: most frames that pass through the vision tower at once; bounds its memory.
    """

    model_type: ClassVar[str] = "longvid_cogvlm2_video"
    attribute_map: ClassVar[dict[str, str]] = {"num_key_value_heads": "num_multi_query_heads"}
    sub_configs: ClassVar[dict[str, type[PreTrainedConfig]]] = {"vision_config": CogVLM2VisionConfig}
    keys_to_ignore_at_inference: ClassVar[list[str]] = ["past_key_values"]

    vocab_size: int = 128256
    hidden_size: int = 4096
    intermediate_size: int = 14336
    num_hidden_layers: int = 32
    num_attention_heads: int = 32
    num_multi_query_heads: int = 8
    hidden_act: str = "silu"
    max_position_embeddings: int = 2048
    initializer_range: float = 0.02
    rms_norm_eps: float = 1e-5
    template_version: str = "base"
    use_cache: bool = True
    tie_word_embeddings: bool = False
    bos_token_id: int = 128000
    eos_token_id: int = 128001
    pad_token_id: int = 128002
    vision_config: dict[str, Any] | CogVLM2VisionConfig | None = None
    rotary_table: str = "published"
    vision_batch_size: int = 24

    def __post_init__(self, **kwargs: Any) -> None:
        if not isinstance(self.vision_config, CogVLM2VisionConfig):
            self.vision_config = CogVLM2VisionConfig(**(self.vision_config or {}))
        if self.rotary_table not in ("published", "float32"):
            raise ValueError(f"rotary_table {self.rotary_table!r} is neither 'published' nor 'float32'")
        if self.vision_batch_size < 1:
            raise ValueError(f"vision_batch_size {self.vision_batch_size} must be at least 1")
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]

    @property
    def vision(self) -> CogVLM2VisionConfig:
        """The vision tower's part, never a plain dict."""
        assert isinstance(self.vision_config, CogVLM2VisionConfig)
        return self.vision_config

    @property
    def tokens_per_frame(self) -> int:
        """Tokens of one frame, its two markers included; 66 as published."""
        return tokens_per_frame(self.vision.image_size, self.vision.patch_size)

    @classmethod
    def from_folder(cls, folder: str | os.PathLike[str]) -> "CogVLM2VideoConfig":
        """Read the official config.json of a local checkpoint; fields that are not official are left alone.

        Raises:
            CheckpointError: the file is missing, damaged, or describes no CogVLM2-Video model.
        """
        path = Path(folder) / "config.json"
        found = read_json(path)
        Geometry.from_dict(found, str(path))
        fields = {name: found[name] for name in (*_OFFICIAL_FIELDS, *_SETTINGS) if name in found}
        vision = {name: found["vision_config"][name] for name in _VISION_FIELDS if name in found["vision_config"]}
        dtype = found.get("torch_dtype", found.get("dtype"))
        if dtype in ("bfloat16", "float16", "float32"):
            fields["dtype"] = dtype
        try:
            return cls(vision_config=vision, **fields)
        except (TypeError, ValueError) as error:
            raise CheckpointError(f"{path}: {str(error).splitlines()[0][:200]}") from error

    def official_dict(self) -> dict[str, Any]:
        """What config.json holds: the official fields, and settings only where they were changed."""
        written: dict[str, Any] = {"architectures": ["CogVLMVideoForCausalLM"]}
        written |= {name: getattr(self, name) for name in _OFFICIAL_FIELDS}
        written["torch_dtype"] = str(self.dtype or "bfloat16").removeprefix("torch.")
        written["vision_config"] = {name: getattr(self.vision, name) for name in _VISION_FIELDS}
        written |= {name: getattr(self, name) for name, usual in _SETTINGS.items() if getattr(self, name) != usual}
        return dict(sorted(written.items()))

    def to_diff_dict(self) -> dict[str, Any]:
        return self.official_dict()

    @property
    def geometry(self) -> Geometry:
        """The same sizes as plain data."""
        return Geometry.from_dict(self.official_dict(), "configuration")
