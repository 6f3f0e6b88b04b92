"""One source of dialogue, a file or a text track, to what it says and what of it is wrong.

Subtitles are hostile until cleaned, and a broken file costs its lines and a warning, never the run. Chooses nothing.
"""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from longvid.film.cues import MOST_LINES, Cue, cues_of
from longvid.film.timedtext import RawCue
from longvid.text import counted
from longvid.text.mark import is_marked
from longvid.text.shown import clean

if TYPE_CHECKING:
    from longvid.film.model import Film, SubtitleTrack

LARGEST_FILE = 16 << 20  # bytes; a film's subtitles come to a tenth of one MiB

How = Literal["", "file", "track", "transcribed"]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What is said, in the order said, and where that is known from.

    source   : name of the file or track, "" for nowhere
    language : BCP 47 tag ("en", "pt-BR"), None where it is not known
    how      : "file", "track", "transcribed", "" for nowhere
    warning  : what the user should know of how it was read, or None
    lost     : lines that exist could not be read
    """

    cues: tuple[Cue, ...]
    source: str
    language: str | None = None
    how: How = ""
    warning: str | None = None
    lost: bool = False

    @property
    def lines(self) -> tuple[Cue, ...]:
        """The earlier name of `cues`."""
        return self.cues


class Unreadable(Exception):
    """A file that is not there, is no regular file or may not be read."""


class OwnCaptions(Exception):
    """The source holds captions that longvid wrote: what is seen, not what is said."""


def read_file(path: Path, language: str | None, *, offset: float, fps: float | None) -> Dialogue:
    """What the subtitle file at `path` says. `offset`: film time 0 on its clock, s. `fps` is for formats that count
    frames.

    Raises Unreadable, OwnCaptions.
    """
    from longvid.film.encodings import decode
    from longvid.film.timedtext import cues, faults

    name = clean(path.name)
    try:
        data = _bytes(path)
    except (OSError, ValueError) as error:
        raise Unreadable from error
    if len(data) > LARGEST_FILE:
        return _lost(name, f"over {LARGEST_FILE >> 20} MiB; not taken for subtitles")
    text, doubt = decode(data, language)
    if is_marked(text):
        raise OwnCaptions
    try:
        found = cues_of(cues(text, fps), offset)
    except ValueError as error:
        return _lost(name, f"{error}; mend it or remove it")
    broken = faults(text)
    problems = []
    if doubt and found:
        problems.append(f"{doubt}; save it as UTF-8 if its words look wrong")
    if broken:
        problems.append(f"the times of {counted(broken, 'line')} cannot be read")
    return _of(found, name, language, "file", problems, lost=broken > 0)


def read_track(film: Film, track: SubtitleTrack, language: str | None) -> Dialogue:
    """What the text track `track` of `film` says. Raises OwnCaptions."""
    from av.error import FFmpegError

    from longvid.film.texttracks import TrackCues

    words = [track.codec, *filter(None, (track.language, track.title))]
    reader = TrackCues(film, track.index, language)
    found: list[RawCue] = []
    problems = []
    broken = False
    try:
        found.extend(itertools.islice(reader, MOST_LINES))
    except FFmpegError as error:
        broken = True
        problems.append(f"breaks off ({clean(error.strerror or type(error).__name__)})")
    if any(is_marked(cue.text) for cue in found):
        raise OwnCaptions
    if reader.lost:
        problems.append(f"{counted(reader.lost, 'line')} cannot be decoded")
    if reader.doubt:
        problems.append(reader.doubt)
    source = f"track {track.index} ({', '.join(words)})"
    return _of(cues_of(found, film.start), source, language, "track", problems, lost=broken or reader.lost > 0)


def _of(
    found: tuple[Cue, ...], source: str, language: str | None, how: How, problems: Iterable[str], *, lost: bool
) -> Dialogue:
    said = list(problems)
    if len(found) >= MOST_LINES:
        said.append(f"only its first {MOST_LINES} lines are taken")
        lost = True
    return Dialogue(found, source, language, how, f"{source}: {', '.join(said)}" if said else None, lost)


def _lost(name: str, reason: str) -> Dialogue:
    return Dialogue((), name, None, "file", f"{name}: {reason}", lost=True)


def _bytes(path: Path) -> bytes:
    """At most one byte more than LARGEST_FILE of a regular file. Never waits, as a pipe would have one do."""
    if not path.is_file():
        raise OSError("not a regular file")
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a regular file")
        return file.read(LARGEST_FILE + 1)
