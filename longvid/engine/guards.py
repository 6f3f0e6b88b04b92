"""The guards between a model and everything that reads it: no looping, empty, cut-off or refused answer passes as a
good one.

Of an answer that loops each loop is kept once, of one that was cut off its whole sentences, and both are marked
degraded; a refusal or garbage keeps nothing. An answer in rows (`a | b | c`, a line each) is judged by its lines in
place of sentences. What a file says is no model's answer and is not judged. Works on text alone; the backends stop
loops while they decode (`longvid.text.repeated_tail`).
"""

from __future__ import annotations

from dataclasses import dataclass

from longvid import text as plain
from longvid.engine.refusals import refuses
from longvid.engine.request import Raw
from longvid.strategy.contract import Reason, Status

GARBLED_SHARE = 0.02
"""Share of broken characters from which an answer is garbled; a single odd one in a long answer is not."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer after the guards."""

    text: str
    status: Status
    reason: Reason | None


def judge(raw: Raw) -> Verdict:
    """What may be used of `raw`, and why not all of it."""
    text = plain.printable(raw.text).strip()
    if raw.finish == "refused":
        return Verdict("", "degraded", "refused")
    if not text:
        return Verdict("", "degraded", "empty")
    if raw.finish == "given":
        return Verdict(text, "ok", None)
    if _is_garbled(raw.text):
        return Verdict("", "degraded", "garbled")
    if refuses(text):
        return Verdict("", "degraded", "refused")
    if _is_rows(text):
        return _judge_rows(raw, text)
    found = plain.sentences(text)
    whole = found if raw.finish == "stop" else _whole(found)
    once = plain.without_loops(whole, stopped=raw.finish == "loop")
    if len(once) < len(whole) or raw.finish == "loop":
        return Verdict(plain.without_boilerplate(" ".join(once)), "degraded", "looping")
    if raw.finish == "length":
        # Where the limit fell exactly on a sentence's end, the model still had more to say.
        return Verdict(plain.without_boilerplate(" ".join(whole)), "degraded", "cut-off")
    return Verdict(plain.without_boilerplate(text), "ok", None)


def _is_rows(text: str) -> bool:
    """Whether at least half of the lines of `text` have parts separated by bars."""
    lines = [line for line in text.split("\n") if line.strip()]
    return 2 * sum("|" in line for line in lines) >= len(lines)


def _judge_rows(raw: Raw, text: str) -> Verdict:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    # Nothing in a row says whether it is whole.
    whole = lines if raw.finish == "stop" else lines[:-1]
    once = plain.without_loops(whole, stopped=raw.finish == "loop")
    if len(once) < len(whole) or raw.finish == "loop":
        return Verdict("\n".join(once), "degraded", "looping")
    if raw.finish == "length":
        return Verdict("\n".join(whole), "degraded", "cut-off")
    return Verdict("\n".join(whole), "ok", None)


def _whole(found: list[str]) -> list[str]:
    """`found` without what stands behind its last whole sentence."""
    end = len(found)
    while end and not plain.is_whole(found[end - 1]):
        end -= 1
    return found[:end]


def _is_garbled(text: str) -> bool:
    """Whether hardly half of `text` is letters and digits, or more than a fiftieth of it no character at all."""
    solid = [c for c in text if not c.isspace()]
    broken = text.count("\ufffd") + sum(1 for c in solid if not plain.printable(c))
    return sum(c.isalnum() for c in solid) < len(solid) / 2 or broken > len(solid) * GARBLED_SHARE
