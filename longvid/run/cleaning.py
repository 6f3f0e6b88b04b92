"""What of a run folder is of no use to its last run: plans and clips of other settings, and what kills have left.

Answers are never touched, so a run with other settings that comes back watches nothing again. The folder may come from
anybody: only real folders right under `clips` that are named as longvid names them are removed, links never followed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from longvid.errors import RunError
from longvid.run.files import read_json
from longvid.run.folder import RunFolder

PLAN = re.compile(r"\.?[0-9a-f]{16}(?:-[0-9a-f]{16})?")
"""A plan, or with a dot in front what was being written or removed when a process was killed."""

BUDGET = 500_000_000
"""Bytes that plans which the last run does not use may take together; a two-hour film has about 450 MB of clips."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A folder that can go, and the bytes on the disk that this frees."""

    path: Path
    size: int


def leftovers(folder: RunFolder) -> tuple[Leftover, ...]:
    """Plans of `folder` other than that of its last run, in order of their names.

    Raises RunError where run.json names no plan, for then none can be told from the others.
    """
    current = (read_json(folder.settings_path) or {}).get("plan")
    if not isinstance(current, str) or not PLAN.fullmatch(current):
        raise RunError(f"{folder.path} has no finished run to keep; to remove it all, delete the folder")
    try:
        if not stat.S_ISDIR(folder.clips_path.lstat().st_mode):
            raise RunError(f"{folder.clips_path} is no folder; delete it")
        names = sorted(name for name in os.listdir(folder.clips_path) if PLAN.fullmatch(name) and name != current)
        found = [folder.clips_path / name for name in names]
        return tuple(Leftover(path, _size(path)) for path in found if stat.S_ISDIR(path.lstat().st_mode))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RunError(f"{folder.clips_path} cannot be looked at: {error.strerror}; check its permissions") from error


def trim(folder: RunFolder, budget: int | None = None) -> tuple[Leftover, ...]:
    """Remove of what `leftovers` names the oldest, until the rest is within `budget` bytes (`BUDGET`); what went.

    Raises RunError as `leftovers` and `remove` do.
    """
    found = leftovers(folder)
    over = sum(one.size for one in found) - (BUDGET if budget is None else budget)
    gone: list[Leftover] = []
    for one in sorted(found, key=lambda one: _age(one.path)) if over > 0 else ():
        if over <= 0:
            break
        remove(one)
        gone.append(one)
        over -= one.size
    return tuple(gone)


def _age(path: Path) -> float:
    """When a plan was finished, s; 0.0 for one that never was."""
    try:
        return (path / "plan.json").lstat().st_mtime
    except OSError:
        return 0.0


def remove(leftover: Leftover) -> None:
    """Remove it: first its name, so that a kill leaves no half plan. Raises RunError where that is not allowed."""
    path = leftover.path
    hidden = path if path.name.startswith(".") else path.with_name(f".{path.name}")
    try:
        if hidden != path:
            if hidden.is_dir() and not hidden.is_symlink():
                shutil.rmtree(hidden)
            path.rename(hidden)
        shutil.rmtree(hidden)
    except OSError as error:
        raise RunError(f"{path} cannot be removed: {error.strerror}; check its permissions") from error


def _size(path: Path) -> int:
    """Bytes that removing `path` frees: a clip that another plan shares stays."""
    total = 0
    for root, _, files in os.walk(path):
        for name in files:
            about = os.lstat(os.path.join(root, name))
            total += about.st_size if about.st_nlink == 1 else 0
    return total
