"""What an LLM said, made an answer: what it thought aloud is dropped, and what is far over its limit cut.

Works on text alone; the guards judge what is left.
"""

from __future__ import annotations

import re
from dataclasses import replace

from longvid.engine.request import Raw, Request

_WORDS = r"(?:think|thinking|thought|thoughts|reasoning|seed:think)"
_OPEN, _CLOSE = rf"(?:<{_WORDS}\s*>|\[THINK\])", rf"(?:</{_WORDS}\s*>|\[/THINK\])"
_BLOCK = re.compile(rf"{_OPEN}.*?(?:{_CLOSE}|\Z)", re.IGNORECASE | re.DOTALL)
_BEFORE = re.compile(rf"\A.*{_CLOSE}", re.IGNORECASE | re.DOTALL)
MOST_BYTES_PER_TOKEN = 8
"""No language's text has as many a token on average, so what is longer than this is over the limit for certain."""


def without_thoughts(text: str, *, thinking: bool = False) -> str:
    """`text` without the blocks that a model marks as its thoughts; one that is not closed goes to the end.

    Where the prompt itself opened the block (`thinking`), the text begins inside it.
    """
    if thinking and not re.search(_CLOSE, text, re.IGNORECASE):
        return ""
    # A block whose opening was part of the prompt: all before its end was thought.
    return _BEFORE.sub("", _BLOCK.sub("", text)).strip()


def opens_thoughts(prompt: str) -> bool:
    """Whether `prompt` ends inside a block of thoughts that it opened."""
    return re.search(rf"{_OPEN}\s*\Z", prompt, re.IGNORECASE) is not None


def without_opening(prompt: str) -> str:
    """`prompt` so that it ends outside a block of thoughts: one that it opened is closed at once, empty. What a model
    thinks would use up the room for its answer."""
    opening = re.search(rf"({_OPEN})\s*\Z", prompt, re.IGNORECASE)
    if opening is None:
        return prompt
    closing = opening[1].replace("<", "</").replace("[", "[/")
    return f"{prompt.rstrip()}\n\n{closing}\n\n"


def is_mark(token: str) -> bool:
    """Whether `token` opens or closes a block of thoughts."""
    return re.fullmatch(rf"{_OPEN}|{_CLOSE}", token.strip(), re.IGNORECASE) is not None


def within_limit(raw: Raw, request: Request, *, bytes_per_token: int = MOST_BYTES_PER_TOKEN) -> Raw:
    """`raw`, cut at the limit of `request` and marked so where it is longer than any text of so many tokens."""
    limit = request.max_tokens * bytes_per_token
    said = raw.text.encode()
    if len(said) <= limit:
        return raw
    return replace(raw, text=said[:limit].decode(errors="ignore"), finish="length", answer_tokens=request.max_tokens)
