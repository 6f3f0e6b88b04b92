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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import typer

from longvid.cli.console import TerminalMonitor, note
from longvid.cli.faults import unforeseen
from longvid.cli.streams import is_unwritable, only_results, silence
from longvid.engine.tracing import NOTICE, is_wanted
from longvid.errors import LongvidError
from longvid.files import as_text
from longvid.text import counted

if TYPE_CHECKING:
    from longvid.engine.models import Models
    from longvid.output.report import Heard

T = TypeVar("T")


class Told(Protocol):
    """What came of one film, whichever the command."""

    @property
    def run(self) -> str:
        """The run folder."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines for `-v`."""

    @property
    def heard(self) -> Heard:
        """Where what is said comes from; for `-v` too."""

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each thing that is not as it should be; status 3 where there are any."""

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""


R = TypeVar("R", bound=Told)

ERROR, INCOMPLETE, INTERRUPTED = 1, 3, 130


def run_films(
    films: Sequence[Path],
    one: Callable[[Path, TerminalMonitor], Coroutine[Any, Any, R]],
    show: Callable[[R], None],
    *,
    quiet: bool,
    verbose: bool,
    as_json: bool = False,
) -> None:
    """Run `one` for each film and `show` its report, or with `as_json` print it; go on past whatever is wrong with one.

    Raises typer.Exit with the status: 1 where every film failed or a result could not be printed, 3 where some failed
    or are degraded.
    """
    failed = incomplete = 0
    tell_of_tracing()
    with TerminalMonitor(quiet=quiet, verbose=verbose) as monitor:
        results = _Results(monitor)
        for film in films:
            monitor.film(as_text(film))
            try:
                with only_results():
                    report = run_interruptible(one(film, monitor))
            except KeyboardInterrupt as ended:
                monitor.stop()
                raise interrupted(ended) from None
            except (Exception, SystemExit) as error:
                # Whatever is wrong with one film, the others of a night's batch are still worth doing.
                said = str(error) if isinstance(error, LongvidError) else f"{film}: {unforeseen(error)}"
                monitor.error(said)
                failed += 1
                if as_json:
                    what = {"film": as_text(film.name), "path": as_text(film), "status": "failed", "error": said}
                    results.show(partial(print_json, what), film)
                continue
            monitor.stop()
            work = partial(print_json, _told(report, film)) if as_json else partial(show, report)
            results.show(work, film, report.run)
            for line in report.notes if verbose else ():
                monitor.note(line)
            if verbose and report.heard.cues:
                monitor.note(f"dialogue: {counted(report.heard.cues, 'cue')} from {report.heard.source}")
            for line in report.problems:
                monitor.degraded(as_text(film.name), line)
            incomplete += bool(report.problems)
    if failed == len(films) or results.lost is not None:
        raise typer.Exit(ERROR)
    if failed or incomplete:
        raise typer.Exit(INCOMPLETE)


def interrupted(ended: KeyboardInterrupt, kept: str = "every finished answer is kept in the run folder") -> typer.Exit:
    """Say what is `kept` and how to go on; the exit to raise."""
    note(f"interrupted; {kept}. To go on, run:")
    print(f"  {command_again()}", file=sys.stderr)
    return typer.Exit(getattr(ended, "status", INTERRUPTED))


def until_interrupted(work: Coroutine[Any, Any, T]) -> T:
    """What comes of `work`, which keeps nothing and can be begun again. Raises typer.Exit after Ctrl-C."""
    try:
        with only_results():
            return run_interruptible(work)
    except KeyboardInterrupt as ended:
        raise typer.Exit(getattr(ended, "status", INTERRUPTED)) from None


def require_film(films: Sequence[Path]) -> None:
    """Raise FilmError where a film that is alone cannot be one: opening a model takes long, and may fail first."""
    from longvid.film.probing import size_of

    if len(films) == 1:
        size_of(films[0])


def tell_of_precision(models: Models, *, quiet: bool) -> None:
    """Say how the captioner is held in memory, where there is something to say."""
    if models.held and not quiet:
        note(models.held)


def tell_of_tracing() -> None:
    """Say so where prompts and captions leave this machine, also where notes are quiet."""
    if is_wanted():
        note(NOTICE)


def _told(report: Told, film: Path) -> dict[str, Any]:
    """The object of `--json`: the report, after which film it is of and how that ended."""
    told = report.as_json()
    status = "degraded" if report.problems else "ok"
    return {"film": told.pop("film"), "path": as_text(film), "status": status, **told}


class _Results:
    """Prints what came of each film; where stdout is full or its reader gone, says instead where it lies."""

    def __init__(self, monitor: TerminalMonitor) -> None:
        self._monitor = monitor
        self.lost: str | None = None
        """Why nothing can be printed any more."""

    def show(self, work: Callable[[], None], film: Path, run: str | None = None) -> None:
        if self.lost is None:
            try:
                work()
                return
            except OSError as error:
                if not is_unwritable(error):
                    raise
                self.lost = error.strerror or "it cannot be written"
                silence(sys.stdout)
        kept = f"; it is in {run}" if run is not None else ""
        self._monitor.error(f"{film}: its result cannot be printed: {self.lost}{kept}")


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
