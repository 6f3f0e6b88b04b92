"""Searching the runs of whole folders, by an index that is kept in the folder and brought up to date by each search.

Only runs that have changed are read again. An index is nothing but a copy, so one that is damaged begins anew; where a
folder cannot be written its index lies in the user's cache. Knows no model.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from longvid.asking import words
from longvid.asking.index import Hit, Index
from longvid.asking.passages import gather, signature
from longvid.asking.prompting import one_line
from longvid.engine.request import Stopped
from longvid.errors import LongvidError, RunError
from longvid.files import as_text, is_file, is_folder
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
    alive: Callable[[], None] = lambda: None,
) -> Search:
    """The passages with the words `wanted` in the run folders `places`, and in all those below folders among them.

    `allowed`: whether a run folder may be read; `writable`: whether an index may be kept in a folder.
    `progress` is told how many of how many changed runs are read; `alive` is called often, and may raise to end it all.
    Raises RunError where a place is no folder, nothing is searched for, or no run is there.
    """
    sought = words.terms(one_line(wanted))
    if not sought:
        raise RunError("no word is searched for; give one, such as: letter")
    found: list[tuple[bool, float, Found]] = []
    problems: list[str] = []
    number = 0
    for place, runs in _by_index(places, allowed, alive):
        with _index_of(place, writable) as index:
            problems += _update(index, runs, progress, alive)
            names = frozenset(map(as_text, runs))
            whole = index.find(words.all_of(sought), most, names)
            hits = whole or index.find(words.any_of(sought), most, names)
            found += [(not whole, -hit.score, _found(hit)) for hit in hits]
        number += len(runs)
    found.sort(key=lambda scored: (scored[0], scored[1], scored[2].film, scored[2].time))
    all_words = bool(found) and not found[0][0]
    best = [one for some, _, one in found if some != all_words]
    return Search(one_line(wanted), tuple(best[:most]), number, all_words, tuple(problems))


async def searched(places: Sequence[Path], wanted: str, **how: Any) -> Search:
    """`search_runs` in a thread of its own, which ends soon after this is cancelled."""
    over = threading.Event()

    def alive() -> None:
        if over.is_set():
            raise Stopped

    try:
        return await asyncio.to_thread(partial(search_runs, places, wanted, alive=alive, **how))
    except asyncio.CancelledError:
        over.set()
        raise


def runs_below(
    folder: Path,
    allowed: Callable[[Path], bool] = lambda path: True,
    alive: Callable[[], None] = lambda: None,
) -> Iterator[Path]:
    """The run folders below `folder`, in order of their paths; links are not followed. One that cannot be looked at may
    be one. `alive` may raise to end it."""
    level = [folder]
    for _ in range(DEEPEST):
        below: list[Path] = []
        for parent in level:
            alive()
            for path in _folders(parent):
                if not path.name.endswith(SUFFIX):
                    below.append(path)
                elif allowed(path) and os.path.lexists(path / "film.json"):
                    yield path
        level = below


def _folders(parent: Path) -> list[Path]:
    """The folders right in `parent`, by name; none where they cannot be listed."""
    try:
        with os.scandir(parent) as entries:
            return [Path(entry.path) for entry in sorted(entries, key=_by_name) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _by_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _by_index(
    places: Sequence[Path], allowed: Callable[[Path], bool], alive: Callable[[], None]
) -> Iterator[tuple[Path, list[Path]]]:
    """The folders in which an index is kept, each with the runs that are searched by it; a run is in one of them."""
    by_place: dict[Path, list[Path]] = {}
    seen: set[Path] = set()
    for place in places:
        if not is_folder(place):
            raise RunError(f"{as_text(place)} is no folder; give run folders, or a folder that has some")
        if not allowed(place):
            raise RunError(f"{as_text(place)} may not be read here")
        here, real = place.absolute(), place.resolve()
        if is_file(place / "film.json"):
            home, runs = here.parent, [here]
        else:
            home, runs = here, list(islice(runs_below(here, allowed, alive), MOST_RUNS))
        if not runs:
            raise RunError(f"{as_text(place)} has no run folders; make one with longvid summarize FILM -o {place}")
        # Links were followed to the place alone, so this is what each run really is.
        new = [run for run in runs if real / run.relative_to(here) not in seen]
        seen |= {real / run.relative_to(here) for run in new}
        by_place.setdefault(home, []).extend(new)
    yield from ((place, runs) for place, runs in by_place.items() if runs)


def _index_of(place: Path, writable: Callable[[Path], bool]) -> Index:
    """The index of the folder `place`: there, or in the user's cache where nothing can be written, or not the one that
    is there."""
    path = place / INDEX
    mine = not os.path.lexists(path) or path.is_symlink() or os.access(path, os.W_OK)
    if writable(place) and os.access(place, os.W_OK | os.X_OK) and mine:
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


def _update(
    index: Index,
    runs: Sequence[Path],
    progress: Callable[[int, int], None],
    alive: Callable[[], None],
) -> list[str]:
    """Bring `index` up to date for `runs`; a line for each run that cannot be read."""
    known = index.signatures()
    names = {run: as_text(run) for run in runs}
    # A name is no path where it is none as text, so what was just found is not gone.
    for name in known.keys() - set(names.values()):
        if not is_folder(Path(name)):
            index.remove(name)
    now = {run: _signed(run, alive) for run in runs}
    changed = [run for run in runs if known.get(names[run]) != now[run]]
    problems = []
    for done, run in enumerate(changed):
        progress(done, len(changed))
        alive()
        try:
            index.put(names[run], gather(run), now[run])
        except LongvidError as error:
            index.remove(names[run])
            problems.append(f"{shown(run)}: left out: {error}")
    if changed:
        progress(len(changed), len(changed))
    return problems


def _signed(run: Path, alive: Callable[[], None]) -> str:
    alive()
    return signature(run)


def _found(hit: Hit) -> Found:
    return Found(hit.film, hit.run, hit.passage.time, hit.chunk, hit.passage.kind, hit.passage.text)
