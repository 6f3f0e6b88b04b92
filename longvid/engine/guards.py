"""The guards between a model and everything that reads it: no looping, empty, cut-off or refused answer passes as a
good one.

A looping or cut-off answer keeps its leading whole, unrepeated sentences and is marked degraded; a refusal or garbage
keeps nothing. An answer in rows (`a | b | c`, a line each) is judged by its lines in place of sentences. Works on text
alone; the backends stop loops while they decode (`longvid.text.repeated_tail`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from longvid import text as plain
from longvid.engine.request import Raw
from longvid.strategy.contract import Reason, Status

REFUSAL = re.compile(
    r"^\W*(?:(?:i\W?m|i am|we\W?re)\s+(?:very\s+|so\s+)?(?:sorry|unable|not able)\b|sorry\b|i\s+apologi[sz]e\b"
    r"|i\s+(?:can\W?t|cannot|can not|could not|couldn\W?t|won\W?t)\s+(?:help|assist|provide|do|answer|describe|"
    r"summari[sz]e|fulfil|comply|complete|see|watch|view)"
    r"|as an? (?:ai|artificial|large|language)\b)",
    re.IGNORECASE,
)
GARBLED_SHARE = 0.02
"""Share of broken characters from which an answer is garbled; a single odd one in a long answer is not."""
SENTENCE_REPEATS = 3
"""A sentence that an answer says this often is a loop; twice can be style."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer after the guards."""

    text: str
    status: Status
    reason: Reason | None


def judge(raw: Raw) -> Verdict:
    """What may be used of `raw`, and why not all of it."""
    text = plain.printable(raw.text).strip()
    if not text:
        return Verdict("", "degraded", "empty")
    if _is_garbled(raw.text):
        return Verdict("", "degraded", "garbled")
    if raw.finish == "refused" or REFUSAL.search(text):
        return Verdict("", "degraded", "refused")
    if _is_rows(text):
        return _judge_rows(raw, text)
    found = plain.sentences(text)
    repeat = plain.first_repeat([plain.normal(sentence) for sentence in found], SENTENCE_REPEATS)
    if repeat is not None or raw.finish == "loop":
        kept = found[: repeat if repeat is not None else len(found)]
        return _degraded(_unrepeated(kept), "looping")
    if raw.finish == "length" and not plain.is_whole(found[-1]):
        return _degraded(found, "cut-off")
    if raw.finish == "length":
        # The limit fell exactly on a sentence's end: what stands is whole, but the model had more to say.
        return Verdict(plain.without_boilerplate(" ".join(found)), "degraded", "cut-off")
    return Verdict(plain.without_boilerplate(text), "ok", None)


def _is_rows(text: str) -> bool:
    """Whether at least half of the lines of `text` have parts separated by bars."""
    lines = [line for line in text.split("\n") if line.strip()]
    return 2 * sum("|" in line for line in lines) >= len(lines)


def _judge_rows(raw: Raw, text: str) -> Verdict:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    repeat = plain.first_repeat([plain.normal(line) for line in lines], SENTENCE_REPEATS)
    if repeat is not None or raw.finish == "loop":
        whole = lines[:-1] if raw.finish != "stop" else lines
        return Verdict("\n".join(_unrepeated(whole)), "degraded", "looping")
    if raw.finish == "length":
        # Nothing in a row says whether it is whole.
        return Verdict("\n".join(lines[:-1]), "degraded", "cut-off")
    return Verdict("\n".join(lines), "ok", None)


def _degraded(found: list[str], reason: Reason) -> Verdict:
    while found and not plain.is_whole(found[-1]):
        found = found[:-1]
    return Verdict(plain.without_boilerplate(" ".join(found)), "degraded", reason)


def _unrepeated(found: list[str]) -> list[str]:
    """`found` up to its first item that says again what one before it said."""
    seen: set[str] = set()
    for index, sentence in enumerate(found):
        words = plain.normal(sentence)
        if words in seen:
            return found[:index]
        seen.add(words)
    return found


def _is_garbled(text: str) -> bool:
    """Whether hardly half of `text` is letters and digits, or more than a fiftieth of it no character at all."""
    solid = [c for c in text if not c.isspace()]
    broken = text.count("\ufffd") + sum(1 for c in solid if not plain.printable(c))
    return sum(c.isalnum() for c in solid) < len(solid) / 2 or broken > len(solid) * GARBLED_SHARE
