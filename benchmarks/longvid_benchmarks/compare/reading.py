"""Files of a film's folder: text and JSON rows, bounded and cleaned, and refused with the file and line where they are
wrong. Knows nothing of what the rows say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from longvid.errors import CaptionsError
from longvid.files import parse_json, read_bytes
from longvid.text import printable
from longvid.text.shown import shown

LARGEST_FILE = 4 << 20
"""Bytes."""
MOST_ROWS = 2_000


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a file, one a line, with the number of its line; nothing where there is no file.

    Raises CaptionsError.
    """
    for number, line in enumerate((read_text(path) or "").split("\n"), 1):
        if not line.strip():
            continue
        if number > MOST_ROWS:
            raise CaptionsError(f"{shown(path)}: has more than {MOST_ROWS} lines")
        try:
            row = parse_json(line)
        except ValueError as error:
            raise CaptionsError(f"{shown(path)}: line {number}: is not JSON") from error
        if not isinstance(row, dict):
            raise CaptionsError(f"{shown(path)}: line {number}: is not a JSON object")
        yield number, row


def read_text(path: Path) -> str | None:
    """What stands in a text file, cleaned; None where there is no such file or it is empty. Raises CaptionsError."""
    try:
        return printable(read_bytes(path, LARGEST_FILE).decode("utf-8-sig")).rstrip() or None
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise CaptionsError(f"{shown(path)}: cannot be read (not UTF-8)") from error
    except OSError as error:
        raise CaptionsError(f"{shown(path)}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise CaptionsError(f"{shown(path)}: {error}") from error


def one_line(text: str) -> str:
    """`text` cleaned, as one line."""
    return " ".join(printable(text).split())
