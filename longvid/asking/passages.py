"""What a run knows of its film, as passages with their times: what is seen and said, facts, sentences of summaries.

Read from the plan and the answers of the run folder and from its outputs in JSON, beside whoever may be writing there.
A folder may come from anybody: what is read is bounded, cleaned, and left out where it is not what longvid writes.
"""

from __future__ import annotations

import contextlib
import math
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from longvid.captions.events import parse_events
from longvid.captions.spoken import quoted
from longvid.errors import RunError
from longvid.files import as_text, is_folder, parse_json, read_bytes
from longvid.film import Cue
from longvid.pipeline import ingest
from longvid.run.files import read_json
from longvid.run.reading import answers_about_clips
from longvid.text import printable, sentences

Kind = Literal["seen", "said", "fact", "summary", "looked"]
"""`seen`: captions and event lines; `fact`: what a strategy's reader wrote down; `summary`: a sentence of a summary
with evidence; `looked`: what was seen at a second look."""
PIECE_WORDS = 60
"""Words of a passage: few enough that a short context holds a dozen, enough to be understood alone."""
LONGEST_TEXT = 8_000
"""Characters that are read of one text."""
MOST = 200_000
"""Passages of one film."""
LARGEST_OUTPUT = 64 << 20
"""Bytes of an output in JSON that is read at all."""
LATEST = 1e6
"""Seconds; no film is eleven days long."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A chunk of the film: seconds from its first frame."""

    index: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that a run knows. `times`: seconds from the film's first frame, ascending, at least one."""

    kind: Kind
    times: tuple[float, ...]
    text: str
    """One line."""

    @property
    def time(self) -> float:
        return self.times[0]


@dataclass(frozen=True, slots=True)
class Source:
    """All that a run knows of its film."""

    run: Path
    film: str
    """Its file name."""
    path: Path
    """Where it was."""
    moments: tuple[Moment, ...]
    passages: tuple[Passage, ...]

    def chunk_at(self, time: float) -> int:
        """The index of the chunk at `time`, the nearest where there is none."""
        place = bisect_right(self.moments, time + 1e-6, key=lambda moment: moment.start)
        return self.moments[max(0, place - 1)].index


def gather(run: Path) -> Source:
    """All that the run folder `run` knows of its film.

    Raises RunError where it is no run folder, or knows nothing yet.
    """
    known = read_json(run / "film.json") if is_folder(run) else None
    if known is None or not isinstance(known.get("path"), str):
        raise RunError(f"{as_text(run)} is not a run folder; give the folder ending in .longvid that summarize made")
    settings = read_json(run / "run.json") or {}
    plan = ingest.planned(run / "clips", settings.get("plan"))
    made = list(outputs(run))
    if plan is not None:
        moments = tuple(Moment(chunk.index, chunk.start, chunk.end) for chunk in plan.chunks)
        found = [*_seen_of_plan(run, plan), *_said([chunk.dialogue for chunk in plan.chunks])]
    else:
        moments, found = next((_of_chunks(output) for output in made if _has_chunks(output)), ((), []))
    if not moments:
        raise RunError(
            f"{as_text(run)} has nothing that could be asked; run summarize on its film, or merge captions with -f json"
        )
    for output in made:
        found += _facts(output)
    path = Path(known["path"])
    ordered = sorted(dict.fromkeys(found), key=lambda passage: passage.times)
    return Source(run, as_text(path.name), path, moments, tuple(ordered[:MOST]))


def signature(run: Path) -> str:
    """Changes whenever what `gather` reads of `run` does: names, sizes and times of its files."""
    paths = [run / name for name in ("run.json", "answers.sqlite", "answers.sqlite-wal")]
    paths += sorted(run.glob("*.json"))
    told = []
    for path in paths:
        with contextlib.suppress(OSError):
            about = path.stat()
            told.append(f"{path.name}:{about.st_size}:{about.st_mtime_ns}")
    return " ".join(told)


def _seen_of_plan(run: Path, plan: ingest.Ingested) -> Iterator[Passage]:
    """The captions and event lines that are stored of the clips of `plan`, the latest good one of each kind."""
    at: dict[str, list[int]] = {}
    for index, clip in plan.clips.items():
        at.setdefault(clip.digest, []).append(index)
    latest: dict[tuple[int, str], tuple[bool, str]] = {}
    for answer in answers_about_clips(run / "answers.sqlite", ("caption", "events")):
        for index in at.get(answer.clip, ()):
            before = latest.get((index, answer.kind))
            if before is None or answer.ok or not before[0]:
                latest[index, answer.kind] = answer.ok, answer.text
    for (index, kind), (_, text) in latest.items():
        chunk = plan.chunks[index]
        yield from (_pieces(text, chunk.start) if kind == "caption" else _events(text, chunk.start, chunk.end))


def _pieces(text: str, start: float) -> Iterator[Passage]:
    """A caption in pieces of whole sentences. Where in its chunk a sentence plays is not known."""
    piece: list[str] = []
    for sentence in sentences(" ".join(printable(text[:LONGEST_TEXT]).split())):
        if piece and len(" ".join([*piece, sentence]).split()) > PIECE_WORDS:
            yield Passage("seen", (start,), " ".join(piece))
            piece = []
        piece.append(sentence)
    if piece:
        yield Passage("seen", (start,), " ".join(piece))


def _events(text: str, start: float, end: float) -> Iterator[Passage]:
    at = start
    for event in parse_events(text[:LONGEST_TEXT], 0).events:
        at = event.begins(start, end, at)
        yield Passage("seen", (at,), event.sentence())


def _said(chunks: Sequence[Sequence[Cue]]) -> Iterator[Passage]:
    """The cues of each chunk in groups of about a passage's words, each from its first cue on."""
    for cues in chunks:
        group: list[str] = []
        start = 0.0
        for cue in cues:
            text = quoted(cue)
            if group and len(" ".join([*group, text]).split()) > PIECE_WORDS:
                yield Passage("said", (start,), " ".join(group))
                group = []
            start = cue.start if not group else start
            group.append(text)
        if group:
            yield Passage("said", (start,), " ".join(group))


def outputs(run: Path) -> Iterator[Mapping[str, Any]]:
    """The outputs of `run` in JSON, the newest first."""
    paths = [path for path in run.glob("*.json") if path.name not in ("film.json", "run.json")]
    dated: list[tuple[int, str, Path]] = []
    for path in paths:
        with contextlib.suppress(OSError):
            dated.append((-os.stat(path).st_mtime_ns, path.name, path))
    for _, _, path in sorted(dated):
        try:
            value = parse_json(read_bytes(path, LARGEST_OUTPUT))
        except (OSError, ValueError):
            continue
        if isinstance(value, dict):
            yield value


def _has_chunks(output: Mapping[str, Any]) -> bool:
    return bool(_list(output.get("chunks")))


def _of_chunks(output: Mapping[str, Any]) -> tuple[tuple[Moment, ...], list[Passage]]:
    """The chunks of an output, and what it says of them."""
    moments: list[Moment] = []
    found: list[Passage] = []
    said: list[list[Cue]] = []
    for row in _list(output.get("chunks")):
        if not isinstance(row, dict):
            continue
        span = _times([row.get("start"), row.get("end")])
        if len(span) != 2 or (moments and span[0] < moments[-1].start):
            continue
        moments.append(Moment(len(moments), *span))
        caption = row.get("caption")
        if isinstance(caption, str):
            found += _pieces(caption, span[0])
        lines = [line for line in _list(row.get("events")) if isinstance(line, str)]
        found += _events("\n".join(lines), *span)
        said.append(list(_cues(row.get("dialogue"))))
    return tuple(moments), [*found, *_said(said)]


def _cues(rows: object) -> Iterator[Cue]:
    for row in _list(rows):
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            continue
        span, speaker, kind = _times([row.get("start"), row.get("end")]), row.get("speaker"), row.get("kind", "speech")
        if len(span) == 2 and isinstance(speaker, str | None) and kind in ("speech", "sound", "song"):
            yield Cue(span[0], span[1], _line(row["text"]), speaker, kind)


def _facts(output: Mapping[str, Any]) -> Iterator[Passage]:
    """The sentences of a summary that have evidence, and the facts of a strategy that reads."""
    for row in _list(output.get("evidence")):
        if isinstance(row, dict) and isinstance(row.get("sentence"), str) and row["sentence"].strip():
            times = _times(_list(row.get("times")))
            if times:
                yield Passage("summary", tuple(sorted(set(times))), _line(row["sentence"]))
    starts = [_times([row.get("start")]) for row in _list(output.get("chunks")) if isinstance(row, dict)]
    extras = output.get("extras")
    ledger = extras.get("ledger") if isinstance(extras, dict) else None
    for row in _list(ledger.get("facts") if isinstance(ledger, dict) else None):
        if isinstance(row, dict) and isinstance(row.get("text"), str) and isinstance(row.get("chunk"), int):
            at = starts[row["chunk"]] if 0 <= row["chunk"] < len(starts) else []
            if at:
                yield Passage("fact", (at[0],), _line(row["text"]))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _times(values: Iterable[object]) -> list[float]:
    """The seconds among `values`."""
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return [float(v) for v in numbers if math.isfinite(v) and 0 <= v < LATEST]


def _line(text: str) -> str:
    return " ".join(printable(text[:LONGEST_TEXT]).split())
