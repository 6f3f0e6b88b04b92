"""Whether a folder holds a causal language model that can write here, judged before anything is computed.

Reads the configuration, the tokenizer and the headers of the weights, and builds the model without memory for its
weights: what transformers would leave at random or cannot place is found now, not after a film was watched. Everything
in the folder comes from outside, so whatever transformers makes of it becomes one line. No code of the folder is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longvid.cogvlm2.checkpoint import FLOATS, Stored, no_quantised, quantised, tensors_in
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.geometry import read_json
from longvid.errors import LLMError

PROMPT_FILES = ("*.json", "*.jinja", "*.model", "*.txt")
"""Configuration, tokenizer and templates."""
MOST_CONTEXT = 32_768
"""A longer context is not used: a merge of this size is already one call, and the cache would grow for nothing."""
LENGTHS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx", "context_length")
"""What configurations call the longest sequence, in tokens."""
SAYING = "The man walks to the house."
"""What a tokenizer must give back and a template must keep."""


@dataclass(frozen=True, slots=True)
class Causal:
    """A causal language model on disk, ready to be loaded."""

    folder: Path
    config: Any
    tokenizer: Any
    ends: tuple[int, ...]
    """Token ids that end an answer; at least one."""
    context: int
    """Tokens of prompt and answer."""

    @property
    def pad(self) -> int:
        """The token id that fills a batch."""
        known = self.tokenizer.pad_token_id
        return self.ends[0] if known is None else int(known)

    def render(self, prompt: str) -> str:
        """`prompt` as a user's turn, by the model's template if it has one; it asks for no thinking aloud."""
        if not self.tokenizer.chat_template:
            return prompt
        return str(
            self.tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}],
                tokenize=False,
                add_generation_prompt=True,
                # Known to the templates of models that think; what they think would use up the room for the answer.
                enable_thinking=False,
            )
        )

    def encode(self, text: str) -> list[int]:
        """Token ids of what `render` made."""
        # A template has written the special tokens already.
        return list(self.tokenizer.encode(text, add_special_tokens=not self.tokenizer.chat_template))


def read_causal(folder: Path) -> Causal:
    """Judge the model in `folder`. Raises LLMError, one line with what is wrong, where it cannot write here."""
    _quiet_transformers()
    try:
        said = read_json(folder / "config.json")
        stored = tensors_in(folder)
        for path in (path for pattern in PROMPT_FILES for path in folder.glob(pattern)):
            if not path.is_file():
                raise CheckpointError(f"{path}: is no regular file")
    except CheckpointError as error:
        raise LLMError(f"--llm: {error}") from error
    odd = next((f"{name} is {one.dtype}" for name, one in stored.items() if _is_odd(name, one)), None)
    if method := quantised(said, stored) or odd:
        raise LLMError(f"--llm: {folder}: {no_quantised(method)}")
    if (folder / "adapter_config.json").exists() or "transformers_weights" in said:
        raise LLMError(f"--llm: {folder}: its weights lie elsewhere, as an adapter's do; name a whole model")
    config, kind = _kind(folder, said)
    _require_tensors(folder, config, kind, stored)
    rows = _number(config.get_text_config(), "vocab_size")
    tokenizer = _tokenizer(folder, rows)
    text = config.get_text_config()
    lengths = [_number(text, name) for name in LENGTHS] + [_length(tokenizer)]
    context = min([length for length in lengths if length] + [MOST_CONTEXT])
    named = [getattr(holder, "eos_token_id", None) for holder in (tokenizer, config, text)]
    named.append(_generation(folder).get("eos_token_id"))
    ends = {end for one in named for end in _ids(one) if rows is None or end < rows}
    if not ends:
        raise LLMError(f"{folder} names no end token, so its answers would never end; name another --llm")
    made = Causal(folder, config, tokenizer, tuple(sorted(ends)), context)
    _require_words(made, rows)
    return made


def _quiet_transformers() -> None:
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _kind(folder: Path, said: Mapping[str, Any]) -> tuple[Any, Any]:
    """The configuration and the class of the causal language model that config.json describes."""
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    try:
        config: Any = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        kind: Any = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    except Exception as error:
        own = "; it needs code of its own, which is never run" if "auto_map" in said else ""
        raise LLMError(f"{folder}: transformers cannot read its config.json: {_line(error)}{own}") from error
    named = said.get("architectures")
    called = next((str(name) for name in named or () if isinstance(name, str)), "") if isinstance(named, list) else ""
    if isinstance(kind, list | tuple):
        kind = next((one for one in kind if one.__name__ == called), kind[0])
    causal = not called or called.endswith(("ForCausalLM", "LMHeadModel")) or called == getattr(kind, "__name__", "")
    if kind is None or not causal or getattr(config, "is_encoder_decoder", False):
        what = f"{called or 'a model'} ({config.model_type})"
        raise LLMError(f"{folder}: {what} is no causal language model; name another --llm")
    return config, kind


def _require_tensors(folder: Path, config: Any, kind: Any, stored: Mapping[str, Stored]) -> None:
    """Raise LLMError unless the files hold every tensor of the model, in its shape.

    transformers itself places them, by its own rules for names, tied and fused weights; none has memory.
    """
    import torch

    layers = _number(config.get_text_config(), "num_hidden_layers")
    if layers is not None and layers > len(stored):
        raise LLMError(f"{folder}: its config.json names {layers} layers and its files hold {len(stored)} tensors")

    class Shape(torch.Tensor):
        """A tensor without numbers that stays one wherever it is moved."""

        def to(self, *args: Any, **options: Any) -> Any:
            return self

    # What is missing would be made at random, at the size of the true one: it is only to be named.
    only_named = {"_move_missing_keys_from_meta_to_device": _nothing, "_initialize_missing_keys": _nothing}
    unfilled: Any = type(kind.__name__, (kind,), only_named)
    shapes = {
        name: torch.empty(one.shape, dtype=torch.float32, device="meta").as_subclass(Shape)
        for name, one in stored.items()
    }
    try:
        _, found = unfilled.from_pretrained(
            None,
            config=config,
            state_dict=shapes,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except Exception as error:
        raise LLMError(f"{folder}: its weights do not fit its config.json: {_line(error)}") from error
    misshapen = [f"{name} is {list(has)}, not {list(requires)}" for name, has, requires in found["mismatched_keys"]]
    for fault, names in (("lacks tensors", found["missing_keys"]), ("has misshapen tensors", misshapen)):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise LLMError(
                f"{folder} {fault}: {'; '.join(sorted(names)[:3])}{more}; copy it again, or name another --llm"
            )


def _nothing(*args: Any, **options: Any) -> None:
    return None


def _tokenizer(folder: Path, rows: int | None) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, padding_side="left"
        )
        same = "".join(tokenizer.decode(tokenizer.encode(SAYING), skip_special_tokens=True).split()).casefold()
    except Exception as error:
        raise LLMError(f"{folder}: transformers cannot read its tokenizer: {_line(error)}") from error
    if same != "".join(SAYING.split()).casefold():
        raise LLMError(f"{folder}: its tokenizer is no usable one; copy the model's own tokenizer files there")
    if rows is not None and tokenizer.vocab_size > rows:
        raise LLMError(
            f"{folder}: its tokenizer has {tokenizer.vocab_size} tokens and the model knows {rows}; copy the model's "
            "own tokenizer files there"
        )
    return tokenizer


def _require_words(made: Causal, rows: int | None) -> None:
    """Raise LLMError unless a prompt comes through the template, in tokens that the model knows."""
    try:
        text = made.render(SAYING)
        ids = made.encode(text)
    except Exception as error:
        raise LLMError(f"{made.folder}: its chat template cannot be used: {_line(error)}") from error
    if SAYING not in text:
        raise LLMError(f"{made.folder}: its chat template leaves out what it is given; put it right")
    if rows is not None and max([*ids, made.pad]) >= rows:
        raise LLMError(f"{made.folder}: its special tokens are not in the model's vocabulary of {rows}")


def _generation(folder: Path) -> Mapping[str, Any]:
    """generation_config.json as plain data, of which only the end tokens count; empty where it cannot be read."""
    try:
        return read_json(folder / "generation_config.json")
    except CheckpointError:
        return {}


def _ids(said: object) -> list[int]:
    """The token ids in `said`, a number or a list of some; what is none is left out."""
    values = said if isinstance(said, list | tuple) else [said]
    return [value for value in values if isinstance(value, int) and not isinstance(value, bool) and value >= 0]


def _number(config: Any, name: str) -> int | None:
    """The natural number that `config` has as `name`, None if it has none."""
    value = getattr(config, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _length(tokenizer: Any) -> int | None:
    """The longest sequence by the tokenizer, None where it does not say; it says 10^30 for "any"."""
    told = tokenizer.model_max_length
    known = isinstance(told, int | float) and not isinstance(told, bool) and told >= 1
    return int(min(told, MOST_CONTEXT)) if known else None


def _is_odd(name: str, stored: Stored) -> bool:
    """Whether it is a weight whose numbers are no floats as they are."""
    return name.endswith(".weight") and stored.dtype not in (*FLOATS, "F64")


def _line(error: Exception) -> str:
    """What transformers says, as one line and short."""
    line = " ".join(str(error).split()) or type(error).__name__
    return line if len(line) <= 200 else f"{line[:199]}…"
