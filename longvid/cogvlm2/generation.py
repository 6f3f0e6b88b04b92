"""What `generate` must know of this model: its positions, its mask, its frames under beams.

Everything else is transformers' own: greedy, sampling, beams, stopping criteria, dynamic and static caches, and a
reused prefix (a copy of a filled cache together with the whole prompt). Knows no weights.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationMixin
from transformers.cache_utils import Cache
from transformers.masking_utils import create_causal_mask

from .configuration import CogVLM2VideoConfig
from .positions import model_position_ids


class CogVLM2VideoGenerationMixin(GenerationMixin):
    """The hooks; mixed into the model with a head. transformers finds a generating model by this class's name."""

    config: CogVLM2VideoConfig
    model: Any

    def _prepare_position_ids_for_generation(self, inputs_tensor: Tensor, model_kwargs: dict[str, Any]) -> Tensor:
        """Positions of the whole prompt, cached part included; later ones are the last plus one."""
        mask, types = model_kwargs.get("attention_mask"), model_kwargs.get("token_type_ids")
        length = inputs_tensor.shape[1] if mask is None else mask.shape[1]
        if types is None:
            types = torch.zeros(len(inputs_tensor), length, dtype=torch.long, device=inputs_tensor.device)
        if types.shape[1] != length:
            raise ValueError(f"token_type_ids cover {types.shape[1]} tokens, the attention mask {length}")
        return model_position_ids(types, mask)

    def prepare_inputs_for_generation(
        self, input_ids: Tensor, *args: Any, is_first_iteration: bool | None = False, **kwargs: Any
    ) -> dict[str, Any]:
        usual: Callable[..., dict[str, Any]] = super().prepare_inputs_for_generation  # type: ignore[misc]
        inputs = usual(input_ids, *args, is_first_iteration=is_first_iteration, **kwargs)
        if not is_first_iteration and kwargs.get("use_cache", True):
            for name in ("pixel_values", "vision_features"):
                inputs.pop(name, None)
        return inputs

    @staticmethod
    def create_masks_for_generate(
        config: CogVLM2VideoConfig,
        inputs_embeds: Tensor,
        attention_mask: Tensor | None,
        past_key_values: Cache | None,
        **kwargs: Any,
    ) -> Any:
        """The mask of a step with a static cache. The positions in `kwargs` are left out, as in the model."""
        return create_causal_mask(
            config=config,
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            past_key_values=past_key_values,
            position_ids=None,
        )

    def _expand_inputs_for_generation(  # type: ignore[override]
        self,
        expand_size: int = 1,
        is_encoder_decoder: bool = False,
        input_ids: Tensor | None = None,
        **model_kwargs: Any,
    ) -> tuple[Tensor | None, dict[str, Any]]:
        """Repeat rows for beams or several answers; a clip is encoded once and what it gave is repeated clip by clip.

        transformers' own would repeat frame by frame, which interleaves a clip's frames.
        """
        pixels = model_kwargs.pop("pixel_values", None)
        features = model_kwargs.pop("vision_features", None)
        types = model_kwargs.get("token_type_ids")
        usual: Callable[..., tuple[Tensor | None, dict[str, Any]]] = super()._expand_inputs_for_generation  # type: ignore[misc]
        expanded = usual(
            expand_size=expand_size, is_encoder_decoder=is_encoder_decoder, input_ids=input_ids, **model_kwargs
        )
        if expand_size > 1 and types is not None and (pixels is not None or features is not None):
            if features is None:
                features = self.model.encode_frames(pixels)
            counts = ((types == 1).sum(-1) // self.config.tokens_per_frame).tolist()
            if sum(counts) != len(features):
                raise ValueError(f"token_type_ids have places for {sum(counts)} frames, there are {len(features)}")
            clips = features.split(counts)
            features, pixels = torch.cat([clip for clip in clips for _ in range(expand_size)]), None
        given = {"pixel_values": pixels, "vision_features": features}
        expanded[1].update({name: value for name, value in given.items() if value is not None})
        return expanded

    def _update_model_kwargs_for_generation(
        self,
        outputs: Any,
        model_kwargs: dict[str, Any],
        is_encoder_decoder: bool = False,
        num_new_tokens: int = 1,
    ) -> dict[str, Any]:
        updated: dict[str, Any] = super()._update_model_kwargs_for_generation(
            outputs, model_kwargs, is_encoder_decoder=is_encoder_decoder, num_new_tokens=num_new_tokens
        )
        types = updated.get("token_type_ids")
        if types is not None:
            # What is generated is text, even after a prompt that ends in a frame (specification, section 4.8).
            types[:, -num_new_tokens:] = 0
        return updated
