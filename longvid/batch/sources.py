"""Films where they lie: folders with all that is below them, patterns, and single files. Opens no film."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from longvid.batch.manifest import Entry
from longvid.errors import BatchError
from longvid.files import as_text

ENDINGS = (
    *("3gp", "asf", "avi", "divx", "f4v", "flv", "m2ts", "m2v", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts"),
    *("mxf", "ogm", "ogv", "ts", "vob", "webm", "wmv"),
)
"""What films end in that are taken from folders unless patterns say otherwise."""
RUNS = ".longvid"


def find(source: str, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[Entry]:
    """The films that `source` names: a file, a folder with all that is below it, or a pattern, in order of their names.

    Of a folder those files are taken whose name or path below it fits a pattern of `include` (by default, whose ending
    is that of a film) and none of `exclude`, in any case of letters; nothing hidden, no run folder, and no folder that
    is a link. A file that is named is taken whatever it is called. Raises BatchError where a folder cannot be read or
    nothing is found.
    """
    path = Path(source)
    if path.is_dir():
        return _below(path, include, exclude)
    if os.path.lexists(path) or not glob.has_magic(source):
        return [Entry(path)]
    found = [Path(name) for name in sorted(glob.glob(source, recursive=True))]
    if not found:
        raise BatchError(f"nothing fits {as_text(source)}; check the pattern, and name films that are there")
    return [
        entry
        for path in found
        if path.suffix != RUNS
        for entry in (_below(path, include, exclude) if path.is_dir() else [Entry(path)])
    ]


def _below(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> list[Entry]:
    def refuse(error: OSError) -> None:
        name = as_text(error.filename or folder)
        raise BatchError(
            f"{name}: the folder cannot be read ({error.strerror}); check its permissions, or --exclude it"
        )

    wanted = include or [f"*.{ending}" for ending in ENDINGS]
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
    if not found:
        raise BatchError(f"{as_text(folder)}: no film in this folder; see --include and --exclude")
    return sorted(found, key=lambda entry: entry.path)


def _fits(path: Path, patterns: Sequence[str]) -> bool:
    whole = PurePosixPath(path).as_posix().lower()
    return any(fnmatch(name, pattern.lower()) for pattern in patterns for name in (whole, path.name.lower()))
