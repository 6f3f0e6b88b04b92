"""The numbers that a text says, in digits of any script or in English words. Knows no quantities and no sources."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from longvid.text.sentences import word_list

NUMBERS = {
    word: number
    for number, word in enumerate(
        word_list(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen twenty"
        )
    )
}
TENS = {word: 20 + 10 * i for i, word in enumerate(word_list("twenty thirty forty fifty sixty seventy eighty ninety"))}
ONES = NUMBERS | TENS
SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6}
DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
TOKEN = re.compile(rf"{DIGITS.pattern}|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number where a text says it."""

    form: str
    """In digits."""
    parts: frozenset[str]
    """The numbers that it is written with, where there are several: 3 and 15 of "3:15"."""
    spelt: bool
    """In words."""
    before: str
    """The word before it, lower case."""
    after: tuple[str, ...]
    """The two words after it, lower case: one of them is likely what it counts."""


def numerals(text: str) -> Iterator[Numeral]:
    """The numbers that `text` says, in order. "One" is one of them, wherever it stands."""
    tokens = TOKEN.findall(_ascii_digits(text).lower())
    at = 0
    while at < len(tokens):
        begun, spelt = at, not tokens[at][0].isdigit()
        if spelt:
            parts, at = _spelt(tokens, at)
        else:
            parts, at = _written(tokens[at]), at + 1
        if not parts:
            at += 1
            continue
        # "Nineteen eighty-four" is a year; three numbers of a row are no number together.
        form = ("" if spelt else ".").join(parts)
        before = tokens[begun - 1] if begun else ""
        yield Numeral(form, frozenset(parts if len(parts) > 1 else ()), spelt, before, tuple(tokens[at : at + 2]))


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _written(digits: str) -> list[str]:
    """The parts of a number in digits: "1,000" is 1000, "3:15" is 3 and 15."""
    whole = re.sub(r",(?=\d{3}(?!\d))", "", digits)
    # Never made numbers of: what a model writes can have more digits than Python reads.
    return [part.lstrip("0") or "0" for part in re.split(r"[.,:]", whole)]


def _spelt(tokens: list[str], at: int) -> tuple[list[str], int]:
    """The numbers spelt from `at` on, as digits, and where they end; none where no number begins."""
    values: list[int] = []
    done, current = 0, None
    while at < len(tokens):
        token = tokens[at]
        if token in SCALES and (current is not None or token == "dozen" or tokens[max(0, at - 1)] == "a"):
            size = SCALES[token]
            whole = max(1, current or 0) * size
            done, current = (done + whole, 0) if size >= 1000 else (done, whole)
        elif token in ONES:
            if current is not None and not _goes_on(done, current, ONES[token]):
                values.append(done + current)
                done = current = 0
            current = (current or 0) + ONES[token]
        elif not (token == "and" and current is not None and _may_add(done, current, tokens[at + 1 : at + 2])):
            break
        at += 1
    return [] if current is None else [str(value) for value in [*values, done + current]], at


def _may_add(done: int, current: int, after: list[str]) -> bool:
    """Whether "and" goes on with a number, as in "two hundred and six"."""
    return done + current >= 100 and current % 100 == 0 and bool(after) and after[0] in ONES


def _goes_on(done: int, current: int, size: int) -> bool:
    """Whether a number goes on with the word for `size`: "twenty" with "one", "hundred" with anything below it."""
    if current == 0:
        return done > 0
    return current % 100 == 0 or (size < 10 and current % 10 == 0 and current % 100 >= 20)
