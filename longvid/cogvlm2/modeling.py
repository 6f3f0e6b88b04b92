"""CogVLM2-Video as a transformers model: real batches, generation, the official checkpoint layout.

Written from the specification (sections 3, 4 and 9); the module tree mirrors the official key names, so loading and
saving convert nothing. Knows no text, no pixels but normalised ones, and no film: see `processing`.
"""

import copy
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import GenerationConfig, PreTrainedModel, initialization
from transformers.cache_utils import Cache, DynamicCache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast

from .adapters import Additions, read_adapter
from .checkpoint import inspect
from .configuration import CogVLM2VideoConfig, RotaryTable
from .decoder import CogVLM2DecoderLayer, RMSNorm
from .embedding import embedded, require_frames, scattered, vision_places
from .generation import CogVLM2VideoGenerationMixin
from .hub import locate
from .loss import answer_loss
from .placing import fill, require_places
from .positions import model_position_ids
from .precision import Quantised
from .rotary import RotaryEmbedding, differ, inverse_frequencies, rotary_table
from .slots import causal_mask
from .vision import PatchEmbedding, VisionModel


class CogVLM2VideoPreTrainedModel(PreTrainedModel):
    """What transformers needs to know of both classes below."""

    config: CogVLM2VideoConfig
    config_class = CogVLM2VideoConfig
    base_model_prefix = "model"
    main_input_name = "input_ids"
    supports_gradient_checkpointing = True
    _no_split_modules = ["CogVLM2DecoderLayer", "CogVLM2VisionLayer"]  # noqa: RUF012
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012
    _supports_flash_attn = True
    _supports_sdpa = True
    _can_compile_fullgraph = True
    _supports_attention_backend = True

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Random weights for a model that is made, not loaded."""
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        std = self.config.initializer_range
        if isinstance(module, RotaryEmbedding):
            initialization.copy_(module.inv_freq, inverse_frequencies(module.head_dim))
        elif isinstance(module, RMSNorm):
            initialization.ones_(module.weight)
        elif isinstance(module, PatchEmbedding):
            initialization.normal_(module.cls_embedding, mean=0.0, std=std)
        elif isinstance(module, VisionModel):
            initialization.normal_(module.boi, mean=0.0, std=std)
            initialization.normal_(module.eoi, mean=0.0, std=std)


class CogVLM2VideoModel(CogVLM2VideoPreTrainedModel):
    """Vision, embedding, decoder layers and the last norm: everything but the head."""

    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__(config)
        self.embed_tokens: nn.Module = nn.Embedding(config.vocab_size, config.hidden_size, config.pad_token_id)
        self.layers = nn.ModuleList([CogVLM2DecoderLayer(config, index) for index in range(config.num_hidden_layers)])
        self.norm = RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.vision = VisionModel(config)
        # Every published layer stores the same frequencies, so one table serves all; set where a checkpoint differs.
        self.rotary_per_layer = False
        self.post_init()  # type: ignore[no-untyped-call]

    def get_input_embeddings(self) -> nn.Module:
        return self.embed_tokens

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.embed_tokens = value

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        vision_features: Tensor | None = None,
        use_cache: bool | None = None,
        rotary_table: RotaryTable | None = None,
        output_hidden_states: bool | None = None,
        inputs_embeds: Tensor | None = None,
        output_attentions: bool | None = None,
        return_dict: bool | None = None,
    ) -> BaseModelOutputWithPast:
        """See `CogVLM2VideoForConditionalGeneration.forward`; `return_dict` changes nothing here."""
        if output_attentions:
            raise ValueError("attentions are not given out: leave out output_attentions")
        if use_cache is None:
            use_cache = self.config.use_cache and not self.training
        if self.training and self.layers[0].gradient_checkpointing:
            # Layers that are computed again would write into the cache twice.
            use_cache, past_key_values = False, None
        if use_cache and past_key_values is None:
            past_key_values = DynamicCache(config=self.config)
        hidden = embedded(self.embed_tokens, input_ids, inputs_embeds)
        if position_ids is None:
            position_ids = self._positions(hidden, attention_mask, token_type_ids, past_key_values)
        hidden = self._with_frames(hidden, token_type_ids, pixel_values, vision_features)
        mask = causal_mask(self.config, hidden, attention_mask, past_key_values)
        table = rotary_table or self.config.rotary_table
        rotary = self._rotary(0, position_ids, hidden.dtype, table)
        states: tuple[Tensor, ...] = (hidden,)
        for index, layer in enumerate(self.layers):
            if self.rotary_per_layer and index:
                rotary = self._rotary(index, position_ids, hidden.dtype, table)
            hidden = layer(hidden, rotary, mask, past_key_values)
            if output_hidden_states:
                states += (hidden,)
        hidden = self.norm(hidden)
        return BaseModelOutputWithPast(
            last_hidden_state=hidden,
            past_key_values=past_key_values,
            # As in transformers, the last one is after the norm.
            hidden_states=(*states[:-1], hidden) if output_hidden_states else None,
        )

    def encode_frames(self, pixel_values: Tensor) -> Tensor:
        """[T, 3, S, S] normalised frames to `vision_features`, [T, tokens_per_frame, hidden]."""
        features: Tensor = self.vision(pixel_values)
        return features

    def _rotary(self, index: int, position_ids: Tensor, dtype: torch.dtype, table: Any) -> tuple[Tensor, Tensor]:
        inv_freq = cast(CogVLM2DecoderLayer, self.layers[index]).self_attn.rotary_emb.inv_freq
        return rotary_table(position_ids.to(inv_freq.device), inv_freq, dtype, table)

    def _positions(
        self,
        hidden: Tensor,
        attention_mask: Tensor | None,
        token_type_ids: Tensor | None,
        past_key_values: Cache | None,
    ) -> Tensor:
        rows, length = hidden.shape[:2]
        past = 0 if past_key_values is None else int(past_key_values.get_seq_length())
        if token_type_ids is None:
            token_type_ids = torch.zeros(rows, length, dtype=torch.long, device=hidden.device)
        if past and token_type_ids.shape[1] != past + length:
            raise ValueError("with a filled cache, give position_ids, or token_type_ids of the cached tokens too")
        return model_position_ids(token_type_ids, attention_mask)[:, -length:]

    def _with_frames(
        self,
        embeds: Tensor,
        token_type_ids: Tensor | None,
        pixel_values: Tensor | None,
        vision_features: Tensor | None,
    ) -> Tensor:
        """`embeds` with the encoded frames in the places of type 1."""
        has_frames = pixel_values is not None or vision_features is not None
        places = vision_places(embeds.shape[1], token_type_ids, has_frames)
        if places is None:
            return embeds
        if vision_features is None:
            assert pixel_values is not None
            require_frames(places, pixel_values, self.config.tokens_per_frame)
            vision_features = self.encode_frames(pixel_values)
        return scattered(embeds, places, vision_features)


class CogVLM2VideoForConditionalGeneration(CogVLM2VideoPreTrainedModel, CogVLM2VideoGenerationMixin):
    """The whole model. Load it with `from_pretrained`; make its inputs with `CogVLM2VideoProcessor`."""

    is_packed = False
    """Whether some of its weights are quantised."""
    accepts_loss_kwargs = True
    """By it transformers' Trainer gives `num_items_in_batch`."""

    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__(config)
        self.model = CogVLM2VideoModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()  # type: ignore[no-untyped-call]

    def get_input_embeddings(self) -> nn.Module:
        embedding: nn.Module = self.model.embed_tokens
        return embedding

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.model.embed_tokens = value

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        labels: Tensor | None = None,
        logits_to_keep: int | Tensor = 0,
        vision_features: Tensor | None = None,
        use_cache: bool | None = None,
        rotary_table: RotaryTable | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        inputs_embeds: Tensor | None = None,
        num_items_in_batch: Tensor | int | None = None,
        output_attentions: bool | None = None,
    ) -> CausalLMOutputWithPast | tuple[Any, ...]:
        """One pass: a prefill, a decode step or a training step (specification, section 4).

        Args:
            input_ids: [B, L], int64. What stands on vision tokens is ignored; they are found by `token_type_ids`.
            attention_mask: [B, past + L], 1 on tokens and 0 on padding; leave it out when nothing is padded, which is
                faster. Or a prepared mask of four dimensions.
            token_type_ids: [B, L] or [B, past + L], 1 on vision tokens and 0 elsewhere; none means text only.
            pixel_values: [frames of all clips of the batch, 3, S, S], normalised, any floating dtype: row by row, and
                within a row in the order of its tokens. Rows may have different numbers of frames, or none. Ignored
                where no token of this pass is a vision token, as after a reused prefix.
            position_ids: [B, L]; default `positions.model_position_ids`.
            past_key_values: dynamic or static cache; made when `use_cache` is true and none is given.
            labels: [B, L], -100 where no loss is wanted; the loss is the mean cross-entropy of the next token.
            num_items_in_batch: labels in all batches of a step that is computed in parts; the loss is then the sum over
                these, so that the parts add up to the loss of the whole.
            inputs_embeds: [B, L, hidden] in place of the tokens' own embeddings (what stands on vision tokens is
                ignored); with or without `input_ids`.
            output_attentions: refused; PEFT names it.
            logits_to_keep: 0 for all positions, n for the last n, or indices: no other logits are computed.
            vision_features: what `model.encode_frames` gave, in place of `pixel_values`.
            rotary_table: `published` or `float32` for this call; default the configuration's.
            output_hidden_states: also return the input of every layer and the last norm's output.

        Returns:
            loss, logits [B, kept, vocabulary] in float32, past_key_values, hidden_states.

        Raises:
            ValueError: frames and vision tokens do not match; a filled cache without positions; `labels` together
                with `logits_to_keep`; neither ids nor embeddings; attentions.
        """
        outputs = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            token_type_ids=token_type_ids,
            pixel_values=pixel_values,
            position_ids=position_ids,
            past_key_values=past_key_values,
            vision_features=vision_features,
            use_cache=use_cache,
            rotary_table=rotary_table,
            output_hidden_states=output_hidden_states,
            inputs_embeds=inputs_embeds,
            output_attentions=output_attentions,
        )
        hidden = outputs.last_hidden_state
        if isinstance(logits_to_keep, Tensor):
            kept = hidden[:, logits_to_keep]
        else:
            kept = hidden[:, -logits_to_keep:] if logits_to_keep else hidden
        logits = self.lm_head(kept).float()
        loss = None
        if labels is not None:
            if kept is not hidden:
                raise ValueError("labels need all logits: leave logits_to_keep at 0")
            loss = answer_loss(logits, labels, num_items_in_batch)
        result = CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            past_key_values=outputs.past_key_values,
            hidden_states=outputs.hidden_states,
        )
        return result.to_tuple() if return_dict is False else result

    # -- loading and saving --------------------------------------------------------------------------------------

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls,
        pretrained_model_name_or_path: str | os.PathLike[str],
        *,
        config: CogVLM2VideoConfig | None = None,
        dtype: torch.dtype | str = "auto",
        revision: str | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        local_files_only: bool = False,
        device: torch.device | str | None = None,
        quantised: Quantised | None = None,
        streamed: bool = False,
        waiting_layers: int = 0,
        adapters: Sequence[Path] = (),
        **kwargs: Any,
    ) -> "CogVLM2VideoForConditionalGeneration":
        """Load an official checkpoint: safetensors only, no remote code, no pickle, nothing left at random.

        Args:
            pretrained_model_name_or_path: a folder, or a hub id; one that lies whole in the cache needs no network.
            config: default the folder's; give one to change its settings.
            dtype: of the weights and frequencies; "auto" is what config.json says.
            local_files_only: do not ask the hub.
            device: load straight onto this device, shard by shard, without a copy of the weights in main memory. Takes
                no other option than `attn_implementation` and the next four.
            quantised: pack matrices while they are read, by bitsandbytes (see `precision`); `dtype` is then that of all
                else and of what is computed, bfloat16 as measured.
            streamed: leave the layers of the vision tower in main memory; each comes to `device` while it computes.
            waiting_layers: do the same with so many layers of the decoder, for every token; not in int8.
            adapters: folders of LoRA adapters that are added to the weights, one after another (see `adapters`).
            kwargs: passed on to transformers, e.g. `attn_implementation`, `device_map`, `quantization_config`.

        Raises:
            CheckpointError: nothing is found, or a tensor is missing, surplus or misshapen; the message names it.
            ValueError: remote code, pickles or unchecked tensors were asked for.
        """
        for name in ("trust_remote_code", "ignore_mismatched_sizes", "state_dict", "gguf_file", "subfolder"):
            if kwargs.pop(name, None):
                raise ValueError(f"{name} is not supported: only whole official safetensors checkpoints are loaded")
        if not kwargs.pop("use_safetensors", True):
            raise ValueError("use_safetensors=False is not supported: pickles are never loaded")
        folder = locate(
            pretrained_model_name_or_path, download=not local_files_only, revision=revision, cache_dir=cache_dir
        )
        require_places(quantised, streamed=streamed, waiting_layers=waiting_layers)
        report = inspect(folder)
        report.require_complete()
        config = CogVLM2VideoConfig.from_folder(folder) if config is None else config
        # What the published generation_config.json holds is not known (section 1).
        generation = GenerationConfig(
            bos_token_id=config.bos_token_id, eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id
        )
        if device is not None:
            paths = [folder / shard for shard in report.shards]
            additions = Additions([read_adapter(one, report.geometry) for one in adapters])
            places = {"streamed": streamed, "waiting_layers": waiting_layers, "additions": additions}
            model = cls._load_onto(torch.device(device), paths, config, dtype, quantised, places, **kwargs)
            model.generation_config = generation
            return model
        if quantised or streamed or waiting_layers or adapters:
            raise ValueError("quantised, streamed, waiting_layers and adapters need a device to load onto")
        kwargs.setdefault("generation_config", generation)
        loader: Callable[..., Any] = super().from_pretrained
        loaded = loader(str(folder), config=config, dtype=dtype, use_safetensors=True, local_files_only=True, **kwargs)
        model = cast(CogVLM2VideoForConditionalGeneration, loaded[0] if isinstance(loaded, tuple) else loaded)
        model.model.rotary_per_layer = differ(layer.self_attn.rotary_emb.inv_freq for layer in model.model.layers)
        return loaded  # type: ignore[no-any-return]

    @classmethod
    def _load_onto(
        cls,
        device: torch.device,
        shards: list[Path],
        config: CogVLM2VideoConfig,
        dtype: torch.dtype | str,
        quantised: Quantised | None,
        places: dict[str, Any],
        attn_implementation: str | None = None,
    ) -> "CogVLM2VideoForConditionalGeneration":
        """Build the model without memory, then give it its tensors.

        Whoever calls has checked that the shards hold exactly the model's tensors.
        """
        config = copy.deepcopy(config)
        if attn_implementation is not None:
            config._attn_implementation = attn_implementation
        wanted = config.dtype if dtype == "auto" else dtype
        wanted = getattr(torch, wanted) if isinstance(wanted, str) else wanted
        config.dtype = wanted
        with torch.device("meta"):
            model = cls(config)
        fill(model, shards, device, wanted, quantised, **places)
        model.is_packed = quantised is not None
        model.model.rotary_per_layer = differ(layer.self_attn.rotary_emb.inv_freq for layer in model.model.layers)
        model.eval()  # type: ignore[no-untyped-call]
        return model

    def save_pretrained(  # type: ignore[override]
        self, save_directory: str | os.PathLike[str], max_shard_size: int | str = "5GB", **kwargs: Any
    ) -> None:
        """Write the official layout: config.json without model_type, official tensor names, shards of at most 5 GB.

        Raises ValueError for a model that is quantised: the checkpoint that it was made of is to be kept instead.
        """
        if self.is_packed or getattr(self, "hf_quantizer", None) is not None:
            raise ValueError("a quantised model is not written: keep its checkpoint, it is quantised when it is loaded")
        architectures, dtype = self.config.architectures, self.config.dtype
        super().save_pretrained(Path(save_directory), max_shard_size=max_shard_size, **kwargs)
        self.config.architectures, self.config.dtype = architectures, dtype
