"""Files: JSON read within bounds, and outputs that are whole or not there, with the rights that the umask gives.

Whatever is read may come from anybody. Knows no run folder and no command: what is wrong is an OSError or a ValueError,
and whoever asked says what it means.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

LARGEST_JSON = 64 << 20
"""Bytes; the plan of ten thousand chunks has about a tenth of it."""
DEEPEST = 100
"""Levels of nesting: what is read must also be written again and walked, and each of these has a limit of its own."""
LARGEST_NUMBER = 10**40
"""Tokenizers write 10^30 for "no limit"; what is far beyond it is no float and no column of a database."""
NAME_KEPT = 40
"""Letters of its name that a file has while it is written: `.name-` and eight letters of chance."""
EVERYBODY = 0o666
"""Rights of a new file before the umask takes its share."""


def as_text(path: Path | str) -> str:
    """A path, or a message with one, as it is shown: bytes of a name that are no text as `\\xNN`."""
    try:
        return str(path).encode(errors="surrogateescape").decode(errors="backslashreplace")
    except UnicodeEncodeError:  # of no file of this system
        return str(path).encode(errors="backslashreplace").decode()


def is_file(path: Path) -> bool:
    """Whether `path` leads to a regular file; what the system will not look at is none, whatever its name is."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether `path` leads to a folder; what the system will not look at is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def parse_json(text: str | bytes) -> Any:
    """The value that `text` (UTF-8) holds.

    Raises ValueError for what is no JSON, and for JSON that nothing of ours writes: deeper than DEEPEST, with a number
    over LARGEST_NUMBER, or with NaN or an infinity.
    """
    try:
        value = json.loads(text.decode() if isinstance(text, bytes) else text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, int | float) and not abs(item) < LARGEST_NUMBER:  # NaN is not less than anything
                raise ValueError("a number is too large, or none")
        level, depth = below, depth + 1
    return value


def read_json(path: Path, largest: int = LARGEST_JSON) -> Any:
    """The JSON in the file at `path`, of at most `largest` bytes. Raises OSError and ValueError (see `parse_json`)."""
    return parse_json(read_bytes(path, largest))


def read_bytes(path: Path, largest: int) -> bytes:
    """What the regular file at `path` holds.

    Raises OSError where it cannot be read or is a folder, a pipe or a device, which might never end; ValueError where
    it has over `largest` bytes.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        with open(handle, "rb", closefd=False) as file:
            data = file.read(largest + 1)
    finally:
        os.close(handle)
    if len(data) > largest:
        raise ValueError(f"over {largest >> 20} MiB")
    return data


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` with `data` in one step: written beside its place, synced, then renamed. Raises OSError."""
    # Not tempfile, whose files nobody else may read: outputs are for whomever the umask lets in.
    draft = path.with_name(f".{path.name[:NAME_KEPT]}-{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, EVERYBODY)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def make_empty(path: Path) -> None:
    """Have a file at `path` before SQLite makes one, which nobody but the owner could write, whatever the umask says.

    What SQLite puts beside a file has that file's rights. Raises OSError.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, EVERYBODY))


def _sync(folder: Path) -> None:
    """The new name must survive a power cut too, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
