"""What a run told of a film, read from the JSON object that it prints: checked, since the file may come from anybody.

Knows the keys of docs/command-line.md and nothing of how they are shown. Times in seconds from the film's first frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from longvid.captions.events import parse_events

KINDS = frozenset({"speech", "sound", "song"})


@dataclass(frozen=True, slots=True)
class Line:
    """Something said; `kind` is one of KINDS."""

    start: float
    end: float
    text: str
    speaker: str
    kind: str


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens or is told at a time: an event, a line, a sentence of a description."""

    time: float
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk of the film. `index` is its place in `Told.parts`."""

    index: int
    start: float
    end: float
    caption: str
    events: tuple[Moment, ...]
    lines: tuple[Line, ...]
    cuts: tuple[float, ...]
    fault: str
    """Why its answer is degraded; "" where it is not."""


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    parts: tuple[int, ...]
    """Ascending indices, each of a part that is there."""
    moments: tuple[Moment, ...]
    """What it rests on."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a paragraph of the summary tells; `paragraph` is its number, from 0."""

    start: float
    end: float
    title: str
    paragraph: int
    line: str = ""
    """What happens in it; "" where nobody said."""


@dataclass(frozen=True, slots=True)
class Told:
    """One run of one film."""

    film: str
    start: float
    end: float
    summary: str
    strategy: str
    model: str
    llm: str
    context: str
    heard: str
    """Where the dialogue comes from; "" where there is none."""
    used: str
    parts: tuple[Part, ...]
    sentences: tuple[Sentence, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    pictures: tuple[str, int, int] | None
    """Their folder in the run folder, width and height."""
    chapters: tuple[Chapter, ...] = ()
    ledger: Mapping[str, Any] = field(default_factory=dict)
    """What strategy `ledger` keeps; unchecked."""


def told_of(value: Any) -> Told:
    """The object of `--json`. Raises ValueError where it is none."""
    try:
        parts = tuple(_part(index, row) for index, row in enumerate(value["chunks"]))
        known = {number(row["index"]): index for index, row in enumerate(value["chunks"])}
        dialogue = value.get("dialogue") or {}
        extras = value.get("extras")
        ledger = extras.get("ledger") if isinstance(extras, dict) else None
        return Told(
            film=text(value["film"]),
            start=parts[0].start if parts else 0.0,
            end=max([part.end for part in parts], default=number(value["duration"])),
            summary=text(value["summary"]),
            strategy=text(value["strategy"]),
            model=text(value["model"]),
            llm=text(value["llm"]),
            context=text(value.get("context", "none")),
            heard=text(dialogue.get("source") or ""),
            used=text(dialogue.get("used") or ""),
            parts=parts,
            sentences=tuple(_sentence(row, known, parts) for row in value.get("evidence", ())),
            problems=tuple(map(text, value.get("problems", ()))),
            notes=tuple(map(text, value.get("notes", ()))),
            pictures=_pictures(value.get("pictures")),
            chapters=tuple(map(_chapter, value.get("chapters", ()))),
            ledger=ledger if isinstance(ledger, dict) else {},
        )
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"no report of a film: {error}") from error


def text(value: Any) -> str:
    """`value` where it is a text. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("a text is something else")
    return value


def number(value: Any) -> float:
    """`value` where it is a number. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is something else")
    return float(value)


def _part(index: int, row: Mapping[str, Any]) -> Part:
    start, end = number(row["start"]), number(row["end"])
    if not 0 <= start <= end:
        raise ValueError("a chunk ends before it begins")
    fault = "" if row["status"] == "ok" else text(row.get("reason") or row["status"])
    events = tuple(_events(index, start, end, map(text, row.get("events", ()))))
    cuts = tuple(cut for cut in map(number, row.get("cuts", ())) if start < cut < end)
    lines = tuple(map(_line, row.get("dialogue", ())))
    return Part(index, start, end, text(row["caption"]), events, lines, cuts, fault)


def _events(index: int, start: float, end: float, lines: Iterable[str]) -> Iterator[Moment]:
    """What each event line says and when; one that cannot be read as it is, at the time of the one before it."""
    at = start
    for line in lines:
        read = parse_events(line, index)
        for event in read.events:
            at = event.begins(start, end, at)
            yield Moment(at, event.sentence())
        if read.unread:
            yield Moment(at, line)


def as_words(line: str) -> str:
    """What strategies keep as evidence, as words: an event line as a sentence, anything else as it is."""
    read = parse_events(line, 0)
    return read.events[0].sentence() if len(read.events) == 1 and not read.unread else line


def _line(row: Mapping[str, Any]) -> Line:
    start, end = number(row["start"]), number(row["end"])
    kind = row.get("kind")
    # It becomes a class of the page, of which others mean something else.
    known = kind if isinstance(kind, str) and kind in KINDS else "speech"
    return Line(start, max(start, end), text(row["text"]), text(row.get("speaker", "")), known)


def _sentence(row: Mapping[str, Any], known: Mapping[float, int], parts: tuple[Part, ...]) -> Sentence:
    cited = tuple(sorted({known[number(index)] for index in row["chunks"] if number(index) in known}))
    events = [as_words(text(line)) for line in (row["events"] if "events" in row else row["rows"])]
    times = list(map(number, row["times"]))
    if len(times) != len(events):
        # A strategy of one's own may know the events and not when they are.
        times = [parts[cited[0]].start if cited else 0.0] * len(events)
    return Sentence(text(row["sentence"]), cited, tuple(map(Moment, times, events)))


def _chapter(row: Mapping[str, Any]) -> Chapter:
    start, end, paragraph = number(row["start"]), number(row["end"]), int(number(row["paragraph"]))
    return Chapter(start, end, text(row["title"]), paragraph, text(row.get("line", "")))


def _pictures(value: Any) -> tuple[str, int, int] | None:
    if value is None:
        return None
    return text(value["folder"]), int(number(value["width"])), int(number(value["height"]))
