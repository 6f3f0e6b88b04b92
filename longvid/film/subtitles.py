"""Dialogue: the subtitle lines of a film, from a file beside it or a text track inside it, in film time.

Subtitles are hostile until cleaned, and a broken file costs its lines and a warning, never the run. Bitmap subtitles
(DVD, Blu-ray) are not read. Knows nothing of speech: what has no subtitles has no dialogue here. Here a source is
chosen; how files are read is in `encodings` and `cues`, tracks in `tracks`, and what of it all is said in `lines`.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from longvid.errors import FilmError
from longvid.film.cues import MOST_LINES, Cue, cues_of
from longvid.text.shown import clean, shown

if TYPE_CHECKING:
    from longvid.film.model import Film, SubtitleTrack

SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")
ENGLISH = frozenset({"en", "eng", "english"})
LARGEST_FILE = 16 << 20  # bytes; a film's subtitles come to a tenth of one MiB

PART = re.compile(r"(?<![a-z])(?:forced|signs?|songs?|karaoke|lyrics|commentary)(?![a-z])", re.IGNORECASE)
"""In the name of a track or file that holds only part of what is said, or something else."""
WHOLE = re.compile(r"(?<![a-z])(?:full|dialogues?)(?![a-z])", re.IGNORECASE)
FOR_THE_DEAF = re.compile(r"(?<![a-z])(?:sdh|cc|hi|hearing)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Lines in the order said; where they come from ("" for nowhere).

    warning : what the user should know of how they were read, or None
    lost    : lines that exist could not be read
    """

    cues: tuple[Cue, ...]
    source: str
    language: str | None = None
    how: str = ""
    warning: str | None = None
    lost: bool = False

    @property
    def lines(self) -> tuple[Cue, ...]:
        """The earlier name of `cues`."""
        return self.cues


@dataclass(frozen=True, slots=True)
class SubtitleChoice:
    kind: str = "auto"
    value: str = ""


def parse_subtitles(value: str) -> SubtitleChoice:
    return SubtitleChoice(value) if value in ("auto", "none") else SubtitleChoice("file", value)


def dialogue_digest(film: Film, choice: SubtitleChoice) -> str:
    if choice.kind == "auto":
        return files_digest(film)
    if choice.kind == "none":
        return "none"
    return hashlib.sha256(Path(choice.value).read_bytes()).hexdigest()


def dialogue_beside(path: Path, choice: SubtitleChoice, *, offset: float = 0.0) -> Dialogue:
    from longvid.film.encodings import decode
    from longvid.film.timedtext import cues

    if choice.kind == "none":
        return Dialogue((), "")
    file = Path(choice.value) if choice.kind == "file" else path.with_suffix(".srt")
    if not file.is_file() or file == path:
        return Dialogue((), "")
    return Dialogue(cues_of(cues(decode(file.read_bytes())[0], None), offset), file.name, None, "file")


def dialogue(
    film: Film, choice: SubtitleChoice = SubtitleChoice(), *, track: int | None = None, file: str | Path | None = None
) -> Dialogue:  # noqa: E501
    """The subtitle lines of a film, however long it turns out to be.

    `file` names a subtitle file, `track` the index of an embedded text track. Otherwise the first of these that holds
    a line: <stem>.srt (.vtt, .ass, .ssa) beside the film, the same named as English (<stem>.en.srt), an embedded
    English track, an embedded track of unnamed language, a file named as another language, any other embedded text
    track; of several, those for the deaf come later. What holds only part of the dialogue ("forced", signs, songs) or a
    commentary comes last. Without any, no lines.

    Raises FilmError where a file or track that was asked for by name is not there or is no text; a broken one gives
    no lines and a warning.
    """
    if choice.kind == "none":
        return Dialogue((), "")
    if choice.kind == "file":
        file = choice.value
    if file is not None:
        return _from_file(film, Path(file), asked=True)
    if track is not None:
        named = next((s for s in film.subtitles if s.index == track), None)
        if named is None or not named.text:
            known = ", ".join(str(s.index) for s in film.subtitles if s.text) or "none"
            kind = "holds bitmap subtitles" if named else "is no subtitle track"
            raise FilmError(f"{shown(film.path)}: stream {track} {kind}; text tracks of this film: {known}")
        return _from_track(film, named)
    passed = []
    for source in _sources(film):
        found = _from_file(film, source) if isinstance(source, Path) else _from_track(film, source)
        if found.warning:
            passed.append(found)
        if found.lines:
            return Dialogue(found.lines, found.source, None, found.how, _together(passed), found.lost)
    return Dialogue((), "", None, "", _together(passed), any(found.lost for found in passed))


def files_digest(film: Film) -> str:
    """Hex of what the subtitle files beside a film make of its dialogue: equal where `dialogue` will be, since tracks
    are part of the film. Cheap beside reading a track. "" where there is no such file.
    """
    said: list[object] = []
    for source in _sources(film):
        if not isinstance(source, Path):
            said.append("track")
            continue
        found = _from_file(film, source)
        said.append([[[line.start, line.end, line.text] for line in found.lines], found.warning, found.lost])
        if found.lines:
            break
    if all(one == "track" for one in said):
        return ""
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _together(passed: list[Dialogue]) -> str | None:
    return "; ".join(found.warning for found in passed if found.warning) or None


def _sources(film: Film) -> Iterator[Path | SubtitleTrack]:
    """Every file and track in order of preference."""
    ranked: list[tuple[tuple[bool, int, bool, int, str], Path | SubtitleTrack]] = []
    for path in _sidecars(film.path):
        words = path.stem[len(film.path.stem) + 1 :].lower()
        kind = 0 if not words else 1 if _english(words) else 4
        about = (_partial(words), kind, FOR_THE_DEAF.search(words) is not None, SUFFIXES.index(path.suffix.lower()))
        ranked.append(((*about, path.name), path))
    for track in film.subtitles:
        if track.text:
            kind = 3 if track.language is None else 2 if _english(track.language) else 5
            partial = track.forced or _partial(track.title or "")
            deaf = track.hearing_impaired or FOR_THE_DEAF.search(track.title or "") is not None
            ranked.append(((partial, kind, deaf, track.index, ""), track))
    return iter([source for _, source in sorted(ranked, key=lambda one: one[0])])


def _english(language: str) -> bool:
    return re.split(r"[.\-_ ]", language.lower())[0] in ENGLISH


def _partial(name: str) -> bool:
    return PART.search(name) is not None and WHOLE.search(name) is None


def _sidecars(film: Path) -> list[Path]:
    """Subtitle files beside the film: regular files that are named like it, perhaps with a language behind."""
    found = []
    try:
        for path in film.absolute().parent.iterdir():
            if path.suffix.lower() not in SUFFIXES or not path.is_file():
                continue
            # A language and perhaps "forced" or "sdh"; not another film of a longer name.
            words = path.stem.removeprefix(film.stem)
            if path.stem == film.stem or (path.stem.startswith(f"{film.stem}.") and len(words) <= 21):
                found.append(path)
    except OSError:
        return []
    return found


def _from_file(film: Film, path: Path, *, asked: bool = False) -> Dialogue:
    from longvid.film.encodings import decode
    from longvid.film.timedtext import cues

    name = clean(path.name)
    try:
        data = _read(path)
    except (OSError, ValueError) as error:
        if asked:
            raise FilmError(f"{shown(path)}: no subtitles can be read from it; check the path") from error
        return Dialogue((), name, None, "file", f"{name}: cannot be read; check its permissions", lost=True)
    if len(data) > LARGEST_FILE:
        return Dialogue(
            (), name, None, "file", f"{name}: over {LARGEST_FILE >> 20} MiB; not taken for subtitles", lost=True
        )
    text, doubt = decode(data)
    try:
        # A player's 0:00 is the start of the container's clock; film time starts at the first frame shown.
        lines = cues_of(cues(text, film.video.average_rate), film.start - film.origin)
    except ValueError as error:
        return Dialogue((), name, None, "file", f"{name}: {error}; mend it or remove it", lost=True)
    warning = f"{name}: {doubt}; save it as UTF-8 if its words look wrong" if doubt and lines else None
    return Dialogue(lines, name, None, "file", warning)


def _read(path: Path) -> bytes:
    """At most one byte more than LARGEST_FILE of a regular file. Never waits, as a pipe would have one do."""
    if not path.is_file():
        raise OSError("not a regular file")
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a regular file")
        return file.read(LARGEST_FILE + 1)


def _from_track(film: Film, track: SubtitleTrack) -> Dialogue:
    from av.error import FFmpegError

    from longvid.film.texttracks import TrackCues
    from longvid.film.timedtext import RawCue

    words = [track.codec, *filter(None, (track.language, track.title))]
    source = f"track {track.index} ({', '.join(words)})"
    reader = TrackCues(film, track.index)
    found: list[RawCue] = []
    problems = []
    broken = False
    try:
        found.extend(itertools.islice(reader, MOST_LINES))
    except FFmpegError as error:
        broken = True
        problems.append(f"breaks off ({clean(error.strerror or type(error).__name__)})")
    if reader.lost:
        problems.append(f"{reader.lost} line{'s' if reader.lost > 1 else ''} cannot be decoded")
    if reader.doubt:
        problems.append(reader.doubt)
    warning = f"{source}: {', '.join(problems)}" if problems else None
    return Dialogue(
        cues_of(found, film.start), source, track.language, "track", warning, lost=broken or reader.lost > 0
    )
