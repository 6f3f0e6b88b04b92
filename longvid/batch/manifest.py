"""Lists of films: a manifest in CSV or JSONL, or a text with a film a line. Reads words; what options mean is for
whoever asked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from longvid.batch.stores import is_address, place_of, require_store
from longvid.errors import BatchError
from longvid.files import as_text, parse_json, read_bytes

OPTIONS = ("strategy", "length", "subtitles", "start", "end")
"""What a row may say of its film, as the options of these names do."""
COLUMNS = ("film", *OPTIONS)
LARGEST = 64 << 20
"""Bytes of a list; a million films have about that."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A film that was named, and what was said of it."""

    path: Path
    options: Mapping[str, str] = field(default_factory=dict)
    """Of OPTIONS, as they were written; what is not there is as for the whole batch."""
    where: str = ""
    """The list and the line that it stands in; empty where it stands in none."""
    below: Path = Path()
    """Folder below that which was searched: run folders lie in the same one below theirs."""
    base: Path = Path()
    """What files that the options name are relative to."""
    address: str = ""
    """Of a film in a store: `path` is then where it will be, below a folder for such films."""

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return self.address or as_text(self.path.absolute())


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list names: its films, and a line for each fault."""

    entries: tuple[Entry, ...]
    faults: tuple[str, ...]


def read_manifest(path: Path) -> Listed:
    """The films in the file at `path`, relative to its folder: CSV where it ends in .csv, else a film or a JSON object
    a line. Raises BatchError where it cannot be read."""
    name = as_text(path)
    try:
        data = read_bytes(path, LARGEST)
    except OSError as error:
        raise BatchError(f"{name}: cannot be read ({error.strerror}); check its path and permissions") from error
    except ValueError as error:
        raise BatchError(f"{name}: {error}; split it into several") from error
    return read_list(data, name, path.parent, as_csv=path.suffix.lower() == ".csv")


def read_list(data: bytes, name: str, folder: Path, *, as_csv: bool = False) -> Listed:
    """The films in `data`, which is called `name` in faults and whose paths are relative to `folder`."""
    # Names of files may be no text; they come back whole.
    text = data.decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    entries, faults = [], []
    for line, row in _csv_rows(text) if as_csv else _line_rows(text):
        where = f"{name}, line {line}"
        try:
            entries.append(_entry(row, where, folder))
        except ValueError as error:
            faults.append(f"{where}: {error}")
    return Listed(tuple(entries), tuple(faults))


def _line_rows(text: str) -> Iterator[tuple[int, object]]:
    """Number and content of each line that is neither empty nor a comment: a JSON object, or a film's path."""
    for number, line in enumerate(text.split("\n"), 1):
        word = line.removesuffix("\r")
        if word.strip() and not word.startswith("#"):
            try:
                yield number, parse_json(word) if word.startswith("{") else {"film": word}
            except ValueError as error:
                yield number, ValueError(f"no JSON object ({error})")


def _csv_rows(text: str) -> Iterator[tuple[int, object]]:
    """Number of the last line and columns of each row of a CSV; what its header names is `_entry`'s to judge."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield rows.line_num, ValueError(f"no CSV ({error})")
            return
        if not any(cell.strip() for cell in row):
            continue
        if not header:
            header = [cell.strip() for cell in row]
            if fault := _of_header(header):
                yield rows.line_num, fault
                return
        elif len(row) != len(header):
            yield rows.line_num, ValueError(f"has {len(row)} columns where the first line names {len(header)}")
        else:
            yield rows.line_num, dict(zip(header, row, strict=True))


def _of_header(names: list[str]) -> ValueError | None:
    """What is wrong with the first line of a CSV."""
    if "film" not in names:
        return ValueError(f"the first line names the columns, and one of them is film; there are {', '.join(COLUMNS)}")
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        return ValueError(_unknown(unknown[0]))
    return ValueError("a column is named twice") if len(set(names)) < len(names) else None


def _unknown(name: str) -> str:
    return f"there is no column {name!r}; there are {', '.join(COLUMNS)}"


def _entry(row: object, where: str, folder: Path) -> Entry:
    """The film that `row` names. Raises ValueError that says what is wrong with it."""
    if isinstance(row, ValueError):
        raise row
    if not isinstance(row, dict):
        raise ValueError("no JSON object")
    unknown = [str(name) for name in row if name not in COLUMNS]
    if unknown:
        raise ValueError(_unknown(unknown[0]))
    film = row.get("film")
    if not isinstance(film, str) or not film.strip():
        raise ValueError("names no film")
    if "\0" in film:
        raise ValueError("no file has such a name")
    if is_address(film):
        require_store(film)
    options = {name: _word(name, row[name]) for name in OPTIONS if row.get(name) not in (None, "")}
    if is_address(film):
        return Entry(place_of(film), options, where, base=folder, address=film)
    return Entry(folder / film, options, where, base=folder)


def _word(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{name} is neither a text nor a number")
    if "\0" in (word := str(value).strip()):
        raise ValueError(f"{name} has a character that nothing has")
    return word
