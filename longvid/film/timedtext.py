"""Text of a subtitle file to cues: SubRip, WebVTT and SubStation Alpha as they are really written.

The three are told by what is in them, never by the name. A row that is broken costs itself and no other. What is none
of them goes to pysubs2. Work is linear in the length of the text, whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST_RAW = 10_000  # characters of an event with markup

STAMP = r"(-?)(?:(\d{1,4})[ \t]?:[ \t]?)?(\d{1,3})[ \t]?:[ \t]?(\d{1,2})(?:[ \t]?[.,:][ \t]?(\d{1,9}))?"
TIMES = re.compile(rf"[ \t]*{STAMP}[ \t]*-{{1,3}}>[ \t]*{STAMP}(?!\d)")
TIME = re.compile(rf"[ \t]*{STAMP}[ \t]*")
UNREAD = re.compile(r"[ \t]*-?\d{1,4}[ \t]?:[ \t]?\w{1,3}[ \t]?:.{0,20}?-[->]|(?=[^A-Za-z]{0,40}\d)[^A-Za-z]{0,40}?-->")
"""What should be times, and cannot be read where `TIMES` does not match."""
SUBSTATION = re.compile(r"^[ \t]*\[(?:script info|v4\+? styles|events)\]", re.IGNORECASE | re.MULTILINE)
FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")


class RawCue(NamedTuple):
    """Raw text from `start` to `end` (s on the file's own clock; None: the end is not known).

    speaker : what the format has in its field for who speaks; often something else
    """

    start: float
    end: float | None
    text: str
    speaker: str = ""


def cues(text: str, fps: float | None) -> Iterator[RawCue]:
    """Every cue of a file, in its order. `fps` is for formats that count frames.

    Raises ValueError, with the reason, where `text` holds something and is no subtitles, or where what should be cues
    cannot be read as such.
    """
    text = re.sub(r"\r*\n|\r", "\n", text.removeprefix("\ufeff"))
    if not text.strip("\ufeff \t\n\f\v\xa0"):
        return
    rows = [row[:LONGEST_RAW] for row in text.split("\n")]
    found = False
    if SUBSTATION.search(text):
        reader, promised = _substation(rows), not re.search(r"^[ \t]*\[events\]", text, re.IGNORECASE | re.MULTILINE)
    elif text.lstrip().startswith("WEBVTT"):
        reader, promised = _timed(rows, blank_ends=True), "-->" in text
    elif any(TIMES.match(row) for row in rows):
        reader, promised = _timed(rows, blank_ends=False), True
    else:
        reader, promised = _others(rows, fps), True
    for cue in reader:
        found = True
        yield cue
    if promised and not found:
        raise ValueError("holds no subtitle line")


def faults(text: str) -> int:
    """How many rows of `text` should be the times of a cue and cannot be read as such."""
    rows = re.split(r"\r*\n|\r", text)
    if SUBSTATION.search(text):
        events = (
            row.split(":", 1)[1].split(",") for row in rows if re.match(r"[ \t]*dialogue[ \t]*:", row, re.IGNORECASE)
        )
        return sum(sum(TIME.fullmatch(field) is not None for field in fields) < 2 for fields in events)
    return sum(UNREAD.match(row) is not None and TIMES.match(row) is None for row in rows)


def _timed(rows: list[str], *, blank_ends: bool) -> Iterator[RawCue]:
    """SubRip and WebVTT. In the first, blank rows stand in the middle of texts too, and a number before each time."""
    times: tuple[float, float] | None = None
    text: list[str] = []
    size = 0
    for row in rows:
        match = TIMES.match(row)
        if match is not None or UNREAD.match(row) is not None:
            if times is not None:
                if not blank_ends and text and re.fullmatch(r"\s*\d+\s*", text[-1]):
                    text.pop()
                yield RawCue(*times, "\n".join(text))
            groups = match.groups() if match is not None else ()
            times, text, size = (_seconds(groups[:5]), _seconds(groups[5:])) if groups else None, [], 0
        elif times is not None and blank_ends and not row:
            yield RawCue(*times, "\n".join(text))
            times = None
        elif times is not None and size <= LONGEST_RAW:
            text.append(row)
            size += len(row) + 1
    if times is not None:
        yield RawCue(*times, "\n".join(text if blank_ends else _uncut(text)))


def _uncut(text: list[str]) -> list[str]:
    """The last text of a file without the number and the beginning of the times with which a file may be cut off."""
    rows = "\n".join(text).rstrip().split("\n")
    end = next((i for i in range(len(rows) - 1, -1, -1) if not rows[i]), len(rows))
    return rows[:end] if all(re.fullmatch(r"[\d\s:.,>-]*", row) for row in rows[end:]) else rows


def _substation(rows: list[str]) -> Iterator[RawCue]:
    order: tuple[str, ...] = FIELDS
    for row in rows:
        head, _, rest = row.partition(":")
        kind = head.strip().lower()
        if kind == "format":
            named = tuple(field.strip().lower() for field in rest.split(","))
            if {"start", "end", "text"} <= set(named):  # of events, not of styles
                order = named
        elif kind == "dialogue":
            fields = dict(zip(order, rest.split(",", len(order) - 1), strict=False))
            start, end = (TIME.fullmatch(fields.get(name, "")) for name in ("start", "end"))
            if start is not None and end is not None:
                yield RawCue(
                    _seconds(start.groups()), _seconds(end.groups()), fields.get("text", ""), fields.get("name", "")
                )


def _others(rows: list[str], fps: float | None) -> Iterator[RawCue]:
    """What pysubs2 makes of formats that nobody expects here; rows and gaps cut, since its work grows with squares."""
    import pysubs2

    text = re.sub(r"\n{3,}", "\n\n", "\n".join(rows))
    try:
        document = pysubs2.SSAFile.from_string(text, keep_html_tags=True, fps=fps)
        found = [(e.start / 1e3, e.end / 1e3, e.text, e.name) for e in document if e.type == "Dialogue"]
    except Exception as error:  # its own errors are many, and a hostile file finds more
        raise ValueError(f"not subtitles that can be read ({type(error).__name__})") from error
    yield from (RawCue(*row) for row in found)


def _seconds(groups: tuple[str | None, ...]) -> float:
    sign, hours, minutes, seconds, part = groups
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return (-1 if sign else 1) * (whole + float(f"0.{part or 0}"))
