"""Dialogue: which of the subtitle files beside a film and the text tracks inside it tell what is said, in film time.

Bitmap subtitles (DVD, Blu-ray) are not read. Knows nothing of speech: what has no subtitles has no dialogue here. Here
a source is chosen; how one is read is in `readers`. longvid's own captions are no dialogue and are passed over as if
they were not there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from longvid.errors import FilmError
from longvid.film.choices import AUTO, SubtitleChoice
from longvid.film.languages import distance, is_english, tag_of
from longvid.film.readers import Dialogue, OwnCaptions, Unreadable, read_file, read_track
from longvid.film.sidecars import SUFFIXES, Sidecar, is_for_the_deaf, is_partial, language_in_name, sidecars
from longvid.text import counted
from longvid.text.shown import clean, shown

if TYPE_CHECKING:
    from longvid.film.cues import Cue
    from longvid.film.model import Film, SubtitleTrack

OWN = "holds captions that longvid wrote, of what is seen and not what is said"


@dataclass(frozen=True, slots=True)
class _Source:
    """A file beside the film, or a track of it. The least `rank` is preferred."""

    of: Path | SubtitleTrack
    language: str | None
    rank: tuple[bool, int, bool, int, str]

    @property
    def name(self) -> str:
        return clean(self.of.name) if isinstance(self.of, Path) else f"track:{self.of.index}"


def dialogue(film: Film, choice: SubtitleChoice = AUTO) -> Dialogue:
    """What is said in a film, however long it turns out to be, by the subtitles of `choice`.

    `auto` is the first of these that holds a line: <stem>.srt (.vtt, .ass, .ssa) beside the film, the same named as
    English (<stem>.en.srt), an embedded English track, an embedded track of unnamed language, a file named as another
    language, any other embedded text track; of several, those for the deaf come later. What holds only part of the
    dialogue ("forced", signs, songs) or a commentary comes last. A language takes those of them that are in it, the
    nearest region first. Without any, and with `none`, nothing is said.

    Raises FilmError where a file, track or language that was asked for is not there, or is no dialogue; one that is
    broken is read as far as it goes, with a warning.
    """
    return _Place.of(film).dialogue(choice)


def dialogue_beside(path: Path, choice: SubtitleChoice = AUTO, *, offset: float = 0.0) -> Dialogue:
    """What is said by the subtitles of `choice` for a file of captions, or a run folder, at `path`: as `dialogue`, of
    the files beside it alone (never itself). `offset` is film time 0 on their clock, s.
    """
    return _Place(path, None, offset).dialogue(choice)


def dialogue_digest(of: Film | Path, choice: SubtitleChoice = AUTO) -> str:
    """Hex of a choice and of what subtitle files make of it: equal where `dialogue` (of a film) or `dialogue_beside`
    (of a path) will be, since tracks are part of the film. Cheap beside reading a track. "" for `auto` where no file is
    there. Raises FilmError as these do.
    """
    return _Place.of(of).digest(choice)


def beyond(said: Dialogue, end: float) -> str | None:
    """What to tell where at least half of the lines begin after the film, or the range of it, has ended at `end` (s):
    they are another film's, or their clock begins elsewhere. None where they fit.
    """
    late = sum(cue.start >= end for cue in said.cues)
    if not said.cues or late * 2 < len(said.cues):
        return None
    lines = f"{late} of {counted(len(said.cues), 'line')} begin{'s' * (late == 1)}"
    return f"{said.source}: {lines} after the film ends; is it another film's?"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where subtitles are looked for: `path` with the files beside it, and the tracks of `film` if it is one. `offset`:
    film time 0 on the clock of files, s.
    """

    path: Path
    film: Film | None
    offset: float

    @classmethod
    def of(cls, of: Film | Path) -> _Place:
        if isinstance(of, Path):
            return cls(of, None, 0.0)
        # A player's 0:00 is the start of the container's clock; film time starts at the first frame shown.
        return cls(of.path, of, of.start - of.origin)

    def dialogue(self, choice: SubtitleChoice) -> Dialogue:
        if choice.kind == "none":
            return Dialogue((), "")
        if choice.file is not None:
            return self._named(choice.file)
        if choice.track is not None:
            return self._track(choice.track)
        passed = []
        for source in self._sources(choice):
            found = self._read(source)
            if found is None:
                continue
            passed.append(found)
            if found.cues:
                return replace(found, warning=_together(passed))
        if choice.kind == "language" and not passed:
            raise FilmError(f"{shown(self.path)}: what is in the language {choice.language} {OWN}; name another source")
        return Dialogue((), "", warning=_together(passed), lost=any(found.lost for found in passed))

    def digest(self, choice: SubtitleChoice) -> str:
        said: list[object] = []
        if choice.file is not None:
            said.append(_rows(self._named(choice.file)))
        elif choice.kind in ("auto", "language"):
            for source in self._sources(choice):
                if not isinstance(source.of, Path):
                    said.append("track")
                    continue
                found = self._read(source)
                if found is None:
                    continue
                said.append(_rows(found))
                if found.cues:
                    break
        if choice.kind == "auto" and all(one == "track" for one in said):
            return ""
        asked = [choice.kind, choice.track, choice.language]
        return hashlib.sha256(json.dumps([*asked, said]).encode()).hexdigest()

    def _named(self, file: Path) -> Dialogue:
        try:
            return self._file(file, language_in_name(file, self.path))
        except Unreadable as error:
            raise FilmError(f"{shown(file)}: no subtitles can be read from it; check the path") from error
        except OwnCaptions as error:
            raise FilmError(f"{shown(file)}: {OWN}; name a file with the film's subtitles") from error

    def _track(self, index: int) -> Dialogue:
        film = self.film
        if film is None:
            raise FilmError(f"{shown(self.path)}: captions have no tracks; name a subtitle file")
        track = next((s for s in film.subtitles if s.index == index), None)
        if track is None or not track.text:
            known = ", ".join(str(s.index) for s in film.subtitles if s.text) or "none"
            kind = "holds bitmap subtitles" if track else "is no subtitle track"
            raise FilmError(f"{shown(film.path)}: stream {index} {kind}; text tracks of this film: {known}")
        try:
            return read_track(film, track, tag_of(track.language or ""))
        except OwnCaptions as error:
            raise FilmError(f"{shown(film.path)}: track {index} {OWN}; name another source") from error

    def _read(self, source: _Source) -> Dialogue | None:
        """What a source says; None where it holds longvid's own captions."""
        try:
            if isinstance(source.of, Path):
                return self._file(source.of, source.language)
            assert self.film is not None
            return read_track(self.film, source.of, source.language)
        except OwnCaptions:
            return None
        except Unreadable:
            name = source.name
            return Dialogue((), name, None, "file", f"{name}: cannot be read; check its permissions", lost=True)

    def _file(self, path: Path, language: str | None) -> Dialogue:
        fps = self.film.video.average_rate if self.film else None
        return read_file(path, language, offset=self.offset, fps=fps)

    def _sources(self, choice: SubtitleChoice) -> list[_Source]:
        """Every file and track of the choice, in order of preference. Raises FilmError for a language without any."""
        found = sorted([*self._files(), *self._tracks()], key=lambda source: source.rank)
        if choice.language is None:
            return found
        near = {s: distance(choice.language, s.language) for s in found if s.language is not None}
        wanted = [source for source in found if near.get(source) is not None]
        if not wanted:
            known = [f"{source.language or 'unnamed'} ({source.name})" for source in found]
            there = f"there are: {', '.join(known)}" if known else "it has none"
            raise FilmError(f"{shown(self.path)}: no subtitles in the language {choice.language}; {there}")
        return sorted(wanted, key=lambda source: (source.rank[0], near[source]))

    def _files(self) -> Iterator[_Source]:
        for file in sidecars(self.path):
            kind = 0 if not file.words else 1 if is_english(file.language) else 4
            rank = (is_partial(file.words), kind, is_for_the_deaf(file.words), _order(file), file.path.name)
            yield _Source(file.path, file.language, rank)

    def _tracks(self) -> Iterator[_Source]:
        for track in self.film.subtitles if self.film else ():
            if track.text:
                language = tag_of(track.language or "")
                kind = 3 if track.language is None else 2 if is_english(language) else 5
                partial = track.forced or is_partial(track.title or "")
                deaf = track.hearing_impaired or is_for_the_deaf(track.title or "")
                yield _Source(track, language, (partial, kind, deaf, track.index, ""))


def _order(file: Sidecar) -> int:
    return SUFFIXES.index(file.path.suffix.lower())


def _rows(found: Dialogue) -> list[object]:
    return [[_row(cue) for cue in found.cues], found.warning, found.lost]


def _row(cue: Cue) -> list[object]:
    return [cue.start, cue.end, cue.text, cue.speaker, cue.kind]


def _together(passed: list[Dialogue]) -> str | None:
    return "; ".join(found.warning for found in passed if found.warning) or None
