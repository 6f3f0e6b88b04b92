"""Films that end the process that works on them: what was under way when one died, and whether that was its own doing.

A note a film lies in a folder beside the results while the film is read or watched; one that a dead process left is
found by whoever takes the film next. A process that crashed has left its last words (`faulthandler`), and one that the
system ended for want of memory has made a counter of the system's rise; whatever else kills processes, such as a power
cut or a person, is nobody's doing and is counted apart. Nothing here ever fails: notes that cannot be kept are not.
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from longvid.batch.tasks import Task
from longvid.errors import FilmError
from longvid.files import as_text, read_bytes, read_json

FOLDER = ".under-way"
ENOUGH, TOO_MANY = 2, 3
"""Deaths of a film's own doing, and of any kind, after which it is not tried again."""
LARGEST = 1 << 16
CRASH = re.compile(rb"Fatal Python error: ([A-Za-z ]{1,40})")
OOM = "memory was short"
UNKNOWN = "killed"


@dataclass(frozen=True, slots=True)
class Deaths:
    """Of processes that had a film under way."""

    own: int = 0
    """Those that they brought about themselves: they crashed, or took too much memory."""
    all: int = 0
    last: str = ""
    """How the last one died."""


class Deadly:
    """What a process of the batch in `folder` has under way. Use as a context manager around its work."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._me = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._words: IO[str] | None = None
        self._known: dict[str, Deaths] = {}

    def __enter__(self) -> Deadly:
        # Whoever has asked for last words elsewhere, such as python -X faulthandler, gets them there.
        if not faulthandler.is_enabled():
            with suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                self._words = self._crash(self._me).open("w")
                faulthandler.enable(self._words)
        return self

    def __exit__(self, *_: object) -> None:
        if self._words is not None:
            faulthandler.disable()
            self._words.close()

    def require_harmless(self, task: Task) -> None:
        """Raise FilmError where too many processes died over `task`; it is then as if none had."""
        deaths = self.of(task)
        if deaths.own >= ENOUGH or deaths.all >= TOO_MANY:
            self.forget(task)
            raise FilmError(
                f"{task.address or as_text(task.path)}: {deaths.all} processes died while they were at it "
                f"({deaths.last}); it may be broken in a way that ends the decoder, or need more memory than there is: "
                "check it, then say --retry failed"
            )

    def of(self, task: Task) -> Deaths:
        """How often processes died over `task`, which is this one's alone."""
        if task.key not in self._known:
            self._known[task.key] = self._found(task)
        return self._known[task.key]

    @contextmanager
    def at(self, task: Task) -> Iterator[None]:
        """Within it `task` is under way."""
        note = self._note(task)
        deaths = asdict(self.of(task))
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            note.write_text(json.dumps(deaths | {"process": self._me, "oom": _oom_kills()}))
        try:
            yield
        finally:
            with suppress(OSError):
                if deaths["all"]:
                    note.write_text(json.dumps(deaths))
                else:
                    note.unlink()

    def forget(self, task: Task) -> None:
        """`task` has its row."""
        self._known.pop(task.key, None)
        with suppress(OSError):
            self._note(task).unlink()

    def _found(self, task: Task) -> Deaths:
        try:
            note = read_json(self._note(task), LARGEST)
            deaths = Deaths(int(note["own"]), int(note["all"]), str(note["last"]))
            process = note.get("process")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Deaths()
        if not isinstance(process, str) or process == self._me:
            return deaths
        how = self._last_words(process)
        before, now = note.get("oom"), _oom_kills()
        if how is None and isinstance(before, int) and now is not None and now > before:
            how = OOM
        return Deaths(deaths.own + (how is not None), deaths.all + 1, how or UNKNOWN)

    def _last_words(self, process: str) -> str | None:
        """How `process` crashed; None where it did not."""
        if not re.fullmatch(r"[0-9]+-[0-9a-f]+", process):
            return None
        try:
            found = CRASH.search(read_bytes(self._crash(process), LARGEST))
        except (OSError, ValueError):
            return None
        return found[1].decode().strip().lower() if found else None

    def _note(self, task: Task) -> Path:
        return self._folder / f"{task.key[:32]}.json"

    def _crash(self, process: str) -> Path:
        return self._folder / f"{process}.crash"


def tidy(folder: Path) -> None:
    """Remove what the processes of a batch in `folder` have kept, once all have ended; notes of films that are still to
    be done stay."""
    if not any((folder / FOLDER).glob("*.json")):
        shutil.rmtree(folder / FOLDER, ignore_errors=True)


def _oom_kills() -> int | None:
    """Processes that the system has ended for want of memory since it began; None where it does not say."""
    try:
        found = re.search(rb"^oom_kill (\d+)$", Path("/proc/vmstat").read_bytes(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found else None
