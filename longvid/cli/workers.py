"""Several processes of one command, one a device: each works by itself, and goes on if the one that began them dies.

They are forked before anything is opened on a device. Knows nothing of films.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO

import typer

from longvid.cli.console import fail
from longvid.cli.faults import unforeseen
from longvid.cli.values import parse_device
from longvid.errors import LongvidError

AUTO = "auto"
COUNT = "import torch; print(torch.cuda.device_count())"


@dataclass(frozen=True, slots=True)
class Devices:
    """Those that were named; none: whichever there are."""

    names: tuple[str, ...]

    def found(self) -> tuple[str, ...]:
        """Those that were named, or every CUDA card of this machine, or the CPU."""
        return self.names or _all_devices()


def parse_devices(value: str) -> Devices:
    """The devices that a comma-separated list names, or "auto". Raises typer.BadParameter."""
    if value == AUTO:
        return Devices(())
    found = tuple(parse_device(name.strip()) for name in value.split(","))
    if len(found) > 1 and "cuda" in found:
        raise typer.BadParameter("cuda is whichever card is there; of several name each, cuda:0,cuda:1, or auto")
    return Devices(found)


def _all_devices() -> tuple[str, ...]:
    """Asked for in a process of its own: whoever has opened a card cannot fork any more."""
    told = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=False).stdout.strip()
    return tuple(f"cuda:{number}" for number in range(int(told) if told.isdigit() else 0)) or ("cpu",)


class Stopped(KeyboardInterrupt):
    """All were asked to end, and have."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


def run_workers(names: Sequence[str], work: Callable[[str], None]) -> list[int]:
    """Call `work` with each of `names` in a process of its own; the exit status of each, negative that of a signal.

    What they write to stderr has their name before it. Ctrl-C and SIGTERM go to all; raises Stopped when they have
    ended. Only for the main thread, and before anything is opened on a device.
    """
    asked: list[int] = []
    going: dict[int, int] = {}

    def pass_on(number: int, frame: object) -> None:
        asked.append(number)
        for pid in going:
            os.kill(pid, number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    sys.stdout.flush()
    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        try:
            for place, name in enumerate(names):
                pid = os.fork()
                if pid == 0:
                    _work(name, work)
                going[pid] = place
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
        statuses = [0] * len(names)
        while going:
            pid, status = os.wait()
            if pid in going:
                statuses[going.pop(pid)] = os.waitstatus_to_exitcode(status)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise Stopped(asked[0])
    return statuses


def _work(name: str, work: Callable[[str], None]) -> None:
    """One process's whole life; never returns."""
    status = 1
    try:
        # A terminal's Ctrl-C comes once, by way of the one that forked us.
        os.setpgid(0, 0)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: os._exit(128 + number))
        sys.stderr = _Named(sys.stderr, f"[{name}] ")
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
        work(name)
        status = 0
    except (LongvidError, typer.BadParameter) as error:
        fail(error.message if isinstance(error, typer.BadParameter) else str(error))
    except KeyboardInterrupt as error:
        status = getattr(error, "status", 130)
    except BaseException as error:
        fail(unforeseen(error))
    finally:
        os._exit(status)


class _Named(io.TextIOBase):
    """Lines for another stream, whole and each with a name before it."""

    def __init__(self, behind: TextIO, name: str) -> None:
        self._behind, self._name, self._line = behind, name, ""

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        self._behind.write("".join(f"{self._name}{line}\n" for line in lines))
        return len(text)

    def flush(self) -> None:
        self._behind.flush()

    def fileno(self) -> int:
        return self._behind.fileno()
