"""Whether a folder holds a video model of transformers that can watch here, and what its processor makes of a clip.

`folders` judges its configuration and its weights; here its kind, its processor and its chat template are. Frames are
handed over as they are, with their times, and none is sampled anew: how they are made small and what is written between
them is for the model's own processor to say. Knows no device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longvid.cogvlm2.errors import CheckpointError
from longvid.engine.backends.folders import (
    SAYING,
    architecture,
    line_of,
    quiet_transformers,
    read_config,
    read_folder,
    require_tensors,
)
from longvid.engine.backends.spoken import without_opening
from longvid.engine.backends.tokens import context_of, controls, end_tokens, harmless, number
from longvid.engine.backends.torchvision import require_torchvision

FPS = 1000
"""Numbers of frames that are told to processors count milliseconds: number / FPS is the frame's time in seconds."""
BLANK = 56
"""Side in pixels of the frames of the clip that a processor is tried with."""


@dataclass(frozen=True, slots=True)
class Shown:
    """frames: uint8 [T, H, W, 3]; times: seconds from the start of the chunk, ascending, one a frame."""

    frames: NDArray[np.uint8]
    times: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Multimodal:
    """A video model on disk, ready to be loaded."""

    folder: Path
    config: Any
    kind: Any
    """Its class."""
    processor: Any
    template: str
    orders: tuple[str, ...]
    """Tokens that are orders to the model, as text."""
    ends: tuple[int, ...]
    """Token ids that end an answer; at least one."""
    context: int
    """Tokens of prompt and answer, frames included."""
    parameters: int

    @property
    def tokenizer(self) -> Any:
        return self.processor.tokenizer

    @property
    def pad(self) -> int:
        """The token id that fills a batch."""
        known = self.tokenizer.pad_token_id
        return self.ends[0] if known is None else int(known)

    def render(self, prompt: str, *, watched: bool) -> str:
        """`prompt` as a user's turn by the model's template, after a place for the clip where one is `watched`; it asks
        for no thinking aloud."""
        words = {"type": "text", "text": harmless(prompt, self.orders)}
        content = [{"type": "video"}, words] if watched else [words]
        # Known to the templates of models that think; others take it for a word to the processor.
        quiet = {"enable_thinking": False} if "enable_thinking" in self.template else {}
        text = self.processor.apply_chat_template(
            [{"role": "user", "content": content}],
            chat_template=self.template if self.processor.chat_template is None else None,
            tokenize=False,
            add_generation_prompt=True,
            **quiet,
        )
        return without_opening(str(text))

    def encode(self, text: str) -> list[int]:
        """Token ids of what `render` made; the place for a clip is not filled."""
        return list(self.tokenizer.encode(text, add_special_tokens=self._adds(text)))

    def inputs(self, texts: Sequence[str], clips: Sequence[Shown] = ()) -> dict[str, Any]:
        """The model's inputs for what `render` made, on the CPU, padded on the left: a clip for each text, or none.

        Clips of one call have frames of one number and size. Raises whatever the processor raises.
        """
        options: dict[str, Any] = {}
        if clips:
            clips = [_paired(clip) for clip in clips]
            options = {
                "videos": [clip.frames for clip in clips],
                "videos_kwargs": {"do_sample_frames": False, "video_metadata": [_told(clip) for clip in clips]},
            }
        made = self.processor(
            text=list(texts),
            text_kwargs={"padding": True, "padding_side": "left", "add_special_tokens": self._adds(texts[0])},
            return_tensors="pt",
            **options,
        )
        return dict(made)

    def _adds(self, text: str) -> bool:
        """Whether the tokenizer is to add its special tokens: a template may have written the first."""
        begins = self.tokenizer.bos_token
        return begins is None or not text.startswith(begins)


def _paired(clip: Shown) -> Shown:
    """`clip`, a single frame twice: some processors look at frames in pairs."""
    if len(clip.frames) != 1:
        return clip
    return Shown(np.repeat(clip.frames, 2, axis=0), clip.times * 2)


def _told(clip: Shown) -> dict[str, Any]:
    """What a processor is told of a clip's frames, in its own words.

    Some write each frame's number over the rate; others take the mean rate, frames over all numbers: that is to come
    to how far apart the frames are.
    """
    count, first, last = len(clip.times), clip.times[0], clip.times[-1]
    length = (last - first) * count / (count - 1)
    return {
        "fps": float(FPS),
        "frames_indices": [round(time * FPS) for time in clip.times],
        "total_num_frames": max(count, round(length * FPS)),
        "duration": float(last),
        "height": clip.frames.shape[1],
        "width": clip.frames.shape[2],
    }


def is_multimodal(said: Mapping[str, Any]) -> bool:
    """Whether a config.json that says `said` is of a video model of transformers, by its model_type alone."""
    from transformers.models.auto import modeling_auto
    from transformers.models.auto.video_processing_auto import (  # type: ignore[attr-defined]
        VIDEO_PROCESSOR_MAPPING_NAMES,
    )

    kind = said.get("model_type")
    opened = {
        **modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
        **modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
    }
    return isinstance(kind, str) and kind in opened and kind in VIDEO_PROCESSOR_MAPPING_NAMES


def read_multimodal(folder: Path) -> Multimodal:
    """Judge the model in `folder`. Raises CheckpointError, one line with what is wrong, where it cannot watch here, and
    ModelError where torchvision is missing."""
    quiet_transformers()
    said, stored = read_folder(folder)
    config = read_config(folder, said)
    if not is_multimodal(said):
        called = architecture(said) or "a model"
        raise CheckpointError(f"{folder}: {called} ({config.model_type}) takes no video; name another --model")
    # Before whatever of transformers imports it: what it says of a broken one helps nobody.
    require_torchvision(folder.name)
    kind = _kind(folder, said, config)
    require_tensors(folder, config, kind, stored, "--model")
    processor, template = _processor(folder)
    tokenizer, text = processor.tokenizer, config.get_text_config()
    rows = number(text, "vocab_size")
    ends = end_tokens(folder, rows, tokenizer, config, text)
    if not ends:
        raise CheckpointError(f"{folder} names no end token, so its answers would never end; name another --model")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(ends[0])
    places = (getattr(processor, f"{kind}_token", None) for kind in ("image", "video", "audio"))
    orders = controls(tokenizer, [place for place in places if isinstance(place, str)])
    parameters = sum(int(np.prod(one.shape, dtype=np.int64)) for one in stored.values())
    context = context_of(text, tokenizer)
    made = Multimodal(folder, config, kind, processor, template, tuple(orders), ends, context, parameters)
    _require_words(made, rows)
    return made


def _kind(folder: Path, said: Mapping[str, Any], config: Any) -> Any:
    """The class that opens a model of `config` for text, pictures and video. Raises CheckpointError for another."""
    from transformers import GenerationMixin
    from transformers.models.auto import modeling_auto

    maps: list[Any] = [
        modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
        modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING,
    ]
    try:
        kind: Any = next(filter(None, (one.get(type(config), None) for one in maps)), None)
    except Exception as error:
        raise CheckpointError(f"{folder}: transformers cannot open its kind of model: {line_of(error)}") from error
    called = architecture(said) or "a model"
    if kind is None or not is_multimodal(said):
        raise CheckpointError(f"{folder}: {called} ({config.model_type}) takes no video; name another --model")
    # Models that speak, or that answer without their prompt, have another way of their own.
    if kind.generate is not GenerationMixin.generate:
        raise CheckpointError(
            f"{folder}: {called} ({config.model_type}) is asked in a way of its own, which is not read"
        )
    return kind


def _processor(folder: Path) -> tuple[Any, str]:
    """The processor in `folder` and its chat template. Raises CheckpointError where either is missing or broken."""
    from transformers import AutoProcessor

    try:
        processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        template = processor.chat_template or processor.tokenizer.chat_template
    except Exception as error:
        raise CheckpointError(f"{folder}: transformers cannot read its processor: {line_of(error)}") from error
    if isinstance(template, dict):
        template = template.get("default")
    if not isinstance(template, str) or not template:
        raise CheckpointError(
            f"{folder} has no chat template, so no question can be put to it; copy the model's own chat_template.jinja "
            "there, or name another --model"
        )
    if getattr(processor, "video_processor", None) is None:
        raise CheckpointError(f"{folder}: its processor takes no video; name another --model")
    return processor, template


def _require_words(made: Multimodal, rows: int | None) -> None:
    """Raise CheckpointError unless a question about a clip comes through template and processor, in tokens that the
    model knows."""
    blank = Shown(np.zeros((2, BLANK, BLANK, 3), np.uint8), (0.0, 1.0))
    try:
        texts = [made.render(SAYING, watched=watched) for watched in (True, False)]
        ids = made.inputs(texts[:1], [blank])["input_ids"][0].tolist()
        alone = made.encode(texts[1])
    except Exception as error:
        raise CheckpointError(f"{made.folder}: its template or processor cannot be used: {line_of(error)}") from error
    if any(SAYING not in text for text in texts):
        raise CheckpointError(f"{made.folder}: its chat template leaves out what it is given; put it right")
    if len(ids) <= len(alone) + 1:
        raise CheckpointError(f"{made.folder}: its chat template has no place for a video; name another --model")
    if rows is not None and max([*ids, *alone, made.pad]) >= rows:
        raise CheckpointError(f"{made.folder}: its special tokens are not in the model's vocabulary of {rows}")
