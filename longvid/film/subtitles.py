"""Dialogue: the subtitle lines of a film, from a file beside it or a text track inside it, in film time.

Subtitles are hostile until cleaned, and a broken file costs its lines and a warning, never the run. Bitmap subtitles
(DVD, Blu-ray) are not read. Knows nothing of speech: what has no subtitles has no dialogue here.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from longvid.errors import FilmError
from longvid.film.text import clean, shown

if TYPE_CHECKING:
    from longvid.film.probing import Film, SubtitleTrack

SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")
ENGLISH = frozenset({"en", "eng", "english"})
LONGEST_TEXT = 500  # characters of a line
LONGEST_RAW = LONGEST_TEXT * 20  # characters with markup
MOST_LINES = 50_000
LARGEST_FILE = 16 << 20  # bytes; a film's subtitles come to a tenth of one MiB


@dataclass(frozen=True, slots=True)
class Line:
    """What is said from `start` to `end` (film time, s, start < end): one line, no markup, at most 500 characters."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Lines in the order said; where they come from ("" for nowhere); what went wrong, if anything."""

    lines: tuple[Line, ...]
    source: str
    warning: str | None = None


def dialogue(film: Film, *, track: int | None = None, file: str | Path | None = None) -> Dialogue:
    """The subtitle lines of a film.

    `file` names a subtitle file, `track` the index of an embedded text track. Otherwise the first of these that holds
    a line: <stem>.srt (.vtt, .ass, .ssa) beside the film, the same named as English (<stem>.en.srt), an embedded
    English track, an embedded track of unnamed language, a file named as another language, any other embedded text
    track. Without any, no lines.

    Raises FilmError where a file or track that was asked for by name is not there or is no text; a broken one gives
    no lines and a warning.
    """
    if file is not None:
        return _from_file(film, Path(file), asked=True)
    if track is not None:
        named = next((s for s in film.subtitles if s.index == track), None)
        if named is None or not named.text:
            known = ", ".join(str(s.index) for s in film.subtitles if s.text) or "none"
            kind = "holds bitmap subtitles" if named else "is no subtitle track"
            raise FilmError(f"{shown(film.path)}: stream {track} {kind}; text tracks of this film: {known}")
        return _from_track(film, named)
    warnings = []
    for found in _search(film):
        if found.lines:
            return found
        if found.warning:
            warnings.append(found.warning)
    return Dialogue((), "", "; ".join(warnings) or None)


def _search(film: Film) -> Iterator[Dialogue]:
    """Every source in order of preference, each read only when the ones before were empty."""
    plain, english, other = _sidecars(film.path)
    text = [s for s in film.subtitles if s.text]
    embedded_english = [s for s in text if (s.language or "").lower() in ENGLISH]
    unnamed = [s for s in text if s.language is None]
    rest = [s for s in text if s not in embedded_english and s not in unnamed]
    for path in (*plain, *english):
        yield _from_file(film, path)
    for stream in (*embedded_english, *unnamed):
        yield _from_track(film, stream)
    for path in other:
        yield _from_file(film, path)
    for stream in rest:
        yield _from_track(film, stream)


def _sidecars(film: Path) -> tuple[list[Path], list[Path], list[Path]]:
    """Subtitle files beside the film: named like it, named as English, named as another language."""
    try:
        beside = sorted(p for p in film.absolute().parent.iterdir() if p.suffix.lower() in SUFFIXES)
    except OSError:
        return [], [], []
    beside.sort(key=lambda p: SUFFIXES.index(p.suffix.lower()))
    plain: list[Path] = []
    english: list[Path] = []
    other: list[Path] = []
    for path in beside:
        if path.stem == film.stem:
            plain.append(path)
        elif path.stem.startswith(film.stem + "."):
            words = path.stem[len(film.stem) + 1 :].lower()
            if len(words) <= 20:  # a language and perhaps "forced" or "sdh"; not another film of a longer name
                language = re.split(r"[.\-_]", words)[0]
                (english if language in ENGLISH else other).append(path)
    return plain, english, other


def _from_file(film: Film, path: Path, *, asked: bool = False) -> Dialogue:
    import pysubs2

    name = clean(path.name)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        if asked:
            raise FilmError(f"{shown(path)}: no subtitles can be read from it; check the path") from error
        return Dialogue((), name, f"{name}: cannot be read")
    if len(data) > LARGEST_FILE:
        return Dialogue((), name, f"{name}: over {LARGEST_FILE >> 20} MiB; not taken for subtitles")
    try:
        # Tags are stripped below: the parser's own way takes hours over a hostile event.
        document = pysubs2.SSAFile.from_string(_bounded(_decode(data)), keep_html_tags=True)
        events = [(e.start / 1e3, e.end / 1e3, e.text) for e in document if e.type == "Dialogue"]
    except Exception as error:  # the parser's own errors are many, and a hostile file finds more
        return Dialogue((), name, f"{name}: not subtitles that can be read ({type(error).__name__})")
    # A player's 0:00 is the start of the container's clock; film time starts at the first frame shown.
    lines = _tidy(film, events, film.start - film.origin)
    return Dialogue(lines, name, None if lines else f"{name}: holds no subtitle line")


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _bounded(text: str) -> str:
    """Without lines so long and gaps so wide that the parser, whose work grows with their square, takes hours."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line[:LONGEST_RAW] for line in text.split("\n")))


def _from_track(film: Film, track: SubtitleTrack) -> Dialogue:
    from av.error import FFmpegError

    words = [track.codec, *filter(None, (track.language, track.title))]
    source = f"track {track.index} ({', '.join(words)})"
    warning = None
    events: list[tuple[float, float, str]] = []
    try:
        for event in itertools.islice(_events(film, track.index), MOST_LINES):
            events.append(event)
    except FFmpegError as error:
        warning = f"{source}: breaks off ({clean(error.strerror or type(error).__name__)})"
    return Dialogue(_tidy(film, events, film.start), source, warning)


def _events(film: Film, index: int) -> Iterator[tuple[float, float, str]]:
    """Start and end on the container's clock, s, and raw text of every line of a track."""
    from av.error import FFmpegError
    from av.stream import Discard
    from av.subtitles.stream import SubtitleStream

    from longvid.film.decode import next_packet, open_container

    with open_container(film.path) as container:
        stream = container.streams[index]
        if not isinstance(stream, SubtitleStream) or stream.time_base is None:
            return
        for other in container.streams:
            if other.index != index:
                other.discard = Discard.all  # what an indexed container (MP4) then need not read
        packets = container.demux(stream)
        while (packet := next_packet(packets)) is not None:
            if packet.pts is None or not packet.size:
                continue
            start = float(packet.pts * stream.time_base)
            length = float((packet.duration or 0) * stream.time_base)
            try:
                rects = stream.decode2(packet)
            except FFmpegError:
                continue
            if rects is None:
                continue
            if length <= 0:
                length = rects.end_display_time / 1e3
            for rect in rects:
                ass = getattr(rect, "ass", None)  # bitmaps have none
                if ass:
                    # ReadOrder, Layer, Style, Name, three margins, Effect, Text
                    yield start, start + length, ass.decode("utf-8", "replace").split(",", 8)[-1]


def _tidy(film: Film, events: Iterable[tuple[float, float, str]], offset: float) -> tuple[Line, ...]:
    """In film time, in order, cleaned, without repetitions and whatever lies outside the film."""
    length = film.duration or math.inf
    lines = set()
    for start, end, raw in itertools.islice(events, MOST_LINES):
        start, end = max(0.0, start - offset), min(length, end - offset)
        text = plain(raw)
        if text and start < end:
            lines.add(Line(start, end, text))
    return tuple(sorted(lines, key=lambda line: (line.start, line.end, line.text)))


def plain(raw: str) -> str:
    r"""The words of a subtitle event: without {\overrides}, <tags>, drawings and control characters; bounded."""
    # No expression here may look past the next opening bracket, or its work grows with the square of the event.
    raw = raw[:LONGEST_RAW]
    if re.search(r"\{[^{}]*\\p[1-9]", raw):
        return ""  # vector drawing: coordinates, not words
    raw = re.sub(r"\{[^{}]*\}", "", raw)
    raw = re.sub(r"</?[A-Za-z][^<>]*>|<[\d:.]+>", "", raw)  # WebVTT has times among its tags
    raw = re.sub(r"\\[Nnh]", " ", raw)
    return clean(raw, LONGEST_TEXT)
