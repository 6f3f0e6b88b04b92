"""The program `longvid` in this process: what it prints and the status it ends with.

As good as a process of its own for all but signals, terminals and start-up time, and without the seconds that importing
torch takes. Warnings are errors here as in every test. The parser is built from the commands' signatures once, not for
every call: it keeps nothing of a call, and building it takes longer than most commands do.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer.main

from longvid.cli import main


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


_build = typer.main.get_command
_parsers: dict[tuple[typer.Typer, ...], Any] = {}


def _parser(app: typer.Typer) -> Any:
    """The parser of `app` with the groups that it has now, which plug-ins add to."""
    parts = (app, *(group.typer_instance for group in app.registered_groups if group.typer_instance))
    if parts not in _parsers:
        _parsers[parts] = _build(app)
    return _parsers[parts]


def longvid(*arguments: str | Path, stdout: io.StringIO | None = None) -> Ended:
    """Run the program with `arguments`; stdout and stderr are no terminals."""
    out, err = stdout or io.StringIO(), io.StringIO()
    status: object = 0
    with (
        patch.object(sys, "argv", ["longvid", *map(str, arguments)]),
        patch.object(typer.main, "get_command", _parser),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code
    assert isinstance(status, int)
    return Ended(status, out.getvalue(), err.getvalue())
