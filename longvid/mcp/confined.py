"""Which paths a program may name: those in the folders that were named at the start, and nothing that a link leads to.

Paths are taken as the system resolves them. A run folder with any link in it, and a film with a link beside it that
would be taken for its subtitles or its run, are refused: what they would read or write lies elsewhere. Knows no
protocol.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from longvid.errors import RunError
from longvid.files import as_text, is_file
from longvid.text.shown import shown

MOST_ENTRIES = 200_000
"""Files in one run folder that are looked at for links."""


@dataclass(frozen=True, slots=True)
class Confined:
    """Folders, and what lies in them."""

    roots: tuple[Path, ...]
    """Resolved."""

    @classmethod
    def to(cls, folders: Sequence[Path]) -> Confined:
        """Confined to `folders`. Raises RunError for one that is none."""
        roots = []
        for folder in folders:
            try:
                root = folder.resolve(strict=True)
            except OSError as error:
                raise RunError(f"{as_text(folder)}: {error.strerror}; name folders with films or runs") from error
            if not root.is_dir():
                raise RunError(f"{as_text(folder)} is no folder; name folders with films or runs")
            roots.append(root)
        return cls(tuple(dict.fromkeys(roots)))

    def allows(self, path: Path) -> bool:
        """Whether what `path` leads to is there and lies in one of the folders."""
        try:
            real = path.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            return False
        return any(real == root or real.is_relative_to(root) for root in self.roots)

    def path(self, told: str) -> Path:
        """What `told` names, resolved; a relative one is looked for in every folder.

        Raises RunError, the same for what is elsewhere and for what is nowhere.
        """
        try:
            named = Path(told)
            places = [named] if named.is_absolute() else [root / named for root in self.roots]
            for place in places:
                if self.allows(place):
                    return place.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            pass  # no path of this system
        raise RunError(f"{shown(Path(told.replace(chr(0), '?')))} is not in the folders that may be read here")

    def run(self, told: str) -> Path:
        """The run folder that `told` names. Raises RunError where it is none, or has links in it."""
        path = self.path(told)
        if not is_run(path):
            raise RunError(f"{shown(path)} is no run folder")
        self.require_plain(path)
        return path

    def film(self, told: str) -> Path:
        """The film that `told` names. Raises RunError where it is no file, or links stand beside it."""
        path = self.path(told)
        if not is_file(path):
            raise RunError(f"{shown(path)} is no film")
        try:
            with os.scandir(path.parent) as entries:
                beside = [entry.name for entry in entries if entry.name.startswith(path.stem) and entry.is_symlink()]
        except OSError as error:
            raise RunError(f"{shown(path.parent)} cannot be looked at: {error.strerror}") from error
        if beside:
            raise RunError(
                f"{shown(path)}: beside it stands a link, which is not followed here: {shown(Path(beside[0]))}"
            )
        return path

    def require_plain(self, folder: Path) -> None:
        """Raise RunError where `folder` is there and what it reads or writes may lie elsewhere."""
        if os.path.lexists(folder) and not self.is_plain(folder):
            raise RunError(f"{shown(folder)} has links in it, which are not followed here")

    def is_plain(self, folder: Path) -> bool:
        """Whether `folder` lies here, can be looked at as a whole, is no link and has none in it."""
        if folder.is_symlink() or not self.allows(folder):
            return False
        number = 0
        level = [folder]
        try:
            while level:
                with os.scandir(level.pop()) as entries:
                    for entry in entries:
                        number += 1
                        if entry.is_symlink() or number > MOST_ENTRIES:
                            return False
                        if entry.is_dir(follow_symlinks=False):
                            level.append(Path(entry.path))
        except OSError:
            return False
        return True


def is_run(path: Path) -> bool:
    """Whether `path` is a run folder."""
    return is_file(path / "film.json")
