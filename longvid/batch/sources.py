"""Films where they lie: folders with all that is below them, patterns, and single files. Opens no film."""

from __future__ import annotations

import glob
import itertools
import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from longvid.batch import stores
from longvid.batch.manifest import Entry
from longvid.errors import BatchError
from longvid.files import as_text

ENDINGS = (
    *("3gp", "asf", "avi", "divx", "f4v", "flv", "m2ts", "m2v", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts"),
    *("mxf", "ogm", "ogv", "ts", "vob", "webm", "wmv"),
)
"""What films end in that are taken from folders unless patterns say otherwise."""
FILMS = tuple(f"*.{ending}" for ending in ENDINGS)
RUNS = ".longvid"


def find(source: str, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[Entry]:
    """The films that `source` names: a file, a folder with all that is below it, or a pattern, in order of their names.

    Of a folder those files are taken whose name or path below it fits a pattern of `include` (by default, whose ending
    is that of a film) and none of `exclude`, in any case of letters; nothing hidden, no run folder, and no folder that
    is a link. Of what fits a pattern, folders and files are taken in the same way, but files of any kind where the
    pattern itself says how they end. A file that is named is taken whatever it is called. Raises BatchError where a
    folder cannot be read or nothing is found. An address in a store is the same as a path.
    """
    if stores.in_store(source):
        return _in_store(source, include, exclude)
    path = Path(source)
    if path.is_dir():
        if not (found := _below(path, include, exclude)):
            raise BatchError(f"{as_text(path)}: no film in this folder; see --include and --exclude")
        return found
    if os.path.lexists(path) or not glob.has_magic(source):
        return [Entry(path)]
    if not (found := _fitting(source, include, exclude)):
        raise BatchError(f"no film fits {as_text(source)}; check the pattern, --include and --exclude")
    return found


def _in_store(address: str, include: Sequence[str], exclude: Sequence[str]) -> list[Entry]:
    """The films at `address`. Raises BatchError where there are none, or the store does not answer."""
    ending = PurePosixPath(address).suffix
    wanted = ["*"] if glob.has_magic(address) and ending and not glob.has_magic(ending) else include or FILMS
    found = []
    for film in stores.find(address):
        inside = Path(film.inside)
        above = [inside, *inside.parents][:-1]
        passed = any(each.name.startswith(".") or each.name.endswith(RUNS) or _fits(each, exclude) for each in above)
        if not film.inside or (_fits(inside, wanted) and not passed):
            found.append(Entry(stores.place_of(film.address), below=film.below, address=film.address))
    if not found:
        raise BatchError(f"{as_text(address)}: no film there; check the address, --include and --exclude")
    return found


def _fitting(pattern: str, include: Sequence[str], exclude: Sequence[str]) -> list[Entry]:
    """The films that `pattern` gives, each once."""
    named = list(itertools.takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts))
    ending = Path(pattern).suffix
    wanted = ["*"] if ending and not glob.has_magic(ending) else include or FILMS
    found: dict[Path, Entry] = {}
    for path in sorted(_matches(Path(*named), Path(pattern).parts[len(named) :])):
        inside = Path(*path.parts[len(named) :])
        above = [inside, *inside.parents][:-1]
        if any(folder.name.endswith(RUNS) or _fits(folder, exclude) for folder in above):
            continue
        if path.is_dir():
            films = _below(path, include, exclude)
        elif _fits(inside, wanted):
            films = [Entry(path)]
        else:
            continue
        for entry in films:
            found.setdefault(entry.path, entry)
    return list(found.values())


def _matches(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """What fits `parts` of a pattern below `folder`, perhaps more than once. As a shell does it, passes over what is
    hidden unless it is named, and over folders that cannot be read; `**` passes over folders that are links too, which
    may lead back."""
    if not parts:
        yield folder
    elif parts[0] == "**":
        yield from _matches(folder, parts[1:])
        for entry in _entries(folder):
            if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                yield from _matches(folder / entry.name, parts)
    elif glob.has_magic(parts[0]):
        for entry in _entries(folder):
            hidden = entry.name.startswith(".") and not parts[0].startswith(".")
            if not hidden and fnmatch(entry.name, parts[0]):
                yield from _matches(folder / entry.name, parts[1:])
    elif os.path.lexists(folder / parts[0]):
        yield from _matches(folder / parts[0], parts[1:])


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in `folder`; nothing where it is none, or cannot be read."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _below(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> list[Entry]:
    """The films below `folder`, in order of their paths. Raises BatchError where a folder cannot be read."""

    def refuse(error: OSError) -> None:
        name = as_text(error.filename or folder)
        raise BatchError(
            f"{name}: the folder cannot be read ({error.strerror}); check its permissions, or --exclude it"
        )

    wanted = include or FILMS
    found = []
    for root, folders, files in os.walk(folder, onerror=refuse):
        here = Path(root).relative_to(folder)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and not name.endswith(RUNS) and not _fits(here / name, exclude)
        ]
        found += [
            Entry(folder / here / name, below=here)
            for name in files
            if not name.startswith(".") and _fits(here / name, wanted) and not _fits(here / name, exclude)
        ]
    return sorted(found, key=lambda entry: entry.path)


def _fits(path: Path, patterns: Sequence[str]) -> bool:
    whole = PurePosixPath(path).as_posix().lower()
    return any(fnmatch(name, pattern.lower()) for pattern in patterns for name in (whole, path.name.lower()))
