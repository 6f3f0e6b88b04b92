"""One decoder layer: Llama-3's geometry under the names of CogVLM's language expert (specification, section 4).

Knows no positions but the rotary table it is handed, and no vision: image and text tokens pass alike.
"""

from torch import Tensor, nn
from torch.nn import functional as F
from transformers.activations import ACT2FN
from transformers.cache_utils import Cache
from transformers.modeling_layers import GradientCheckpointingLayer

from .attention import attend
from .configuration import CogVLM2VideoConfig
from .rotary import RotaryEmbedding, rotate


class RMSNorm(nn.RMSNorm):
    """torch's fused norm: it multiplies the weight in float32 and rounds once, as the reference does."""

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class CogVLM2Attention(nn.Module):
    is_causal = True

    def __init__(self, config: CogVLM2VideoConfig, layer_idx: int) -> None:
        super().__init__()
        self.config = config
        self.layer_idx = layer_idx
        self.num_heads = config.num_attention_heads
        self.num_key_value_heads = config.num_multi_query_heads
        self.num_key_value_groups = self.num_heads // self.num_key_value_heads
        self.head_dim = config.hidden_size // self.num_heads
        self.scaling = self.head_dim**-0.5
        fused = (self.num_heads + 2 * self.num_key_value_heads) * self.head_dim
        self.rotary_emb = RotaryEmbedding(self.head_dim)
        self.language_expert_query_key_value = nn.Linear(config.hidden_size, fused, bias=False)
        self.language_expert_dense = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(
        self,
        hidden: Tensor,
        rotary: tuple[Tensor, Tensor],
        attention_mask: Tensor | None,
        past_key_values: Cache | None,
    ) -> Tensor:
        heads = self.language_expert_query_key_value(hidden).unflatten(-1, (-1, self.head_dim))
        # Queries and keys lie side by side in the fused projection, so one rotation serves both.
        turned, value = heads.split((self.num_heads + self.num_key_value_heads, self.num_key_value_heads), dim=2)
        query, key = rotate(turned, *rotary).split((self.num_heads, self.num_key_value_heads), dim=2)
        query, key, value = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
        if past_key_values is not None:
            key, value = past_key_values.update(key, value, self.layer_idx)
        mixed: Tensor = self.language_expert_dense(attend(self, self.config, query, key, value, attention_mask))
        return mixed


class LanguageMLP(nn.Module):
    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__()
        self.act = ACT2FN[config.hidden_act]
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        mixed: Tensor = self.down_proj(self.act(self.gate_proj(hidden)) * self.up_proj(hidden))
        return mixed


class ExpertMLP(nn.Module):
    """Only a level of the official key names: the video model has no vision expert beside it."""

    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__()
        self.language_mlp = LanguageMLP(config)

    def forward(self, hidden: Tensor) -> Tensor:
        mixed: Tensor = self.language_mlp(hidden)
        return mixed


class CogVLM2DecoderLayer(GradientCheckpointingLayer):
    def __init__(self, config: CogVLM2VideoConfig, layer_idx: int) -> None:
        super().__init__()
        self.self_attn = CogVLM2Attention(config, layer_idx)
        self.mlp = ExpertMLP(config)
        self.input_layernorm = RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, eps=config.rms_norm_eps)

    def forward(
        self,
        hidden: Tensor,
        rotary: tuple[Tensor, Tensor],
        attention_mask: Tensor | None,
        past_key_values: Cache | None,
    ) -> Tensor:
        hidden = hidden + self.self_attn(self.input_layernorm(hidden), rotary, attention_mask, past_key_values)
        mixed: Tensor = hidden + self.mlp(self.post_attention_layernorm(hidden))
        return mixed
