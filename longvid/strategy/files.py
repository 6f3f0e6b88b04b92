"""A strategy from a file that is not installed: `path/to/file.py:Name`.

The file is run as a module of its own, named after the hash of its bytes; its folder does not become a place to import
from. Who names a file trusts it: its code runs with all the rights of longvid.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

from longvid.errors import StrategyError, UnknownStrategy
from longvid.text import printable

MODULE = "longvid_strategy_file_"
"""What the module of a file is called, before the hash: `strategies.identity` so tells an edited file from the old."""
HASH_LENGTH = 16


def is_file_reference(reference: str) -> bool:
    """Whether `reference` names a file and not an installed strategy."""
    return reference.endswith(".py") or ".py:" in reference


def load_from_file(reference: str) -> object:
    """What `reference`, a `path/to/file.py:Name`, names.

    Raises StrategyError where the file cannot be read or run (with the line), or has nothing of that name.
    """
    place, _, name = reference.rpartition(":")
    if not name.isidentifier() or not place.endswith(".py"):
        raise UnknownStrategy(f"{_line(reference)} names no class; write path/to/file.py:Name")
    path = Path(place).expanduser()
    module = _run(path)
    found = getattr(module, name, None)
    if found is None:
        raise StrategyError(f"{_line(path)} has no {name}; name a class of it, as in file.py:Name")
    return found


def _run(path: Path) -> ModuleType:
    """The module that `path` makes, run once a process for the same bytes."""
    try:
        if not path.is_file():
            raise FileNotFoundError(2, "no such file")
        source = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StrategyError(f"--strategy {_line(path)}: cannot be read ({_line(reason)}); check the path") from error
    name = MODULE + hashlib.sha256(source).hexdigest()[:HASH_LENGTH]
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    # Dataclasses, pydantic and pickle look a class's module up by its name.
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        where = f"{_line(path)}, line {_line_number(error, path)}"
        raise StrategyError(f"{where}: {_line(f'{type(error).__name__}: {error}')}") from error
    return module


def _line_number(error: BaseException, path: Path) -> int:
    """The line of `path` that raised `error`; 1 where it cannot be told."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] or 1 if lines else 1


def _line(text: object) -> str:
    return " ".join(printable(str(text)).split())
