"""The words and tokens of a prompt, without tensors (specification, section 5).

`encode` is any function from text to token ids without special ones; this file knows no tokenizer beyond it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .estimates import LABELS, TEMPLATES, Label, Template

IGNORE = -100
"""Label of a token that takes no part in the loss."""

Turn = tuple[str, str]
"""A question and its answer."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One prompt as plain lists, all of the same length.

    Attributes:
        input_ids: token ids; the placeholder stands where a vision token will be.
        token_type_ids: 1 for vision tokens, 0 for all others.
        labels: -100 but on the answer and its end; none where no answer was given.
    """

    input_ids: list[int]
    token_type_ids: list[int]
    labels: list[int] | None


def prompt_text(query: str, history: Sequence[Turn], template: Template) -> str:
    """The words that follow the clip.

    `chat` and `vqa` ask as "Question: ... Answer:" and "... Short answer:", with the past turns before; `base` is the
    query alone.
    """
    if template not in TEMPLATES:
        raise ValueError(f"template {template!r} is none of {', '.join(TEMPLATES)}")
    if template == "base":
        return query
    cue = "Answer:" if template == "chat" else "Short answer:"
    past = "".join(f"Question: {question} {cue} {answer}\n" for question, answer in history)
    return f"{past}Question: {query} {cue}"


def frame_labels(num_frames: int, times: Sequence[float] | None, label: Label) -> list[str]:
    """What is written after each frame: its number from 0, its second from the start of the clip, rounded, or nothing.

    Args:
        times: seconds from the start of the clip, one a frame; needed for `seconds` only.

    Raises:
        ValueError: an unknown label, or times that are missing, negative, not finite or of another number.
    """
    if label not in (*LABELS, "none"):
        raise ValueError(f"label {label!r} is none of {', '.join(LABELS)}, none")
    if times is not None and len(times) != num_frames:
        raise ValueError(f"{num_frames} frames but {len(times)} times")
    if label == "none":
        return [""] * num_frames
    if label == "index":
        return [str(index) for index in range(num_frames)]
    if times is None:
        if num_frames:
            raise ValueError("label 'seconds' needs the times of the frames")
        return []
    if not all(math.isfinite(time) and time >= 0 for time in times):
        raise ValueError("times must be finite seconds from the start of the clip, none negative")
    return [str(round(time)) for time in times]


def lay_out(
    encode: Callable[[str], list[int]],
    query: str | None,
    *,
    num_frames: int,
    times: Sequence[float] | None,
    history: Sequence[Turn],
    answer: str | None,
    template: Template,
    label: Label,
    tokens_per_frame: int,
    bos: int,
    eos: int,
    placeholder: int,
) -> Layout:
    """Start token, frames with their labels (`chat` only), words, and the answer to learn if there is one.

    `query` none stops after the frames: the prefix that every question about this clip shares.
    """
    if query is None and (history or answer is not None):
        raise ValueError("a prefix has no text: it takes neither history nor answer")
    written = frame_labels(num_frames, times, label)
    ids, types = [bos], [0]
    for text in written:
        ids += [placeholder] * tokens_per_frame
        types += [1] * tokens_per_frame
        if template == "chat":
            after = encode(text)
            ids += after
            types += [0] * len(after)
    if query is not None:
        ids += encode(prompt_text(query, history, template))
    labels = None
    if answer is not None:
        wanted = [*encode(answer), eos]
        labels = [IGNORE] * len(ids) + wanted
        ids += wanted
    types += [0] * (len(ids) - len(types))
    return Layout(ids, types, labels)
