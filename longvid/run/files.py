"""Files of a run: what to say where one cannot be written or read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longvid import files
from longvid.errors import RunError


def write_text(path: Path, text: str) -> None:
    """Replace `path` with `text` (UTF-8) in one step. Raises RunError when it cannot be written.

    What of a file name is no text becomes `\\udcXX`, which JSON reads as the same name again.
    """
    try:
        files.write_whole(path, text.encode(errors="backslashreplace"))
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}; free some space or choose another -o DIR") from error


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace `path` with `value` as indented JSON in one step. Names of files that are no UTF-8 come back whole."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    write_text(path, re.sub("[\ud800-\udfff]", lambda byte: f"\\u{ord(byte[0]):04x}", text) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`; None if there is no such file. Raises RunError if it holds anything else."""
    try:
        value = files.read_json(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged ({error}); summarize with --fresh begins anew") from error
    if not isinstance(value, dict):
        raise RunError(f"{path} is damaged (not a JSON object); summarize with --fresh begins anew")
    return value
