"""Searching the runs of whole folders, by an index that is kept in the folder and brought up to date by each search.

Only runs that have changed are read again. An index is nothing but a copy, so one that is damaged begins anew; where a
folder cannot be written its index lies in the user's cache. Knows no model.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longvid.asking import words
from longvid.asking.index import Hit, Index
from longvid.asking.passages import gather, signature
from longvid.asking.prompting import one_line
from longvid.errors import LongvidError, RunError
from longvid.files import as_text
from longvid.run.folder import SUFFIX
from longvid.text.shown import shown

INDEX = ".longvid-search.sqlite"
MOST = 20
"""Passages that are shown unless the user says otherwise."""
DEEPEST = 8
"""Folders below the one that is searched."""
MOST_RUNS = 100_000


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found, with its film and time (seconds from the first frame)."""

    film: str
    run: str
    time: float
    chunk: int
    kind: str
    text: str

    def as_json(self) -> dict[str, Any]:
        return {
            "film": self.film,
            "run": self.run,
            "time": round(self.time, 3),
            "chunk": self.chunk,
            "kind": self.kind,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Search:
    """What came of a search."""

    words: str
    found: tuple[Found, ...]
    """The best first."""
    runs: int
    """How many runs were searched."""
    all_words: bool
    """Whether every passage has all words; else none has, and these have some."""
    problems: tuple[str, ...] = ()
    """A line for each run that could not be read."""

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`. Keys are only ever added."""
        return {
            "words": self.words,
            "found": [one.as_json() for one in self.found],
            "runs": self.runs,
            "all_words": self.all_words,
            "problems": list(self.problems),
        }


def search_runs(
    places: Sequence[Path],
    wanted: str,
    *,
    most: int = MOST,
    allowed: Callable[[Path], bool] = lambda path: True,
    writable: Callable[[Path], bool] = lambda path: True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Search:
    """The passages with the words `wanted` in the run folders `places`, and in all those below folders among them.

    `allowed`: whether a run folder may be read; `writable`: whether an index may be kept in a folder.
    `progress` is told how many of how many changed runs are read.
    Raises RunError where a place is no folder, nothing is searched for, or no run is there.
    """
    sought = words.terms(one_line(wanted))
    if not sought:
        raise RunError("no word is searched for; give one, such as: letter")
    found: list[tuple[float, Found]] = []
    problems: list[str] = []
    everything = True
    number = 0
    for place, runs in _by_index(places, allowed):
        with _index_of(place, writable) as index:
            problems += _update(index, runs, place, progress)
            names = frozenset(_name(run) for run in runs)
            hits = index.find(words.all_of(sought), most, names)
            everything = everything and bool(hits)
            if not hits:
                hits = index.find(words.any_of(sought), most, names)
                found += [(-hit.score, _found(hit)) for hit in hits]
            else:
                found = [*((-hit.score - 1e6, _found(hit)) for hit in hits), *found]
        number += len(runs)
    found.sort(key=lambda scored: (scored[0], scored[1].film, scored[1].time))
    whole = [one for score, one in found if score < -1e5]
    best = whole or [one for _, one in found]
    return Search(one_line(wanted), tuple(best[:most]), number, bool(whole), tuple(problems))


def runs_below(folder: Path, allowed: Callable[[Path], bool] = lambda path: True) -> Iterator[Path]:
    """The run folders below `folder`, in order of their paths; links are not followed."""
    level = [folder]
    for _ in range(DEEPEST):
        below: list[Path] = []
        for parent in level:
            try:
                entries = sorted(os.scandir(parent), key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    continue
                path = Path(entry.path)
                if not entry.name.endswith(SUFFIX):
                    below.append(path)
                elif allowed(path) and (path / "film.json").is_file():
                    yield path
        level = below


def _by_index(places: Sequence[Path], allowed: Callable[[Path], bool]) -> Iterator[tuple[Path, list[Path]]]:
    """The folders in which an index is kept, each with the runs that are searched by it."""
    by_place: dict[Path, dict[Path, None]] = {}
    for place in places:
        if not place.is_dir():
            raise RunError(f"{as_text(place)} is no folder; give run folders, or a folder that has some")
        if not allowed(place):
            raise RunError(f"{as_text(place)} may not be read here")
        if (place / "film.json").is_file():
            by_place.setdefault(place.absolute().parent, {})[place.absolute()] = None
            continue
        runs = list(runs_below(place.absolute(), allowed))[:MOST_RUNS]
        if not runs:
            raise RunError(f"{as_text(place)} has no run folders; make one with longvid summarize FILM -o {place}")
        by_place.setdefault(place.absolute(), {}).update(dict.fromkeys(runs))
    yield from ((place, list(runs)) for place, runs in by_place.items())


def _index_of(place: Path, writable: Callable[[Path], bool]) -> Index:
    """The index of the folder `place`: there, or in the user's cache where nothing can be written."""
    if writable(place) and os.access(place, os.W_OK | os.X_OK):
        path = place / INDEX
        for part in (path, *(path.with_name(f"{INDEX}{suffix}") for suffix in ("-wal", "-shm", "-journal"))):
            if part.is_symlink():
                raise RunError(f"{as_text(part)} is a link; delete it")
        return Index(path)
    import platformdirs

    cache = Path(platformdirs.user_cache_dir("longvid", appauthor=False)) / "search"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make {cache}: {error.strerror}; make it, or make {as_text(place)} writable") from error
    name = hashlib.sha256(os.fsencode(place)).hexdigest()[:32]
    return Index(cache / f"{name}.sqlite")


def _update(index: Index, runs: Sequence[Path], place: Path, progress: Callable[[int, int], None]) -> list[str]:
    """Bring the index of `place` up to date for `runs`; a line for each run that cannot be read."""
    known = index.signatures()
    gone = [name for name in known if not Path(name).is_dir()]
    for name in gone:
        index.remove(name)
    now = {run: signature(run) for run in runs}
    changed = [run for run in runs if known.get(_name(run)) != now[run]]
    problems = []
    for done, run in enumerate(changed):
        progress(done, len(changed))
        try:
            index.put(_name(run), gather(run), now[run])
        except LongvidError as error:
            index.remove(_name(run))
            problems.append(f"{shown(run)}: left out: {error}")
    if changed:
        progress(len(changed), len(changed))
    return problems


def _name(run: Path) -> str:
    return str(run).encode(errors="backslashreplace").decode()


def _found(hit: Hit) -> Found:
    return Found(hit.film, hit.run, hit.passage.time, hit.chunk, hit.passage.kind, hit.passage.text)
