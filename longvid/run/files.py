"""Files that are whole or not there: written beside their place, synced, then renamed."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longvid.errors import RunError

NAME_KEPT = 40
"""Letters of its name that a file has while it is written: `.name-` and eight letters of chance."""


def write_text(path: Path, text: str) -> None:
    """Replace `path` with `text` (UTF-8) in one step. Raises RunError when it cannot be written."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:NAME_KEPT]}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes private files; outputs follow the folder's usual permissions instead.
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}; free some space or choose another -o DIR") from error


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace `path` with `value` as indented JSON in one step. Names of files that are no UTF-8 come back whole."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    write_text(path, re.sub("[\ud800-\udfff]", lambda byte: f"\\u{ord(byte[0]):04x}", text) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`; None if there is no such file. Raises RunError if it holds anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged ({error}); summarize with --fresh begins anew") from error
    if not isinstance(value, dict):
        raise RunError(f"{path} is damaged (not a JSON object); summarize with --fresh begins anew")
    return value
