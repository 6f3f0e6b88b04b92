"""Whether a folder holds a causal language model that can write here, judged before anything is computed.

`folders` judges its configuration and its weights; here its kind, its tokenizer and its chat template are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from longvid.engine.backends.tokens import context_of, end_tokens, number
from longvid.errors import LLMError


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
    quiet_transformers()
    try:
        said, stored = read_folder(folder)
    except CheckpointError as error:
        raise LLMError(f"--llm: {error}") from error
    try:
        config = read_config(folder, said)
        kind = _kind(folder, said, config)
        require_tensors(folder, config, kind, stored, "--llm")
    except CheckpointError as error:
        raise LLMError(str(error)) from error
    text = config.get_text_config()
    rows = number(text, "vocab_size")
    tokenizer = _tokenizer(folder, rows)
    ends = end_tokens(folder, rows, tokenizer, config, text)
    if not ends:
        raise LLMError(f"{folder} names no end token, so its answers would never end; name another --llm")
    made = Causal(folder, config, tokenizer, ends, context_of(text, tokenizer))
    _require_words(made, rows)
    return made


def _kind(folder: Path, said: Mapping[str, Any], config: Any) -> Any:
    """The class of the causal language model that config.json describes. Raises CheckpointError for another kind."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    try:
        kind: Any = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    except Exception as error:
        raise CheckpointError(f"{folder}: transformers cannot open its kind of model: {line_of(error)}") from error
    called = architecture(said)
    if isinstance(kind, list | tuple):
        kind = next((one for one in kind if one.__name__ == called), kind[0])
    causal = not called or called.endswith(("ForCausalLM", "LMHeadModel")) or called == getattr(kind, "__name__", "")
    if kind is None or not causal or getattr(config, "is_encoder_decoder", False):
        what = f"{called or 'a model'} ({config.model_type})"
        raise CheckpointError(f"{folder}: {what} is no causal language model; name another --llm")
    return kind


def _tokenizer(folder: Path, rows: int | None) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, padding_side="left"
        )
        same = "".join(tokenizer.decode(tokenizer.encode(SAYING), skip_special_tokens=True).split()).casefold()
    except Exception as error:
        raise LLMError(f"{folder}: transformers cannot read its tokenizer: {line_of(error)}") from error
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
        raise LLMError(f"{made.folder}: its chat template cannot be used: {line_of(error)}") from error
    if SAYING not in text:
        raise LLMError(f"{made.folder}: its chat template leaves out what it is given; put it right")
    if rows is not None and max([*ids, made.pad]) >= rows:
        raise LLMError(f"{made.folder}: its special tokens are not in the model's vocabulary of {rows}")
