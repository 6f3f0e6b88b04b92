"""Frames to normalised pixels in plain torch, with the published arithmetic (specification, section 6).

Bit-equal to the published transform on CPU for `crop`. Knows no prompt; the geometry is in `frames`.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .frames import MEAN, STD, Fit, window


def clip_frames(clip: Any) -> Tensor:
    """A clip as uint8 [3, T, H, W], without a copy where that is possible.

    Args:
        clip: array or tensor, uint8 RGB, [T, H, W, 3] or [T, 3, H, W], or a list of frames [H, W, 3].

    Raises:
        ValueError: another dtype or shape, or no frames.
    """
    if isinstance(clip, (list, tuple)):
        if not len(clip):
            raise ValueError("a clip has at least one frame; leave it out for a text-only prompt")
        clip = np.stack([np.asarray(frame) for frame in clip])
    frames = clip if isinstance(clip, Tensor) else torch.from_numpy(np.ascontiguousarray(clip))
    shaped = frames.ndim == 4 and len(frames) and 3 in (frames.shape[1], frames.shape[3])
    if frames.dtype != torch.uint8 or not shaped:
        raise ValueError(
            f"a clip must be uint8 RGB [T, H, W, 3] or [T, 3, H, W], not {frames.dtype} {list(frames.shape)}"
        )
    if frames.shape[3] == 3:
        return frames.permute(3, 0, 1, 2)
    return frames.permute(1, 0, 2, 3)


def transform(clip: Any, size: int, fit: Fit = "crop", pixel_aspect: float = 1.0) -> Tensor:
    """Normalise, then scale without antialias, then crop or pad: the published order.

    Works frame by frame, so that a clip in full resolution takes the memory of one frame in float32.

    Args:
        clip: as for `clip_frames`; frames that are `size` x `size` already are only normalised.
        size: side of the square in pixels.
        fit, pixel_aspect: as for `frames.window`. The border of `pad` is 0, the mean colour.

    Returns:
        [T, 3, size, size], float32, on the device of `clip`.
    """
    frames = clip_frames(clip)
    height, width = int(frames.shape[2]), int(frames.shape[3])
    place = window(height, width, size, fit, pixel_aspect)
    mean = torch.tensor(MEAN, device=frames.device).view(3, 1, 1, 1)
    std = torch.tensor(STD, device=frames.device).view(3, 1, 1, 1)
    pixels = torch.zeros(frames.shape[1], 3, size, size, device=frames.device)
    into = pixels[:, :, place.y : place.y + place.rows, place.x : place.x + place.columns]
    for index in range(frames.shape[1]):
        frame = frames[:, index : index + 1].contiguous().float() / 255.0
        frame = (frame - mean) / std
        if (height, width) != (place.height, place.width):
            frame = F.interpolate(frame, size=(place.height, place.width), mode="bilinear", align_corners=False)
        kept = frame[:, 0, place.top : place.top + place.rows, place.left : place.left + place.columns]
        into[index] = kept
    return pixels
