"""Clips and words to the model's inputs, and its answers back to words (specification, sections 5 and 6).

Knows the tokenizer and the sizes of a checkpoint, not the model. A prompt is never cut: one that is too long is an
error with both numbers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import BatchFeature, PreTrainedTokenizerFast

from .errors import CheckpointError, PromptTooLong
from .estimates import TEMPLATES, Label, Template
from .frames import Fit
from .geometry import Geometry, read_json
from .hub import locate
from .pixels import transform
from .prompts import IGNORE, Layout, Turn, lay_out

TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
PROCESSOR_CONFIG = "processor_config.json"


class CogVLM2VideoProcessor:
    """Makes the inputs of `CogVLM2VideoForConditionalGeneration`.

    Attributes:
        tokenizer: the checkpoint's tokenizer. Special tokens that are spelt out in a text are read as plain text, so
            that no subtitle can place a vision token or end a prompt.
        image_size: side of a frame in pixels.
        tokens_per_frame: tokens that a frame takes.
        max_length: tokens that a prompt and its answer may take unless a call says otherwise.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        *,
        image_size: int,
        tokens_per_frame: int,
        max_length: int,
        bos_token_id: int,
        eos_token_id: int,
        placeholder_id: int,
        template_version: Template = "base",
    ) -> None:
        self.tokenizer = tokenizer
        self.image_size = image_size
        self.tokens_per_frame = tokens_per_frame
        self.max_length = max_length
        self.bos_token_id = bos_token_id
        self.eos_token_id = eos_token_id
        self.placeholder_id = placeholder_id
        self.template_version = template_version

    # -- prompts -------------------------------------------------------------------------------------------------

    def layout(
        self,
        text: str | None,
        *,
        num_frames: int = 0,
        times: Sequence[float] | None = None,
        history: Sequence[Turn] = (),
        answer: str | None = None,
        template: Template | None = None,
        label: Label = "index",
    ) -> Layout:
        """One prompt as plain lists; the arguments are those of `__call__` for one row."""
        return lay_out(
            self._encode,
            text,
            num_frames=num_frames,
            times=times,
            history=history,
            answer=answer,
            template=self._template(template),
            label=label,
            tokens_per_frame=self.tokens_per_frame,
            bos=self.bos_token_id,
            eos=self.eos_token_id,
            placeholder=self.placeholder_id,
        )

    def count(
        self,
        text: str | None,
        *,
        num_frames: int = 0,
        times: Sequence[float] | None = None,
        history: Sequence[Turn] = (),
        template: Template | None = None,
        label: Label = "index",
    ) -> int:
        """Tokens that this prompt takes, exactly as `__call__` would build it; no tensor is made."""
        made = self.layout(text, num_frames=num_frames, times=times, history=history, template=template, label=label)
        return len(made.input_ids)

    def count_text(self, text: str) -> int:
        """Tokens of a piece of text alone, without a start token or a template."""
        return len(self._encode(text))

    def __call__(
        self,
        text: str | Sequence[str | None] | None,
        clips: Any = None,
        *,
        times: Any = None,
        history: Any = None,
        answers: Any = None,
        template: Template | None = None,
        label: Label = "index",
        fit: Fit = "crop",
        pixel_aspect: float = 1.0,
        max_length: int | None = None,
        answer_tokens: int = 0,
    ) -> BatchFeature:
        """Build a batch, padded at the left.

        One prompt: `text` is a string (or none, for the prefix of a clip alone) and the other arguments belong to it.
        Several: `text` is a list, and `clips`, `times`, `history` and `answers` are lists of the same length, with
        none where a row has nothing.

        Args:
            text: the query of each row.
            clips: uint8 RGB frames, [T, H, W, 3] or [T, 3, H, W] or a list of [H, W, 3]; rows may differ in T, H, W.
            times: seconds of the frames from the start of their clip.
            history: past turns, pairs of question and answer; ignored by `base`.
            answers: answers to learn; adds `labels`.
            template: `chat`, `base` or `vqa`; default the checkpoint's, which is `base` in all published ones.
            label: what `chat` writes after each frame: `index` as published, whole `seconds`, or `none`.
            fit: `crop` as published, or `pad`, which keeps the whole picture.
            pixel_aspect: width of a pixel over its height, for all clips.
            max_length: tokens allowed, default `self.max_length`.
            answer_tokens: room to keep for the answer within `max_length`.

        Returns:
            input_ids, token_type_ids, attention_mask [B, L] int64; pixel_values [frames, 3, S, S] float32 where there
            is a clip; labels [B, L] where there is an answer. Pads are end tokens of type 0 under a mask of 0, never
            the placeholder.

        Raises:
            PromptTooLong: a prompt with the room for its answer exceeds `max_length`.
            ValueError: arguments that do not fit together.
        """
        single = text is None or isinstance(text, str)
        texts: list[str | None] = [text] if text is None or isinstance(text, str) else list(text)
        if not texts:
            raise ValueError("a batch has at least one prompt")

        def rows(name: str, given: Any) -> list[Any]:
            if given is None:
                return [None] * len(texts)
            listed = [given] if single else list(given)
            if len(listed) != len(texts):
                raise ValueError(f"{len(texts)} texts but {len(listed)} {name}")
            return listed

        films = [
            None if clip is None else transform(clip, self.image_size, fit, pixel_aspect)
            for clip in rows("clips", clips)
        ]
        layouts = [
            self.layout(
                query,
                num_frames=0 if film is None else len(film),
                times=moments,
                history=past or (),
                answer=answer,
                template=template,
                label=label,
            )
            for query, film, moments, past, answer in zip(
                texts, films, rows("times", times), rows("histories", history), rows("answers", answers), strict=True
            )
        ]
        limit = self.max_length if max_length is None else max_length
        longest = max(len(layout.input_ids) for layout in layouts)
        if longest + answer_tokens > limit:
            raise PromptTooLong(longest + answer_tokens, limit)
        data = self._pad(layouts, longest)
        pixels = [film for film in films if film is not None]
        if pixels:
            data["pixel_values"] = pixels[0] if len(pixels) == 1 else torch.cat(pixels)
        return BatchFeature(data)

    def frames(self, clip: Any, fit: Fit = "crop", pixel_aspect: float = 1.0) -> Tensor:
        """One clip to pixel_values alone: [T, 3, S, S], float32."""
        return transform(clip, self.image_size, fit, pixel_aspect)

    def _pad(self, layouts: Sequence[Layout], length: int) -> dict[str, Tensor]:
        def left(rows: Iterable[Sequence[int]], fill: int) -> Tensor:
            return torch.tensor([[fill] * (length - len(row)) + list(row) for row in rows], dtype=torch.long)

        # The end token, not the placeholder: nothing that counts placeholders by id may find any in the padding.
        data = {
            "input_ids": left((layout.input_ids for layout in layouts), self.eos_token_id),
            "token_type_ids": left((layout.token_type_ids for layout in layouts), 0),
            "attention_mask": left(([1] * len(layout.input_ids) for layout in layouts), 0),
        }
        if any(layout.labels is not None for layout in layouts):
            data["labels"] = left((layout.labels or [IGNORE] * len(layout.input_ids) for layout in layouts), IGNORE)
        return data

    def _encode(self, text: str) -> list[int]:
        # A lone surrogate, which a broken subtitle file can hold, has no bytes to encode.
        whole = text.encode("utf-8", "replace").decode("utf-8")
        ids: list[int] = self.tokenizer.encode(whole, add_special_tokens=False)
        return ids

    def _template(self, template: Template | None) -> Template:
        chosen = self.template_version if template is None else template
        if chosen not in TEMPLATES:
            raise ValueError(f"template {chosen!r} is none of {', '.join(TEMPLATES)}")
        return chosen

    # -- answers -------------------------------------------------------------------------------------------------

    def decode(self, ids: Tensor | Sequence[int]) -> str:
        """The words of one answer: the ids after the prompt, special tokens left out.

        Nothing else is changed: an answer of the `chat` template commonly starts with a blank.
        """
        listed = ids.tolist() if isinstance(ids, Tensor) else list(ids)
        # Ids past the tokenizer's end can be generated where the embedding is larger than its vocabulary.
        known = [token for token in listed if 0 <= token < len(self.tokenizer)]
        return str(self.tokenizer.decode(known, skip_special_tokens=True))

    def batch_decode(self, ids: Tensor | Sequence[Sequence[int]]) -> list[str]:
        """`decode` for each row."""
        return [self.decode(row) for row in ids]

    # -- loading and saving --------------------------------------------------------------------------------------

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | os.PathLike[str],
        *,
        revision: str | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        local_files_only: bool = False,
    ) -> CogVLM2VideoProcessor:
        """Read tokenizer.json and the sizes of a checkpoint, or what `save_pretrained` wrote.

        Raises:
            CheckpointError: nothing is found, or a file is missing or damaged.
        """
        folder = locate(
            pretrained_model_name_or_path, download=not local_files_only, revision=revision, cache_dir=cache_dir
        )
        tokenizer = _read_tokenizer(folder)
        path = folder / "config.json"
        if path.is_file():
            sizes = Geometry.from_dict(read_json(path), str(path))
            if len(tokenizer) > sizes.vocab_size:
                raise CheckpointError(
                    f"{folder / TOKENIZER}: has {len(tokenizer)} tokens and the model knows {sizes.vocab_size}: "
                    "copy the checkpoint's own tokenizer files there"
                )
            return cls._from_geometry(tokenizer, sizes)
        path = folder / PROCESSOR_CONFIG
        if not path.is_file():
            raise CheckpointError(f"{folder}: neither config.json nor {PROCESSOR_CONFIG}: not a processor's folder")
        return cls(tokenizer, **_read_settings(path))

    @classmethod
    def _from_geometry(cls, tokenizer: PreTrainedTokenizerFast, sizes: Geometry) -> CogVLM2VideoProcessor:
        return cls(
            tokenizer,
            image_size=sizes.image_size,
            tokens_per_frame=sizes.tokens_per_frame,
            max_length=sizes.max_position_embeddings,
            bos_token_id=sizes.bos_token_id,
            eos_token_id=sizes.eos_token_id,
            placeholder_id=sizes.pad_token_id,
            template_version=sizes.template_version,
        )

    def save_pretrained(self, save_directory: str | os.PathLike[str]) -> None:
        """Write the tokenizer's official files and processor_config.json; a model may be saved beside them."""
        folder = Path(save_directory)
        folder.mkdir(parents=True, exist_ok=True)
        special = {"bos_token": self.tokenizer.bos_token, "eos_token": self.tokenizer.eos_token}
        described: dict[str, Any] = {
            **special,
            "clean_up_tokenization_spaces": False,
            "model_input_names": ["input_ids", "token_type_ids", "attention_mask", "images"],
            "model_max_length": self.max_length,
            "tokenizer_class": "PreTrainedTokenizerFast",
        }
        (folder / TOKENIZER).write_text(self.tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
        _write_json(folder / TOKENIZER_CONFIG, described)
        _write_json(folder / "special_tokens_map.json", special)
        _write_json(folder / PROCESSOR_CONFIG, {name: getattr(self, name) for name in _SETTINGS})


_SETTINGS: Mapping[str, type] = {
    "image_size": int,
    "tokens_per_frame": int,
    "max_length": int,
    "bos_token_id": int,
    "eos_token_id": int,
    "placeholder_id": int,
    "template_version": str,
}


def _read_settings(path: Path) -> dict[str, Any]:
    found = read_json(path)
    for name, kind in _SETTINGS.items():
        if not isinstance(found.get(name), kind):
            raise CheckpointError(f"{path}: {name} is missing or no {kind.__name__}")
    return {name: found[name] for name in _SETTINGS}


def _read_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    path = folder / TOKENIZER
    if not path.is_file():
        raise CheckpointError(f"{folder}: no {TOKENIZER}: copy the checkpoint's tokenizer files there")
    described = read_json(folder / TOKENIZER_CONFIG) if (folder / TOKENIZER_CONFIG).is_file() else {}
    special = {name: _token(described.get(name)) for name in ("bos_token", "eos_token")}
    try:
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_file=str(path),
            # The published `true` is for WordPiece; transformers ignores it for byte-level BPE, with a warning.
            clean_up_tokenization_spaces=False,
            split_special_tokens=True,
            **{name: token for name, token in special.items() if token is not None},
        )
    except Exception as error:  # tokenizers raises bare Exception for a file it cannot read
        raise CheckpointError(f"{path}: not a tokenizer: {str(error).splitlines()[0][:120]}") from error
    if not tokenizer.encode("a", add_special_tokens=False):
        raise CheckpointError(f"{path}: knows no letters: copy the checkpoint's tokenizer files there")
    return tokenizer


def _token(described: object) -> str | None:
    """A special token as tokenizer_config.json may spell it: its text, or an object with it."""
    if isinstance(described, Mapping):
        described = described.get("content")
    return described if isinstance(described, str) else None


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
