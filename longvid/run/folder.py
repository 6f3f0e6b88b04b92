"""The run folder: everything that one film's runs have produced, locked while in use.

    <stem>.longvid/
      film.json       which film this folder belongs to
      run.json        the settings of the last run, so that a merge on a later day asks the same model the same way
      clips/          plans (scenes, chunks, frame times) and their frames, by the hash of all that decides them
      answers.sqlite  the content-addressed store, and what was begun and finished
      graph.sqlite    LangGraph's checkpoints of unfinished graphs
      <stem>.*        the outputs

Two films with one stem never share a folder: a folder names its film, and the second film gets one with its
fingerprint in the name. Knows nothing of models and strategies.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from longvid.errors import RunError, RunInUse
from longvid.files import NAME_KEPT, is_folder, make_empty
from longvid.output import NAMES
from longvid.run.failures import failed
from longvid.run.files import read_json, write_json
from longvid.run.store import Store

SUFFIX = ".longvid"
FORMAT = 1
LONGEST_STEM = 120
"""Bytes of a film's name that names of files are made of; the longest output adds about forty, the limit is 255."""
DATABASES = tuple(
    f"{name}.sqlite{suffix}" for name in ("answers", "graph") for suffix in ("", "-wal", "-shm", "-journal")
)
OURS = frozenset(("lock", "film.json", "run.json", "clips", "journal.jsonl", *DATABASES))
"""What a run folder holds beside the outputs; earlier versions had a journal of their own."""


@dataclass(frozen=True, slots=True)
class FilmIdentity:
    """Which film a folder belongs to."""

    path: Path
    fingerprint: str
    """Hash of the film's content, hex."""
    size: int
    """Bytes."""

    @property
    def stem(self) -> str:
        """What the folder and the outputs are called; a very long name is cut, since file names have a limit."""
        stem = self.path.stem or self.path.name
        if len(stem.encode(errors="replace")) <= LONGEST_STEM:
            return stem
        return stem.encode(errors="replace")[:LONGEST_STEM].decode(errors="ignore") + f"~{self.fingerprint[:6]}"


class RunFolder:
    """An open, locked run folder. Close it, or use it as a context manager."""

    def __init__(self, path: Path, lock: FileLock, notice: str | None = None, made: Sequence[Path] = ()) -> None:
        self.path = path
        self._made = tuple(made)
        self.notice = notice
        """What the user should know of where the folder is; None if it is where one expects it."""
        self._lock = lock
        try:
            make_empty(path / "answers.sqlite")
            self.store = Store(path / "answers.sqlite")
        except OSError as error:
            lock.release()
            raise failed(path, error) from error
        except RunError:
            lock.release()
            raise
        if self.store.older:
            notice = f"{path} is of an earlier longvid, whose answers cannot be used any more: all is asked anew"
        self.notice = notice
        """What the user should know of where the folder is or what it holds; None if it is as one expects it."""

    @property
    def graph_path(self) -> Path:
        return self.path / "graph.sqlite"

    @property
    def settings_path(self) -> Path:
        return self.path / "run.json"

    @property
    def clips_path(self) -> Path:
        return self.path / "clips"

    def film(self) -> FilmIdentity:
        """The film that this folder belongs to. Raises RunError if film.json is missing or damaged."""
        known = _identity(self.path)
        if known is None:
            raise RunError(f"{self.path} has no film.json; it is no run folder of longvid")
        return known

    def close(self) -> None:
        self.store.close()
        self._lock.release()

    def discard(self) -> None:
        """Close the folder and, if it was made by being opened, remove it: for when nothing has been done.

        What somebody else has put into it stays, and so does the folder then. It may be closed again.
        """
        self.store.close()
        if self._made:
            with contextlib.suppress(OSError):
                # The lock goes last, so that nobody takes the folder over while it is emptied.
                for name in ("clips", *sorted(OURS - {"clips", "lock"}), "lock"):
                    entry = self.path / name
                    if name == "clips":
                        shutil.rmtree(entry, ignore_errors=True)
                    else:
                        entry.unlink(missing_ok=True)
                for path in reversed(self._made):
                    path.rmdir()
        self._lock.release()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_for(film: FilmIdentity, directory: Path | None = None, *, fresh: bool = False) -> RunFolder:
    """The folder of `film` in `directory`, made if need be; by default beside the film.

    Where the film's own folder cannot be written, the working directory serves, and `notice` says so.
    `fresh` empties the folder first. Raises RunError if another process uses it or nothing can be written.
    """
    notice = None
    if directory is None:
        parent = film.path.absolute().parent
        if not os.access(parent, os.W_OK | os.X_OK):
            notice = f"{parent} cannot be written: the run is kept in {Path.cwd()}"
            parent = Path.cwd()
    else:
        parent = directory
    for path in folders_for(film, parent):
        made = [folder for folder in (*reversed(path.parents), path) if not folder.exists()]
        lock = _claim(path, film, fresh)
        if lock is not None:
            if fresh:
                _empty(path, (_identity(path) or film).stem)
            return RunFolder(path, lock, notice, made)
    raise RunError(f"both run folders for {film.path.name} in {parent} belong to other films; choose another -o DIR")


def folders_for(film: FilmIdentity, parent: Path) -> tuple[Path, Path]:
    """Where the run folder of `film` in `parent` is: at the second path where the first is another film's."""
    return parent / f"{film.stem}{SUFFIX}", parent / f"{film.stem}-{film.fingerprint[:8]}{SUFFIX}"


def open_existing(path: Path) -> RunFolder:
    """The run folder at `path`, locked. Raises RunError if it is none or in use."""
    if not is_folder(path):
        raise RunError(f"{path} is not a run folder; give the folder ending in {SUFFIX} that summarize made")
    if _identity(path) is None:
        raise RunError(f"{path} has no film.json; it is no run folder of longvid")
    try:
        lock = _lock(path)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}; copy it to where it can") from error
    if lock is None:
        raise _in_use(path)
    return RunFolder(path, lock)


def read_identity(path: Path) -> FilmIdentity:
    """Which film the run folder at `path` belongs to; takes no lock. Raises RunError where it is no run folder."""
    known = _identity(path) if is_folder(path) else None
    if known is None:
        raise RunError(f"{path} has no film.json; it is no run folder of longvid")
    return known


def stored_settings(path: Path) -> dict[str, object]:
    """What run.json of the run folder at `path` holds. Raises RunError if there is none."""
    settings = read_json(path / "run.json") if is_folder(path) else None
    if settings is None:
        raise RunError(f"{path} is not a run folder; give the folder ending in {SUFFIX} that summarize made")
    return settings


def _claim(path: Path, film: FilmIdentity, fresh: bool) -> FileLock | None:
    """Lock `path` for `film`; None if the folder belongs to another film. `fresh` takes one over that is damaged."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        # Before there is a lock: in a folder of somebody else nothing is left.
        if not (path / "film.json").exists():
            _require_ours(path, film)
        for _ in range(50):
            lock = _lock(path)
            try:
                known = _identity(path)
            except RunError:
                if lock is None or not fresh or not _holds_only_ours(path, film):
                    if lock is not None:
                        lock.release()
                    raise
                known = None
            if lock is not None:
                if known is None:
                    try:
                        _require_ours(path, film)
                    except RunError:
                        lock.release()
                        raise
                    _write_identity(path, film)
                    return lock
                if known.fingerprint == film.fingerprint and known.size == film.size:
                    return lock
                lock.release()
                return None
            if known is not None:
                if known.fingerprint == film.fingerprint:
                    raise _in_use(path)
                return None
            time.sleep(0.02)  # another process has just made the folder and is about to say whose it is
    except OSError as error:
        raise RunError(f"cannot make the run folder {path}: {error.strerror}; choose another -o DIR") from error
    raise _in_use(path)


def _lock(path: Path) -> FileLock | None:
    lock = FileLock(path / "lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


def _in_use(path: Path) -> RunInUse:
    return RunInUse(f"{path} is in use by another longvid; wait for it, or choose another -o DIR")


def _identity(path: Path) -> FilmIdentity | None:
    known = read_json(path / "film.json")
    if known is None:
        return None
    try:
        if known["format"] != FORMAT:
            raise RunError(f"{path} was written by another version of longvid; choose another -o DIR")
        film = str(known["path"])
        # What no file can be called would be found out when the outputs are written.
        os.fsencode(film)
        if "\0" in film:
            raise ValueError
        return FilmIdentity(Path(film), str(known["fingerprint"]), int(known["size"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path / 'film.json'} is damaged; choose another -o DIR") from error


def _write_identity(path: Path, film: FilmIdentity) -> None:
    write_json(
        path / "film.json",
        {
            "format": FORMAT,
            "path": str(film.path.absolute()),
            "fingerprint": film.fingerprint,
            "size": film.size,
        },
    )


def _require_ours(path: Path, film: FilmIdentity) -> None:
    """Raise RunError where a folder without film.json holds what longvid does not write."""
    if not _holds_only_ours(path, film):
        raise RunError(f"{path} exists and is no run folder of longvid; choose another -o DIR")


def _holds_only_ours(path: Path, film: FilmIdentity) -> bool:
    """Whether everything in a folder without a readable film.json can be longvid's: what a kill may have left."""
    return all(_is_ours(entry.name, film.stem) for entry in path.iterdir())


def _is_ours(name: str, stem: str) -> bool:
    """Whether longvid writes a file of this name: one of its own, an output, or what a kill left of either."""
    output = rf"{re.escape(stem)}\.[a-z0-9.-]+\.({'|'.join(map(re.escape, NAMES))})"
    begun = "|".join(re.escape(start) for start in ("film.json", "run.json", f"{stem}."[:NAME_KEPT]))
    return name in OURS or re.fullmatch(rf"{output}|\.({begun}).*-[a-z0-9_]{{8}}", name) is not None


def _empty(path: Path, stem: str) -> None:
    """Remove what is longvid's but the lock, which is held, and the name of the film: killed in between, it is still
    its folder."""
    for entry in path.iterdir():
        if entry.name in ("lock", "film.json") or not _is_ours(entry.name, stem):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
