"""Captions from outside: a file with what happens in each chunk of a film, in place of a model that watches it.

`.jsonl` has a row a chunk: `start` and `end` in seconds, and `caption` (text), `lines` (event lines, a list of text) or
both; other keys are passed over. `.srt` and `.vtt` have a cue a chunk, whose text is the caption. The file is hostile
until it is read: bounded, cleaned, and refused with the line where it is wrong. Knows no engine and no strategy.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from longvid.errors import CaptionsError
from longvid.film import Chunk, Cue, share_out
from longvid.text import printable
from longvid.text.shown import shown

LARGEST_FILE = 16 << 20
"""Bytes; a caption a minute for a hundred hours is under ten MiB."""
MOST_CHUNKS = 10_000
LONGEST_TEXT = 8_000
"""Characters of a caption, or of the event lines of a chunk together; a model's caption has about 1,500."""
LATEST = 1e6
"""Seconds; no film is eleven days long."""


@dataclass(frozen=True, slots=True)
class ImportedCaptions:
    """What a file says of each chunk: captions, event lines or both, as many as there are chunks."""

    name: str
    """The file's path as it was given, or any other name; its last part names the run folder and the outputs."""
    chunks: tuple[Chunk, ...]
    """In order, of one scene each; there may be gaps between them."""
    captions: tuple[str, ...] | None
    """None where the file has none; an empty one is an answer that says nothing."""
    events: tuple[str, ...] | None
    """Event lines of each chunk, one a line; None where the file has none."""
    digest: str
    """SHA-256 (hex) over times and texts: equal content gives equal answers, whatever the file is called."""

    @property
    def capabilities(self) -> frozenset[Literal["caption", "events"]]:
        """What it answers of every chunk."""
        if self.captions is None and self.events is None:
            return frozenset()
        return frozenset({"caption", "events"}) if self.events is not None else frozenset({"caption"})

    @property
    def prose(self) -> tuple[str, ...]:
        """What answers `caption`: the captions, or where there are none the event lines as sentences."""
        if self.captions is not None:
            return self.captions
        return tuple(map(as_prose, self.events or ()))

    @classmethod
    def of(
        cls,
        name: str,
        times: Sequence[tuple[float, float]],
        captions: Sequence[str] | None = None,
        events: Sequence[Sequence[str]] | None = None,
        dialogue: Sequence[Cue] = (),
    ) -> ImportedCaptions:
        """What is told of the chunks at `times` (start and end, s); texts are cleaned. `dialogue` is what is said in
        the film: each cue goes to the chunk that holds most of it. Raises ValueError if the lengths differ, there is
        no chunk, neither captions nor events are there, or `times` run backward."""
        said = [None if captions is None else tuple(printable(text).strip() for text in captions)]
        said.append(None if events is None else tuple("\n".join(_lines(lines)) for lines in events))
        present = [texts for texts in said if texts is not None]
        if not times or not present or any(len(texts) != len(times) for texts in present):
            raise ValueError("captions or events are needed, as many as there are chunks")
        end = 0.0
        for index, time in enumerate(times):
            fault = _fault(*time, end)
            if fault:
                raise ValueError(f"chunk {index}: {fault}")
            end = time[1]
        spans = [(float(start), float(end)) for start, end in times]
        heard = share_out(spans, dialogue)
        chunks = tuple(Chunk(i, *span, (span,), heard[i]) for i, span in enumerate(spans))
        # Without a word the digest is what it was before films could be heard.
        spoken = [[asdict(cue) for cue in cues] for cues in heard] if any(heard) else None
        content = json.dumps([spans, *said] if spoken is None else [spans, *said, spoken])
        return cls(name, chunks, said[0], said[1], hashlib.sha256(content.encode()).hexdigest())


def as_prose(lines: str) -> str:
    """Event lines as a caption: a sentence each."""
    return " ".join(map(_sentence, lines.splitlines()))


def _sentence(line: str) -> str:
    """An event line without its second and its place: "Ada opens the door." """
    parts = [part.strip(" ,.;") for part in line.split("|")]
    if len(parts) > 2 and re.fullmatch(r"[\d:. ]*s?", parts[0]):
        parts = parts[1:]
    text = " ".join(parts[:2]).strip()
    return f"{text[:1].upper()}{text[1:]}." if text else ""


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    start: float
    end: float
    caption: str | None
    lines: list[str] | None


def read_captions(path: Path) -> ImportedCaptions:
    """The captions and event lines in the file at `path`.

    Raises CaptionsError, naming the line or cue, for a file that cannot be read or is of another kind, too large, not
    UTF-8 or without rows, and for a row that has wrong times, overlaps the one before or says nothing.
    """
    readers: dict[str, Callable[[str, str], Iterator[_Row]]] = {".jsonl": _jsonl, ".srt": _cues, ".vtt": _cues}
    kind = path.suffix.lower()
    if kind not in readers:
        raise CaptionsError(f"{shown(path)}: captions are read from .jsonl, .vtt and .srt alone; rename or convert it")
    rows: list[_Row] = []
    try:
        for row in readers[kind](_text(path), kind):
            fault = _fault(row.start, row.end, rows[-1].end if rows else 0.0)
            if fault:
                raise _Wrong(row.where, fault)
            if len(rows) == MOST_CHUNKS:
                raise _Wrong(row.where, f"there are more than {MOST_CHUNKS} rows")
            rows.append(row)
    except _Wrong as wrong:
        raise CaptionsError(f"{shown(path)}: {wrong}") from wrong
    if not rows:
        raise CaptionsError(f"{shown(path)}: holds no captions; a row needs start, end, and caption or lines")
    return ImportedCaptions.of(
        str(path),
        [(row.start, row.end) for row in rows],
        [row.caption or "" for row in rows] if any(row.caption is not None for row in rows) else None,
        [row.lines or [] for row in rows] if any(row.lines is not None for row in rows) else None,
    )


class _Wrong(Exception):
    """A row that cannot be used."""

    def __init__(self, where: str, fault: str) -> None:
        super().__init__(f"{where}: {fault}" if where else fault)


def _text(path: Path) -> str:
    try:
        # Without waiting: a pipe that nobody writes into would never open.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CaptionsError(f"{shown(path)}: is no regular file; save the captions to one first")
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such path"
        raise CaptionsError(f"{shown(path)}: cannot be read ({reason}); check the path") from error
    if len(data) > LARGEST_FILE:
        raise CaptionsError(f"{shown(path)}: over {LARGEST_FILE >> 20} MiB; not taken for captions")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CaptionsError(f"{shown(path)}: line {line}: is not UTF-8; save the file as UTF-8") from error


def _jsonl(text: str, kind: str) -> Iterator[_Row]:
    del kind
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"line {number}"
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _Wrong(where, "is not JSON") from error
            yield _row(where, value)


def _row(where: str, value: Any) -> _Row:
    if not isinstance(value, dict):
        raise _Wrong(where, 'is not an object such as {"start": 0, "end": 60, "caption": "A man walks."}')
    start, end = (_seconds(where, value.get(name)) for name in ("start", "end"))
    caption, lines = value.get("caption"), value.get("lines")
    if caption is None and lines is None:
        raise _Wrong(where, "has neither caption nor lines")
    if not isinstance(caption, str | None):
        raise _Wrong(where, "caption must be text")
    if lines is not None and not (isinstance(lines, list) and all(isinstance(line, str) for line in lines)):
        raise _Wrong(where, "lines must be a list of text")
    if max(len(caption or ""), sum(map(len, lines or ()))) > LONGEST_TEXT:
        raise _Wrong(where, f"has more than {LONGEST_TEXT} characters of text")
    return _Row(where, start, end, caption, lines)


def _seconds(where: str, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _Wrong(where, "start and end must be seconds, as numbers")
    return value


def _cues(text: str, kind: str) -> Iterator[_Row]:
    import pysubs2

    try:
        document = pysubs2.SSAFile.from_string(text, format_=kind[1:])
        cues = [(cue.start / 1000, cue.end / 1000, cue.text) for cue in document]
    except Exception as error:  # the parser's own errors are many, and a hostile file finds more
        raise _Wrong("", f"has no cues that can be read ({type(error).__name__})") from error
    for number, (start, end, raw) in enumerate(cues, 1):
        where = f"cue {number}"
        if len(raw) > LONGEST_TEXT:
            raise _Wrong(where, f"has more than {LONGEST_TEXT} characters of text")
        yield _Row(where, start, end, _words(raw), None)


def _words(raw: str) -> str:
    r"""The text of a cue without {\overrides} and <tags>, as one paragraph."""
    raw = re.sub(r"\{[^{}]*\}|</?[A-Za-z][^<>]*>|<[\d:.]+>", "", raw)
    words = " ".join(re.sub(r"\\[Nnh]", " ", raw).split())
    return html.unescape(words)


def _lines(lines: Sequence[str]) -> list[str]:
    """`lines` cleaned, each truly one line; empty ones are left out."""
    cleaned = (" ".join(printable(line).split()) for line in lines)
    return [line for line in cleaned if line]


def _fault(start: float, end: float, before: float) -> str | None:
    """What is wrong with a chunk from `start` to `end` after one that ends at `before` (s); None if nothing is."""
    if not (0 <= start < LATEST and 0 <= end < LATEST):
        return f"times must be seconds from 0 to {LATEST:.0f}"
    if end <= start:
        return f"ends at {end:g} s, which is not after its start at {start:g} s"
    if start < before:
        return f"starts at {start:g} s, before the one above it ends at {before:g} s"
    return None
