"""Files of data sets: JSON lines (`.jsonl`), or one list of rows (`.json`), in ms-swift's or in LLaVA's form.

Each row of a file may have a form of its own. The file is hostile until it is read: bounded, and refused with the line
where it is wrong. Opens no video.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from longvid.errors import DataError
from longvid.files import parse_json, read_json, write_whole
from longvid.text.shown import clean, shown
from longvid.training.data import llava, swift
from longvid.training.data.sample import Sample

Form = Literal["ms-swift", "llava"]

LARGEST_ROW = 16 << 20
"""Bytes of a line; a video of some seconds may stand in one as an address of its own (`data:`)."""
LARGEST_LIST = 1 << 30
"""Bytes of a `.json`, which is read whole; LLaVA's own of 1.3 million rows has about as many."""
MOST_ROWS = 10_000_000
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def read(path: Path) -> list[Sample]:
    """The samples of the file at `path`.

    A path of a video that is no whole one is taken from the file's own folder where it leads to a file there, and else
    stays as it is, from the working directory. Raises DataError, which names the row, for whatever is no sample.
    """
    samples = []
    for at, row in _rows(path):
        try:
            samples.append(_beside(path, sample_of(row)))
        except ValueError as error:
            raise DataError(f"{shown(path)}, {at}: {clean(str(error))}; mend the row or take it out") from error
    if not samples:
        raise DataError(f"{shown(path)}: it has no rows; give a data set in ms-swift's or LLaVA's form")
    return samples


def require_readable(path: Path) -> None:
    """Raise DataError where no file at `path` can be read. What stands in it is not looked at."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError as error:
        raise DataError(_unreadable(path, error)) from error


def write(path: Path, samples: Iterable[Sample], form: Form = "ms-swift") -> None:
    """Replace the file at `path` with `samples`: one JSON list where it is called `.json`, else JSON lines.

    Raises DataError where `form` cannot say what a sample holds, or the file cannot be written.
    """
    lines = []
    for number, sample in enumerate(samples, 1):
        try:
            lines.append(line_of(_WRITERS[form](sample)))
        except ValueError as error:
            raise DataError(f"{shown(path)}, sample {number}: {error}") from error
    listed = path.suffix.lower() == ".json"
    text = "[\n" + ",\n".join(lines) + "\n]\n" if listed else "".join(f"{line}\n" for line in lines)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        raise DataError(f"cannot write {shown(path)}: {error.strerror}; free some space or choose another") from error


def sample_of(row: Any) -> Sample:
    """The sample in a row of any form. Raises ValueError."""
    if not isinstance(row, dict):
        raise ValueError("a row is a JSON object")
    return llava.sample_of(row) if any(key in row for key in llava.KEYS) else swift.sample_of(row)


def line_of(row: Mapping[str, Any]) -> str:
    """`row` as one line of JSON; bytes of file names that are no UTF-8 come back whole from it."""
    text = json.dumps(row, ensure_ascii=False, allow_nan=False)
    return re.sub("[\ud800-\udfff]", lambda byte: f"\\u{ord(byte[0]):04x}", text)


_WRITERS: Final = {"ms-swift": swift.row_of, "llava": llava.row_of}
assert set(_WRITERS) == set(get_args(Form))


def _rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Each row with the words for where it stands. Raises DataError."""
    try:
        if path.suffix.lower() == ".json":
            value = read_json(path, LARGEST_LIST)
            for number, row in enumerate(value if isinstance(value, list) else [value], 1):
                yield f"row {number}", row
            return
        yield from _lines(path)
    except OSError as error:
        raise DataError(_unreadable(path, error)) from error
    except ValueError as error:
        raise DataError(f"{shown(path)}: {clean(str(error))}; give a data set of JSON rows") from error


def _unreadable(path: Path, error: OSError) -> str:
    return f"{shown(path)} cannot be read: {error.strerror or error}; give a data set"


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file")
        for number in range(1, MOST_ROWS + 2):
            line = file.readline(LARGEST_ROW + 1)
            if not line:
                return
            if number > MOST_ROWS or len(line) > LARGEST_ROW:
                raise ValueError(f"line {number} is more than is read of one data set")
            if line.strip():
                try:
                    row = parse_json(line.removeprefix(b"\xef\xbb\xbf"))
                except ValueError as error:
                    raise ValueError(f"line {number} is no JSON ({error})") from error
                yield f"line {number}", row


def _beside(path: Path, sample: Sample) -> Sample:
    """`sample` with paths of videos that lie in the folder of the file."""

    def found(video: str) -> str:
        if _ADDRESS.match(video) or os.path.isabs(video) or "\0" in video:
            return video
        here = path.absolute().parent / video
        return str(here) if here.is_file() else video

    return replace(sample, videos=tuple(map(found, sample.videos)))
