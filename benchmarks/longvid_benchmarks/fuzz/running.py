"""Runs damaged films through the child: makes each, waits for what is said of it, and starts another child where one is
gone or silent. What a film is depends on its kind and seed alone.
"""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from longvid.text.shown import clean
from longvid_benchmarks.fuzz.damage import damaged
from longvid_benchmarks.fuzz.films import KINDS, made

READ_BY_ONE = 1000  # films; then another child, so that what a child gathers can be seen and does not matter
CHILD = (sys.executable, "-m", "longvid_benchmarks.fuzz.inside")
SOUND = frozenset({"whole", "loss", "refused"})


@dataclass(frozen=True, slots=True)
class Ending:
    """How one damaged film ended.

    ended : as the child says (see `inside`), or crash, hang; or memory, left where it read the film and yet too much
            was held or something stayed
    peak  : bytes, None where unknown
    """

    kind: str
    seed: int
    ended: str
    told: str
    peak: int | None
    seconds: float

    @property
    def sound(self) -> bool:
        return self.ended in SOUND


def run(
    kinds: Sequence[str],
    films: int,
    seed: int,
    *,
    patience: float,
    memory: int,
    keep: Path | None = None,
    advance: Callable[[float, float, str], None] = lambda done, total, doing: None,
    until: Callable[[], bool] = lambda: False,
) -> list[Ending]:
    """`films` damaged films, of each kind in turns, with the seeds from `seed` on; fewer where `until` says stop.

    patience : s in which a film must have been read or refused
    memory   : bytes that reading one may hold
    keep     : folder for the films that did not end soundly
    """
    endings: list[Ending] = []
    with tempfile.TemporaryDirectory(prefix="longvid-fuzz-") as name:
        folder = Path(name)
        whole = {kind: made(kind, folder) for kind in kinds}
        with _Reader(folder / "scratch", patience) as reader:
            for i in range(films):
                if until():
                    break
                kind, number = kinds[i % len(kinds)], seed + i
                advance(i, films, kind)
                path = folder / f"damaged{KINDS[kind].suffix}"
                path.write_bytes(damaged(whole[kind], number))
                ending = _judged(kind, number, reader.read(path), memory)
                endings.append(ending)
                if keep is not None and not ending.sound:
                    kept = keep / f"{ending.ended}-{number}{path.suffix}"
                    kept.write_bytes(path.read_bytes())
                    kept.with_suffix(f"{path.suffix}.txt").write_text(ending.told + "\n", encoding="utf-8")
    return endings


def _judged(kind: str, seed: int, said: dict[str, object], memory: int) -> Ending:
    ended, told, peak = str(said["ended"]), str(said["told"]), said.get("peak")
    held = int(peak) if isinstance(peak, int) else None
    if ended in SOUND and held is not None and held > memory:
        ended, told = "memory", f"{held >> 20} MiB held; {told}"
    if ended in SOUND and said.get("left"):
        ended, told = "left", f"still there: {clean(str(said['left']))}; {told}"
    return Ending(kind, seed, ended, told, held, float(str(said.get("seconds", 0.0))))


class _Reader:
    """A child that reads films, replaced where it ends, is silent for `patience` s or has read many."""

    def __init__(self, scratch: Path, patience: float) -> None:
        self._scratch, self._patience = scratch, patience
        self._child: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._read = 0
        scratch.mkdir()

    def read(self, path: Path) -> dict[str, object]:
        if self._child is None or self._read >= READ_BY_ONE:
            self._stop()
            self._start()
        assert self._child is not None
        assert self._child.stdin is not None
        self._read += 1
        try:
            self._child.stdin.write(f"{path}\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            return self._crashed()
        try:
            line = self._lines.get(timeout=self._patience)
        except queue.Empty:
            self._stop()
            return {"ended": "hang", "told": f"nothing was said for {self._patience:g} s", "seconds": self._patience}
        if line is None:
            return self._crashed()
        found: dict[str, object] = json.loads(line)
        return found

    def _start(self) -> None:
        command, pipe, nowhere = [*CHILD, str(self._scratch)], subprocess.PIPE, subprocess.DEVNULL
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, text=True, encoding="utf-8")
        lines: queue.Queue[str | None] = queue.Queue()
        self._child, self._lines, self._read = child, lines, 0
        threading.Thread(target=_passed_on, args=(child, lines), daemon=True).start()

    def _crashed(self) -> dict[str, object]:
        assert self._child is not None
        status = self._child.wait()
        self._stop()
        name = signal.Signals(-status).name if status < 0 else f"status {status}"
        return {"ended": "crash", "told": f"the child ended with {name}"}

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # the name of a film that it did not take
                    pipe.close()
        for path in self._scratch.iterdir():  # of one that was killed
            path.unlink()

    def __enter__(self) -> _Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()


def _passed_on(child: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    """The child's lines, and None at its end."""
    for line in _lines(child):
        lines.put(line)
    lines.put(None)


def _lines(child: subprocess.Popen[str]) -> Iterator[str]:
    assert child.stdout is not None
    try:
        yield from child.stdout
    except ValueError:  # closed while it was read
        return
