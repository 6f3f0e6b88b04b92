"""EVA2-CLIP-E, the 2x2 convolution and the GLU adapter: frames to tokens (specification, section 3).

The module tree mirrors the official key names under `model.vision`. Knows nothing of prompts: which token goes where
is the model's business.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.activations import ACT2FN
from transformers.modeling_layers import GradientCheckpointingLayer

from .attention import attend
from .configuration import CogVLM2VideoConfig


class PatchEmbedding(nn.Module):
    """[T, 3, S, S] to [T, 1 + patches, D]: class token, patches in row-major order, positions added."""

    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__()
        vision = config.vision
        self.proj = nn.Conv2d(vision.in_channels, vision.hidden_size, vision.patch_size, stride=vision.patch_size)
        self.cls_embedding = nn.Parameter(torch.zeros(1, vision.hidden_size))
        self.position_embedding = nn.Embedding(vision.num_positions, vision.hidden_size)

    def forward(self, frames: Tensor) -> Tensor:
        patches = self.proj(frames).flatten(2).transpose(1, 2)
        first = self.cls_embedding.expand(len(frames), 1, -1)
        return torch.cat((first, patches), dim=1) + self.position_embedding.weight


class VisionAttention(nn.Module):
    """Full attention among the tokens of a frame."""

    is_causal = False
    num_key_value_groups = 1

    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__()
        self.config = config
        self.num_heads = config.vision.num_heads
        self.scaling = (config.vision.hidden_size // self.num_heads) ** -0.5
        self.query_key_value = nn.Linear(config.vision.hidden_size, 3 * config.vision.hidden_size)
        self.dense = nn.Linear(config.vision.hidden_size, config.vision.hidden_size)

    def forward(self, hidden: Tensor) -> Tensor:
        fused = self.query_key_value(hidden).unflatten(-1, (3, self.num_heads, -1))
        query, key, value = fused.permute(2, 0, 3, 1, 4)
        mixed: Tensor = self.dense(attend(self, self.config, query, key, value, None))
        return mixed


class VisionMLP(nn.Module):
    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__()
        self.act = ACT2FN[config.vision.hidden_act]
        self.fc1 = nn.Linear(config.vision.hidden_size, config.vision.intermediate_size)
        self.fc2 = nn.Linear(config.vision.intermediate_size, config.vision.hidden_size)

    def forward(self, hidden: Tensor) -> Tensor:
        mixed: Tensor = self.fc2(self.act(self.fc1(hidden)))
        return mixed


class CogVLM2VisionLayer(GradientCheckpointingLayer):
    """Post-norm residuals: the norm is applied to what the branch adds."""

    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__()
        size, eps = config.vision.hidden_size, config.vision.layer_norm_eps
        self.input_layernorm = nn.LayerNorm(size, eps=eps)
        self.attention = VisionAttention(config)
        self.mlp = VisionMLP(config)
        self.post_attention_layernorm = nn.LayerNorm(size, eps=eps)

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = hidden + self.input_layernorm(self.attention(hidden))
        mixed: Tensor = hidden + self.post_attention_layernorm(self.mlp(hidden))
        return mixed


class VisionTransformer(nn.Module):
    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList([CogVLM2VisionLayer(config) for _ in range(config.vision.num_hidden_layers)])

    def forward(self, hidden: Tensor) -> Tensor:
        for layer in self.layers:
            hidden = layer(hidden)
        return hidden


class GLU(nn.Module):
    """From the tower's width to the decoder's."""

    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__()
        hidden, inner = config.hidden_size, config.intermediate_size
        self.linear_proj = nn.Linear(config.vision.hidden_size, hidden, bias=False)
        # torch's own eps, 1e-5: not that of the tower's norms.
        self.norm1 = nn.LayerNorm(hidden)
        self.gate_proj = nn.Linear(hidden, inner, bias=False)
        self.dense_h_to_4h = nn.Linear(hidden, inner, bias=False)
        self.dense_4h_to_h = nn.Linear(inner, hidden, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = F.gelu(self.norm1(self.linear_proj(hidden)))
        mixed: Tensor = self.dense_4h_to_h(F.silu(self.gate_proj(hidden)) * self.dense_h_to_4h(hidden))
        return mixed


class VisionModel(nn.Module):
    """Frames to the rows that replace the placeholders of a prompt."""

    def __init__(self, config: CogVLM2VideoConfig) -> None:
        super().__init__()
        self.config = config
        size = config.vision.hidden_size
        self.grid = config.vision.image_size // config.vision.patch_size
        self.boi = nn.Parameter(torch.zeros(1, 1, config.hidden_size))
        self.eoi = nn.Parameter(torch.zeros(1, 1, config.hidden_size))
        self.patch_embedding = PatchEmbedding(config)
        self.transformer = VisionTransformer(config)
        self.conv = nn.Conv2d(size, size, kernel_size=2, stride=2)
        self.linear_proj = GLU(config)

    def tower(self, frames: Tensor) -> Tensor:
        """[T, 3, S, S] to [T, 1 + patches, D]: the last block's output, class token included."""
        hidden: Tensor = self.transformer(self.patch_embedding(frames))
        return hidden

    def downsample(self, hidden: Tensor) -> Tensor:
        """The tower's output to [T, D, grid / 2, grid / 2]; the class token is dropped."""
        patches = hidden[:, 1:].transpose(1, 2).unflatten(-1, (self.grid, self.grid))
        halved: Tensor = self.conv(patches)
        return halved

    def adapt(self, halved: Tensor) -> Tensor:
        """The downsampled grid to [T, tokens_per_frame, hidden], the markers at both ends."""
        rows = self.linear_proj(halved.flatten(2).transpose(1, 2))
        return torch.cat((self.boi.expand(len(rows), -1, -1), rows, self.eoi.expand(len(rows), -1, -1)), dim=1)

    def forward(self, frames: Tensor) -> Tensor:
        """Encode frames, at most `config.vision_batch_size` at once, so that memory does not grow with their number.

        Args:
            frames: [T, 3, S, S], normalised (specification, section 6), any floating dtype.

        Returns:
            [T, tokens_per_frame, hidden] in the dtype of the weights.

        Raises:
            ValueError: frames of another shape.
        """
        side = self.config.vision.image_size
        if frames.ndim != 4 or tuple(frames.shape[1:]) != (3, side, side):
            raise ValueError(f"pixel_values must be [frames, 3, {side}, {side}], not {list(frames.shape)}")
        device, dtype = self.boi.device, self.boi.dtype
        parts = [
            self.adapt(self.downsample(self.tower(part.to(device=device, dtype=dtype))))
            for part in frames.split(self.config.vision_batch_size)
        ]
        return parts[0] if len(parts) == 1 else torch.cat(parts)
