"""Running the pipeline from a command: films one after another, Ctrl-C, and the exit status."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
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
            except KeyboardInterrupt:
                monitor.stop()
                note("interrupted; every finished answer is kept in the run folder. To go on, run:")
                print(f"  {command_again()}", file=sys.stderr)
                raise typer.Exit(INTERRUPTED) from None
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


def run_interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; the first Ctrl-C (or SIGTERM) cancels it, a second one ends the process at once."""

    async def guarded() -> T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)
        interrupted = False

        def interrupt() -> None:
            nonlocal interrupted
            if interrupted:
                os._exit(INTERRUPTED)
            interrupted = True
            task.cancel()

        before = signal.getsignal(signal.SIGINT)
        # Only the main thread of a Unix process can have handlers on its loop.
        able = sys.platform != "win32" and threading.current_thread() is threading.main_thread()
        handled = (signal.SIGINT, signal.SIGTERM) if able else ()
        for number in handled:
            loop.add_signal_handler(number, interrupt)
        try:
            return await task
        except asyncio.CancelledError:
            if interrupted:
                raise KeyboardInterrupt from None
            raise
        finally:
            for number in handled:
                loop.remove_signal_handler(number)
            if handled and before is not None:
                signal.signal(signal.SIGINT, before)

    return asyncio.run(guarded())


def command_again() -> str:
    """The command that goes on with this run: the same one, without --fresh."""
    return shlex.join(["longvid", *(word for word in sys.argv[1:] if word != "--fresh")])


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on one line of stdout; ASCII alone, so that any terminal and any encoding can take it."""
    print(json.dumps(value), flush=True)
