"""A process of its own that has imported all: what is killed or interrupted, without the seconds that importing takes.

The first `Child` of a session starts a process that imports and does nothing else; every child is a fork of it. (A fork
of the tests' own process could hang: it has the locks of their threads, but not the threads.) What is patched in the
tests is not patched here, and what a child patches stays in it. What a fresh interpreter does first, such as finding
its streams closed, is not seen here: tests of that start one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.cli.program import Ended

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "tests.cli.program",
        "longvid.api",
        "longvid.engine.backends.cogvlm2",
        "longvid.cogvlm2.modeling",
        "longvid.pipeline.run",
        "longvid_strategies.hierarchical",
        "longvid_benchmarks.storyfilm.folder",
        "langgraph.checkpoint.sqlite.aio",
        "scenedetect",
    ]
)


class Child:
    """`work(*arguments)`, a function of a module, in a process of its own with this one's environment and directory.

    It ends with the status of its SystemExit, else 0, or 1 after any other exception. Its stdout and stderr go into
    files in `folder`, or to the terminal `stderr`. Killed, if it still runs, at the end of a `with`.
    """

    def __init__(
        self, work: Callable[..., object], *arguments: object, folder: Path, stderr: Path | None = None
    ) -> None:
        self._out, self._err = folder / "child.out", stderr or folder / "child.err"
        given = (self._out, self._err, dict(os.environ), Path.cwd(), work, arguments)
        self._process = _FORKS.Process(target=_begin, args=given)
        self._process.start()

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        if self._process.is_alive():
            os.kill(self._process.pid, number)

    def ended(self, seconds: float = 120.0) -> Ended:
        """Wait for its end; the status is negative for a signal. Raises TimeoutError after so many seconds."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise TimeoutError(f"it runs for {seconds:g} s")
        said = self._err.read_text(errors="replace") if self._err.is_file() else ""
        return Ended(self._process.exitcode, self._out.read_text(), said)

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.send_signal(signal.SIGKILL)
        self._process.join(60)


def _begin(
    out: Path, err: Path, environment: Mapping[str, str], directory: Path, work: Any, arguments: tuple[Any, ...]
) -> None:
    import torch

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    for path, number in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if number == 1 else 0)), number)
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)
    torch.set_num_threads(1)
    work(*arguments)


def run_longvid(*arguments: str | Path) -> None:
    """The program with `arguments`, as the work of a `Child`. Raises SystemExit with its status."""
    from longvid.cli import main

    sys.argv = ["longvid", *map(str, arguments)]
    main()
