"""Event lines: what a chunk shows, one event a line, `second | who | does what | place`; and how they are read.

Read leniently, since a model wrote them: list marks, units and missing parts are allowed for, and a line that cannot be
read is counted, never guessed at. Knows nothing of who is who.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from longvid.strategy.contract import Answer
from longvid.text import printable

MOST_ROWS = 24
"""Rows of one answer; what stands behind them is a list that a model did not end."""
MOST_WORDS = 60
"""Words of one part of a row."""
MARK = re.compile(r"^\s*(?:[-*\u2022]|\(?\d+[.)](?=\s))\s*")
SECOND = re.compile(
    r"^(?:at\s+)?(?:(?:(\d+):)?(\d{1,2}):)?(\d{1,5}(?:\.\d+)?)\s*(?:s|sec|secs|second|seconds)?\.?$", re.I
)
PAST = re.compile(r"\b(?:flash-?\s?back|in the past|years? (?:earlier|before|ago)|(?:a|the) memory)\b", re.I)
"""Says that what is shown happened before what was shown before it."""
HEADER = re.compile(r"^(?:second|time)s?$", re.I)


@dataclass(frozen=True, slots=True)
class Row:
    """One event as a chunk's answer tells it: a row of evidence. Texts are single lines."""

    id: str
    """`3.0`: chunk 3, its first row."""
    chunk: int
    second: float | None
    """Seconds from the start of the chunk; None where the line names none."""
    who: str
    what: str
    """What they do, verb first: "opens the door"."""
    place: str
    past: bool = False
    """Told as a flashback."""

    def line(self) -> str:
        """The row as an event line again."""
        parts = ["" if self.second is None else f"{self.second:g}", self.who, self.what, self.place]
        return " | ".join(parts if self.place else parts[:3])


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read of one answer, and how many of its lines could not."""

    rows: tuple[Row, ...]
    unread: int


def parse_events(text: str, chunk: int) -> Parsed:
    """The rows of the answer `text` about the chunk with index `chunk`."""
    rows: list[Row] = []
    unread = 0
    for raw in printable(text).split("\n"):
        line = MARK.sub("", raw).strip().strip("`").strip("|").strip()
        if not line:
            continue
        row = _row(line, chunk, len(rows))
        if row is None:
            unread += not _is_header(line)
        elif len(rows) < MOST_ROWS:
            rows.append(row)
        else:
            unread += 1
    return Parsed(tuple(rows), unread)


def read_events(answers: Sequence[tuple[int, Answer]]) -> Parsed:
    """The rows of all `answers`, each with the index of its chunk, in order."""
    parsed = [parse_events(answer.text, chunk) for chunk, answer in answers]
    return Parsed(tuple(row for one in parsed for row in one.rows), sum(one.unread for one in parsed))


def _row(line: str, chunk: int, number: int) -> Row | None:
    parts = [" ".join(part.split()) for part in line.split("|")]
    second = _seconds(parts[0]) if len(parts) > 2 else None
    if second is not None or (len(parts) > 3 and not parts[0]):
        parts = parts[1:]
    if len(parts) < 2:
        return None
    who, what, place = parts[0].strip(" ,;:"), parts[1].strip(" .;:"), " ".join(parts[2:]).strip(" .;:")
    if not re.search(r"[^\W\d_]", who) or not re.search(r"[^\W\d_]", what) or _is_header(line):
        return None
    if max(len(part.split()) for part in (who, what, place)) > MOST_WORDS:
        return None
    past = bool(PAST.search(place) or PAST.search(what))
    return Row(f"{chunk}.{number}", chunk, second, who, what, _place(place), past)


def _seconds(part: str) -> float | None:
    match = SECOND.match(part)
    if match is None:
        return None
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def _place(part: str) -> str:
    """The place without what says that it is shown in a flashback, and without "in the"."""
    part = re.sub(r"\s*\(\s*\)\s*", " ", PAST.sub("", part)).strip(" ,:;-")
    return re.sub(r"^(?:a |in |at |on |of |to |inside )*(?:the |a |an )?", "", part, flags=re.I).strip(" ,:;-()")


def _is_header(line: str) -> bool:
    """The head of a table ("second | who | ...") or the rule under it."""
    first = line.split("|")[0].strip()
    return bool(HEADER.match(first)) or not re.search(r"\w", line)
