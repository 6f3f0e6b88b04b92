"""Folders that a program works in for long: one at a time is in one, and what it makes is whole or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from longvid.errors import RunError


@contextmanager
def claimed(folder: Path, work: str = "benchmark") -> Iterator[None]:
    """Make `folder` and keep others out of it; `work` is what is done there. Raises RunError if somebody is in it or it
    cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise RunError(f"{folder} is in use by another {work}; wait for it, or choose another folder") from error
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}; choose another folder") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` to write to; what is there takes its place if all went well. Raises OSError."""
    scratch = folder.absolute().with_name(f".{folder.absolute().name}-new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
