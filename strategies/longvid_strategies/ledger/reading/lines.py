"""Asking for lines: an answer of which nothing can be read is asked for once more, with the fault named."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from longvid.strategy import Context
from longvid_strategies.ledger.reading.sources import room

T = TypeVar("T")

MARK = re.compile(r"^\s*(?:[-\u2022*]\s+(?!\|)|\(?\d{1,3}[.)]\s+(?=\d))")
"""List marks that models put before lines they were not asked to number; a dash before a bar is an empty cell."""
NONE = re.compile(r"\W*(?:none|no|nothing|no (?:connections?|links?|lines?|facts?)[^|\n]*)\W*", re.IGNORECASE)
"""An answer that says that there is nothing to say."""
LEAST_ANSWER = 24
"""Tokens; fewer hold no line."""


CELL = r'[^|"\\\n]+'
NUMBERS, LETTERS = "[0-9]{1,4}(, [0-9]{1,4}){0,7}", "[a-z](, [a-z]){0,7}"


@dataclass(frozen=True, slots=True)
class Form:
    """How a line of an answer looks."""

    told: str
    """As the LLM is told."""
    pattern: str
    """As a server is held to it: a regular expression without look-around."""


class Unread(Exception):
    """An answer of which nothing could be read, twice."""


async def ask(
    context: Context,
    prompt: str,
    tokens: int,
    read: Callable[[str], Sequence[T] | None],
    form: Form,
    *,
    none: bool = True,
) -> list[T]:
    """What `read` makes of the lines of the answer to `prompt`, which may have `tokens` tokens.

    Each line is read by itself, so that one bad line costs itself alone; `read` gives None for one that is right and of
    no use. `form` is how a line should look: an LLM that does not keep to it is held to it where its server can do
    that. `none` says that an answer may be that there is nothing. Raises Unread where nothing can be read, the second
    time too.
    """
    fault = f"Your last answer had no line of the form {form.told} and could not be read. Write only such lines."
    for asked, line in ((prompt, None), (f"{prompt}\n\n{fault}", form.pattern)):
        most = room(context, asked, tokens)
        if most < LEAST_ANSWER:
            break
        answer = await context.write(asked, max_tokens=most, line=line)
        # Whole lines of an answer that broke off are as good as any: what is not whole, or loops, the guards have cut.
        text = answer.text if answer.ok or answer.reason in ("cut-off", "looping") else ""
        lines = [MARK.sub("", line).strip() for line in text.splitlines() if line.strip()]
        rows = list(map(read, lines))
        found = [one for row in rows for one in row or ()]
        useless = [row is None or bool(NONE.fullmatch(line)) for row, line in zip(rows, lines, strict=True)]
        if found or (none and lines and all(useless)):
            return found
    raise Unread


def numbers(text: str) -> list[int]:
    """The whole numbers of `text`, ranges ("3-5") spelt out, each once."""
    found: list[int] = []
    for match in re.finditer(r"(\d{1,4})(?:\s*[-\u2013]\s*(\d{1,4}))?", text):
        first, last = int(match[1]), int(match[2] or match[1])
        found += range(first, min(last, first + 50) + 1)
    return list(dict.fromkeys(found))


def cells(line: str) -> list[str]:
    """What stands between the bars of a line."""
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    return [" ".join(cell.split()) for cell in line.rstrip("| ").split("|")]
