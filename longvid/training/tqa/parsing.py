"""What the language model said, read strictly: an answer is of the form that was asked for, or it is none.

A fence of Markdown around a JSON object is the one thing that is taken away, since models add it whatever they are
told. Knows no model.
"""

from __future__ import annotations

import re

from longvid.files import parse_json
from longvid.text import printable
from longvid.training.tqa.clip import Pair

FENCE = re.compile(r"\A```(?:json)?\s*\n(.*)\n\s*```\Z", re.DOTALL | re.IGNORECASE)
SECOND = re.compile(
    r"\b(\d{1,4})(?:st|nd|rd|th)[ -]second\b|\bseconds?\s+(\d{1,4})\b|\b(\d{1,4}(?:\.\d+)?)\s*-?(?:seconds?|secs?|s)\b",
    re.IGNORECASE,
)
CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")


class Unreadable(Exception):
    """An answer is not of the form that was asked for."""


def parse_verdict(text: str) -> bool:
    """Whether `text` says Yes; raises Unreadable where it says neither Yes nor No alone."""
    word = text.strip().removesuffix(".").casefold()
    if word not in ("yes", "no"):
        raise Unreadable
    return word == "yes"


def parse_pair(text: str) -> Pair | None:
    """The question and answer in `text`, None where it says None. Raises Unreadable for anything else."""
    text = text.strip()
    if text.removesuffix(".") == "None":
        return None
    try:
        value = parse_json(match[1] if (match := FENCE.match(text)) else text)
    except ValueError as error:
        raise Unreadable from error
    if not isinstance(value, dict) or set(value) != {"question", "answer"}:
        raise Unreadable
    question, answer = (" ".join(printable(str(value[key])).split()) for key in ("question", "answer"))
    if not all(isinstance(each, str) for each in value.values()) or not question or not answer:
        raise Unreadable
    return Pair(question, answer)


def seconds_in(text: str) -> list[str]:
    """The seconds that `text` names, as it writes them: "the 12th second", "second 12", "12 seconds", "0:12"."""
    named = [next(filter(None, match)) for match in SECOND.findall(text)]
    return [*named, *CLOCK.findall(text)]


def second_of(pair: Pair) -> int | None:
    """The one second that the answer names; None where it names none or several, or the question names one."""
    named = seconds_in(pair.answer)
    if len(named) != 1 or not named[0].isdecimal() or seconds_in(pair.question):
        return None
    return int(named[0])
