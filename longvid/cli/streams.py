"""The standard streams: results alone on stdout, and what becomes of a stream that is closed, full or nobody reads.

Knows files and descriptors, and nothing of commands.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TextIO

UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE, errno.EBADF})
"""What a stream says that is full, broken or gone."""


def prepare() -> None:
    """Make the streams of this process fit for a night's work: none is missing, none fails for a letter it cannot show,
    and stderr, which decides nothing, never fails."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            # Left free, the number would be that of the next file to be opened, such as a run's database.
            setattr(sys, name, open(_reserve(number), mode, encoding="utf-8", errors="replace"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # The interpreter's own stays alive beside it, and with it the buffer that both share.
    if isinstance(sys.stderr, io.TextIOWrapper) and sys.stderr is sys.__stderr__:
        sys.stderr = _Lenient(
            sys.stderr.buffer, encoding=sys.stderr.encoding, errors="replace", line_buffering=True, write_through=True
        )


def _reserve(number: int) -> int:
    """A descriptor that takes and gives nothing; `number` itself where that is free."""
    handle = os.open(os.devnull, os.O_RDWR)
    try:
        os.fstat(number)
    except OSError:
        os.dup2(handle, number)
        os.close(handle)
        return number
    return handle


class _Lenient(io.TextIOWrapper):
    """Loses what cannot be written: status and results must not depend on it."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            self._give_up()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        silence(self)


def is_unwritable(error: OSError) -> bool:
    """Whether `error` is that of a stream, which has no name, and not of a file."""
    return error.filename is None and error.errno in UNWRITABLE


def silence(stream: TextIO) -> None:
    """Let `stream` take whatever is still written to it, so that nobody fails over it again, not even at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        number = stream.fileno()
        handle = os.open(os.devnull, os.O_WRONLY)
        os.dup2(handle, number)
        os.close(handle)


@contextmanager
def only_results() -> Iterator[None]:
    """Within it what is written to stdout goes to stderr: `print` in a strategy, a library in C, a process it starts.

    What prints results must be outside of it.
    """
    out = sys.stdout
    with redirect_stdout(sys.stderr):
        try:
            number, other = out.fileno(), sys.stderr.fileno()
        except (OSError, ValueError, AttributeError):  # no streams of the system's, as where longvid is called
            yield
            return
        with contextlib.suppress(OSError):
            out.flush()
        kept = os.dup(number)
        os.dup2(other, number)
        try:
            yield
        finally:
            # Who kept hold of the real stdout may not have flushed it.
            with contextlib.suppress(OSError):
                out.flush()
            os.dup2(kept, number)
            os.close(kept)
