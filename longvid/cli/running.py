"""Running the pipeline from a command: films one after another, Ctrl-C, and the exit status."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from longvid.cli.terminal import TerminalMonitor, note, own_fault
from longvid.errors import LongvidError

if TYPE_CHECKING:
    from longvid.output import Report

T = TypeVar("T")

INCOMPLETE, INTERRUPTED = 3, 130


def run_films(
    films: Sequence[Path],
    one: Callable[[Path, TerminalMonitor], Coroutine[Any, Any, Report]],
    show: Callable[[Report], None],
    *,
    quiet: bool,
    verbose: bool,
) -> None:
    """Run `one` for each film and `show` its report; go on past a film that fails. Raises typer.Exit with the status.

    A single film that fails is an error (1); of several, some may fail (3). Degraded results are 3 too.
    """
    failed = incomplete = 0
    with TerminalMonitor(quiet=quiet, verbose=verbose) as monitor:
        for film in films:
            monitor.film(str(film))
            try:
                report = run_interruptible(one(film, monitor))
            except LongvidError as error:
                if len(films) == 1:
                    raise
                monitor.error(str(error))
                failed += 1
                continue
            except KeyboardInterrupt as ended:
                monitor.stop()
                note("interrupted; every finished answer is kept in the run folder. To go on, run:")
                print(f"  {command_again()}", file=sys.stderr)
                raise typer.Exit(getattr(ended, "status", INTERRUPTED)) from None
            except Exception as error:
                # Whatever is wrong with one film, the others of a night's batch are still worth doing.
                if len(films) == 1:
                    raise
                monitor.error(f"{film}: {own_fault(error)}")
                failed += 1
                continue
            monitor.stop()
            show(report)
            for line in report.degraded:
                monitor.degraded(film.name, line)
            incomplete += bool(report.degraded)
    if failed == len(films):
        raise typer.Exit(1)
    if failed or incomplete:
        raise typer.Exit(INCOMPLETE)


class Interrupted(KeyboardInterrupt):
    """The user, or the system, ended the work."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number
        """What the process ends with: 130 after Ctrl-C, 143 after SIGTERM."""


def run_interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; the first Ctrl-C (or SIGTERM) cancels it, a second one ends the process at once.

    The second one does so also where a strategy blocks the event loop, or computes for long outside of Python: another
    thread hears the signals. Raises Interrupted after the first.
    """

    async def guarded() -> T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)
        heard: list[int] = []

        def hear(number: int) -> None:
            if heard:
                os._exit(128 + number)
            heard.append(number)
            loop.call_soon_threadsafe(task.cancel)

        # Only the main thread of a Unix process can have handlers.
        able = sys.platform != "win32" and threading.current_thread() is threading.main_thread()
        with _signals_to(hear, *((signal.SIGINT, signal.SIGTERM) if able else ())):
            try:
                return await task
            except asyncio.CancelledError:
                if heard:
                    raise Interrupted(heard[0]) from None
                raise

    return asyncio.run(guarded())


@contextmanager
def _signals_to(hear: Callable[[int], None], *numbers: int) -> Iterator[None]:
    """Within it `hear` is called with each of the signals `numbers`, in a thread of its own; only in the main thread,
    unless there are none.

    The system's handler writes into a pipe whatever the main thread is doing; Python's own handlers wait for it.
    """
    if not numbers:
        yield
        return
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)

    def listen() -> None:
        while heard := ours.recv(1):
            if heard[0] in numbers:
                hear(heard[0])

    thread = threading.Thread(target=listen, name="signals", daemon=True)
    before = {number: signal.signal(number, lambda number, frame: None) for number in numbers}
    woken = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        theirs.close()
        thread.join()
        ours.close()


def command_again() -> str:
    """The command that goes on with this run: the same one, without --fresh."""
    return shlex.join(["longvid", *(word for word in sys.argv[1:] if word != "--fresh")])


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on one line of stdout; ASCII alone, so that any terminal and any encoding can take it."""
    print(json.dumps(value), flush=True)
