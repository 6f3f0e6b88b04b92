"""`--cast FILE`: the entities that the user knows, one a line as `name = description`.

The file is as hostile as any other: it is read once and bounded, and its text is made safe for a prompt. Knows nothing
of films and models.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from longvid.carry.settings import Known
from longvid.carry.telling import harmless
from longvid.errors import CarryError

MOST_BYTES = 65_536
MOST_ENTITIES = 50
LONGEST_NAME, LONGEST_DESCRIPTION = 60, 200
"""Characters."""
EXAMPLE = "Ada = tall woman with a red scarf"
OTHER_MARK = re.compile(r"\s*(?::|\||\s[-\u2013\u2014]\s|,)\s*")
"""What people write where a `=` belongs."""


def read_cast(path: Path) -> tuple[Known, ...]:
    """The entities in the file at `path`, in its order.

    A line is `name = description`; either may stand in quotation marks. Empty lines and lines that begin with `#` count
    for nothing. Raises CarryError with the number of the line.
    """
    entities: dict[str, tuple[int, Known]] = {}
    for number, line in _lines(path):
        entity = _entity(f"{path}, line {number}", line)
        first, _ = entities.setdefault(entity.name.casefold(), (number, entity))
        if first != number:
            raise CarryError(f"{path}, line {number}: {entity.name} stands in line {first} already; keep one of them")
        if len(entities) > MOST_ENTITIES:
            raise CarryError(
                f"{path}, line {number}: at most {MOST_ENTITIES} entities can be named; keep the main ones"
            )
    if not entities:
        raise CarryError(f"{path} names no entity; write lines such as: {EXAMPLE}")
    return tuple(entity for _, entity in entities.values())


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that count, with their numbers from 1."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise CarryError(f"{path} is no file; name a text file with lines such as: {EXAMPLE}")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise CarryError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > MOST_BYTES:
        raise CarryError(f"{path} is longer than {MOST_BYTES} bytes; a line an entity is all that is told")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise CarryError(f"{path}, line {line}: this is not UTF-8; save the file as UTF-8 text") from error
    for number, entry in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if entry.strip() and not entry.lstrip().startswith("#"):
            yield number, entry.strip()


def _entity(where: str, line: str) -> Known:
    name, mark, description = line.partition("=")
    if not mark:
        other = OTHER_MARK.split(harmless(line), maxsplit=1)
        meant = f"did you mean: {other[0]} = {other[1]}" if len(other) == 2 and all(other) else f"write: {EXAMPLE}"
        raise CarryError(f"{where}: there is no = between name and description; {meant}")
    name, description = (harmless(_unquoted(part)) for part in (name, description))
    if not name or not description:
        missing = "name before" if not name else "description after"
        raise CarryError(f"{where}: there is no {missing} the =; write: {EXAMPLE}")
    for part, what, longest in ((name, "name", LONGEST_NAME), (description, "description", LONGEST_DESCRIPTION)):
        if len(part) > longest:
            raise CarryError(f"{where}: the {what} has {len(part)} characters; at most {longest} are told")
    return Known(name, description)


def _unquoted(part: str) -> str:
    part = part.strip()
    return part[1:-1] if len(part) > 1 and part[0] == part[-1] and part[0] in "\"'" else part
