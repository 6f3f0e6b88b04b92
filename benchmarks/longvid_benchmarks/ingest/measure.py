"""Ways of reading a film, measured in turns: each in a process of its own, all of them once a round.

Machines are shared and slow down and speed up, so what is told of a way is its ratio to another of the same round. Of
programs from elsewhere the cost of starting (`--version`) is taken off, as loading is left out of ours.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.errors import LongvidError
from longvid.text.shown import clean, shown

if TYPE_CHECKING:
    from longvid.film import Film

WAYS = ("raw", "ffmpeg", "scenedetect", "scenes", "clips")
"""PyAV's bare decoding, ffmpeg's, PySceneDetect's command line, our scan alone, our reading with clips."""
PROGRAMS = {"ffmpeg": ["-version"], "scenedetect": ["version"]}
"""Programs from elsewhere, and what has them start and do nothing."""
LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Cost:
    """wall, cpu: s, cpu of all processes together; peak: bytes of the largest process, None where none can tell."""

    wall: float
    cpu: float
    peak: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One way in one round, over the first `seconds` of the film.

    cuts : film time of each, s; None where the way looks for none
    """

    way: str
    seconds: float
    turn: int
    cost: Cost
    cuts: tuple[float, ...] | None

    def as_json(self) -> dict[str, Any]:
        cost = {"wall": round(self.cost.wall, 4), "cpu": round(self.cost.cpu, 4), "peak": self.cost.peak}
        cuts = None if self.cuts is None else [round(cut, 4) for cut in self.cuts]
        return {"way": self.way, "seconds": self.seconds, "turn": self.turn, **cost, "cuts": cuts}


def program(name: str) -> str | None:
    """Where a program from elsewhere is: beside this Python, or on the path."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def measure(
    film: Film,
    ways: Sequence[str],
    lengths: Sequence[float],
    rounds: int,
    advance: Callable[[float, float, str], None] = lambda done, total, doing: None,
) -> list[Row]:
    """Every way over the first so many seconds of each of the `lengths`, `rounds` times.

    Raises LongvidError where a program is not there or fails.
    """
    starts = {way: _started(way, PROGRAMS[way]) for way in ways if way in PROGRAMS}
    rows: list[Row] = []
    total = len(lengths) * rounds * len(ways)
    for length in lengths:
        for turn in range(rounds):
            # Another order each round: none always comes first, with the disk's cache cold.
            for way in (*ways[turn % len(ways) :], *ways[: turn % len(ways)]):
                advance(len(rows), total, f"{way}, {length:.0f} s of film")
                with tempfile.TemporaryDirectory() as scratch:
                    run = partial(_elsewhere, starts[way]) if way in starts else _ours
                    rows.append(Row(way, length, turn, *run(way, film, length, Path(scratch))))
    return rows


def _ours(way: str, film: Film, length: float, scratch: Path) -> tuple[Cost, tuple[float, ...] | None]:
    module = [sys.executable, "-m", "longvid_benchmarks.ingest.inside"]
    whole, printed = _run([*module, way, str(film.path), str(film.video.index), str(length), str(scratch)])
    told = json.loads(printed)
    return Cost(told["wall"], told["cpu"], whole.peak), None if way == "raw" else tuple(told["cuts"])


def _elsewhere(
    start: Cost, way: str, film: Film, length: float, scratch: Path
) -> tuple[Cost, tuple[float, ...] | None]:
    where, path = _found(way), str(film.path.absolute())
    if way == "ffmpeg":
        track = ["-map", f"0:{film.video.index}", "-fps_mode", "passthrough"]
        command = [where, "-v", "error", "-nostdin", "-t", f"{length:.6f}", "-i", path, *track, "-f", "null", "-"]
    else:
        until = ["time", "--duration", f"{length:.3f}s"]
        listed = ["list-scenes", "--quiet", "--skip-cuts", "--filename", "scenes.csv"]
        command = [where, "-q", "-i", path, "-o", str(scratch), *until, "detect-adaptive", *listed]
    whole, _ = _run(command)
    cost = Cost(max(0.0, whole.wall - start.wall), max(0.0, whole.cpu - start.cpu), whole.peak)
    return cost, None if way == "ffmpeg" else _cuts(scratch / "scenes.csv")


def _cuts(path: Path) -> tuple[float, ...]:
    """When each scene but the first begins, s, in a list that PySceneDetect wrote; nothing where there is no scene."""
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(float(row["Start Time (seconds)"]) for row in csv.DictReader(file))[1:]


def _started(way: str, nothing: list[str]) -> Cost:
    return _run([_found(way), *nothing])[0]


def _found(name: str) -> str:
    where = program(name)
    if where is None:
        raise LongvidError(f"{name} is not installed; install it, or leave it out of --ways")
    return where


def _run(command: Sequence[str]) -> tuple[Cost, str]:
    """What a command took, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said.json"
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(said), *command]
        done = subprocess.run(launch, capture_output=True, text=True, errors="replace", check=False)
        told = json.loads(said.read_text(encoding="utf-8")) if said.exists() else {"status": 1}
    if told["status"] != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise LongvidError(f"{shown(Path(command[0]))} failed with status {told['status']}: {clean(last)}")
    return Cost(told["wall"], told["cpu"], told["peak"]), done.stdout
