"""What the decoder begins with: embedded tokens, and encoded frames in the places of vision tokens.

Knows no weights and encodes no frame.
"""

from collections.abc import Callable

from torch import Tensor


def embedded(embed: Callable[[Tensor], Tensor], input_ids: Tensor | None, inputs_embeds: Tensor | None) -> Tensor:
    """[B, L, hidden]: `inputs_embeds` where they are given, else the embeddings of `input_ids`, [B, L]."""
    if inputs_embeds is not None:
        return inputs_embeds
    if input_ids is None:
        raise ValueError("give input_ids or inputs_embeds")
    return embed(input_ids)


def vision_places(length: int, token_type_ids: Tensor | None, has_frames: bool) -> Tensor | None:
    """[B, length], true on vision tokens, of which there is one at least; None where nothing is to be placed.

    Raises ValueError for frames without types, and for vision tokens without frames.
    """
    # A decode step holds no frames; asking the device costs a wait, and a compiled step cannot.
    if not has_frames and (token_type_ids is None or length == 1):
        return None
    if token_type_ids is None:
        raise ValueError("pixel_values need token_type_ids that say where they go")
    places = token_type_ids[:, -length:] == 1
    wanted = int(places.sum())
    if wanted and not has_frames:
        raise ValueError(f"token_type_ids mark {wanted} vision tokens but there are no pixel_values")
    # A reused prefix holds the frames already; text alone after it (specification, section 4.7).
    return places if wanted else None


def require_frames(places: Tensor, pixel_values: Tensor, each: int) -> None:
    """Raise ValueError unless the frames, of `each` tokens, fill the `places`."""
    wanted, frames = int(places.sum()), len(pixel_values)
    if frames * each != wanted:
        raise ValueError(
            f"token_type_ids mark {wanted} vision tokens but {frames} frames of {each} make {frames * each}"
        )


def scattered(embeds: Tensor, places: Tensor, vision_features: Tensor) -> Tensor:
    """`embeds` with the rows of `vision_features` [T, tokens_per_frame, hidden] in its `places`, in row-major order."""
    rows = vision_features.flatten(0, 1)
    wanted = int(places.sum())
    if len(rows) != wanted:
        raise ValueError(f"token_type_ids mark {wanted} vision tokens but vision_features hold {len(rows)}")
    return embeds.masked_scatter(places.unsqueeze(-1), rows.to(device=embeds.device, dtype=embeds.dtype))
