"""One benchmark a folder: nobody else works in it at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from longvid.errors import RunError


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Make `folder` and keep other benchmarks out of it. Raises RunError if one is in it or it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise RunError(f"{folder} is in use by another benchmark; wait for it, or choose another -o DIR") from error
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}; choose another -o DIR") from error
    try:
        yield
    finally:
        lock.release()
