"""What a folder's tokenizer and configurations say of tokens: where an answer ends, how long a sequence may be, which
are orders and which are words. Everything in the folder comes from outside: what is no sensible value is left out.

Shared by the models of transformers that write and those that watch; loads no weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.geometry import read_json
from longvid.engine.backends.spoken import is_mark

MOST_CONTEXT = 32_768
"""A longer context is not used: a merge of this size is already one call, and the cache would grow for nothing."""
LENGTHS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx", "context_length")
"""What configurations call the longest sequence, in tokens."""


def number(config: Any, name: str) -> int | None:
    """The natural number that `config` has as `name`, None if it has none."""
    value = getattr(config, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def context_of(config: Any, tokenizer: Any) -> int:
    """Tokens of prompt and answer, by the text model's `config` and the tokenizer, at most `MOST_CONTEXT`."""
    lengths = [number(config, name) for name in LENGTHS] + [_length(tokenizer)]
    return min([length for length in lengths if length] + [MOST_CONTEXT])


def end_tokens(folder: Path, rows: int | None, *holders: Any) -> tuple[int, ...]:
    """Ids that end an answer, ascending: those that `holders` (tokenizer, configurations) and generation_config.json
    name, below `rows`, the size of the model's vocabulary where it is known. They need not agree, so all count."""
    named = [getattr(holder, "eos_token_id", None) for holder in holders]
    named.append(_generation(folder).get("eos_token_id"))
    return tuple(sorted({end for one in named for end in _ids(one) if rows is None or end < rows}))


def controls(tokenizer: Any, more: Iterable[str] = ()) -> list[str]:
    """The tokens that are orders to a model, as text, ascending: special and added ones, and `more`."""
    return sorted(token for token in {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab(), *more} if token[1:])


def harmless(prompt: str, orders: Sequence[str]) -> str:
    """`prompt` without `orders`: one spelt out in a caption or a subtitle is words, and a blank inside breaks it."""
    for token in orders:
        prompt = prompt.replace(token, f"{token[0]} {token[1:]}")
    return prompt


def text_of(tokenizer: Any, ids: Sequence[int]) -> str:
    """What `ids` say, without special tokens; but marks around thoughts stay, special or not."""
    marks = {tokenizer.convert_tokens_to_ids(token) for token in tokenizer.all_special_tokens if is_mark(token)}
    unsaid = set(tokenizer.all_special_ids) - marks
    return str(tokenizer.decode([index for index in ids if index not in unsaid], skip_special_tokens=False))


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


def _length(tokenizer: Any) -> int | None:
    """The longest sequence by the tokenizer, None where it does not say; it says 10^30 for "any"."""
    told = tokenizer.model_max_length
    known = isinstance(told, int | float) and not isinstance(told, bool) and told >= 1
    return int(min(told, MOST_CONTEXT)) if known else None
