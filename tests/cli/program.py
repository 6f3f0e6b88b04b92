"""The program `longvid` in this process: what it prints and the status it ends with.

As good as a process of its own for all but signals, terminals and start-up time, and without the seconds that importing
torch takes. Warnings are errors here as in every test.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from longvid.cli import main


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


def longvid(*arguments: str | Path, stdout: io.StringIO | None = None) -> Ended:
    """Run the program with `arguments`; stdout and stderr are no terminals."""
    out, err = stdout or io.StringIO(), io.StringIO()
    status: object = 0
    with patch.object(sys, "argv", ["longvid", *map(str, arguments)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            status = end.code
    assert isinstance(status, int)
    return Ended(status, out.getvalue(), err.getvalue())
