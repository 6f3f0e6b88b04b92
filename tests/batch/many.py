"""A batch over many small films, one in ten damaged in one of seven ways, killed again and again: what becomes of them.

    python -m tests.batch.many FOLDER --films 1000 --kills 50

Makes FOLDER/films and, beside them, the status that each film deserves; runs `longvid batch` over them, kills it
(SIGKILL) at random moments: all its processes, or, with `--devices`, its first one or one of its others; lets the last
run end, and holds rows and answers against what they must be. Prints one JSON object with what it took. The model is
scripted, as that of `answering`, unless `--model` names one. The same command goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from longvid.batch.results import read_rows
from longvid.files import write_whole
from longvid.run.journal import read
from tests.batch.shelf import OPTIONS
from tests.film.films import encode, numbered, scenes, with_audio_only

ROOT = Path(__file__).parent.parent.parent
DAMAGES: Mapping[str, str] = {
    "cut.mp4": "failed",
    "broken-off.mkv": "degraded",
    "noise.mkv": "failed",
    "ill-said.mp4": "degraded",
    "text.mp4": "failed",
    "sound.mp4": "failed",
    "dangling.mp4": "failed",
}
"""End of a damaged film's name -> its status."""

WHOM = ("first", "one", "all")
"""Who is killed of several processes: the one that began the others, one of these, or all."""


def make(folder: Path, films: int) -> dict[str, str]:
    """Make so many films in `folder`; the status that each deserves, by name. What is there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds, expected = list(DAMAGES), {}
    for number in range(films):
        damage = kinds[number // 10 % len(kinds)] if number % 10 == 9 else None
        name = f"{number:04d}-{damage or 'whole.mp4'}"
        expected[name] = "done" if damage is None else DAMAGES[damage]
        if not os.path.lexists(folder / name):
            made = folder / f".{name}"
            _make(made, number, damage)
            if damage == "ill-said.mp4":
                (folder / name).with_suffix(".srt").write_text("no subtitles")
            made.rename(folder / name)
    return expected


def _make(path: Path, number: int, damage: str | None) -> None:
    colour = (number * 37 % 256, number * 91 % 256, number // 256 * 60)
    if damage in ("cut.mp4", "broken-off.mkv"):
        data = encode(path, scenes([24, 30, 30]), rate=20 + number % 10).read_bytes()
        path.write_bytes(data[: len(data) * (5 if damage == "cut.mp4" else 6) // 10] + b"%d" % number)
    elif damage == "noise.mkv":
        path.write_bytes(random.Random(number).randbytes(5000))
    elif damage == "text.mp4":
        path.write_text(f"no film {number}")
    elif damage == "sound.mp4":
        with_audio_only(path)
        path.write_bytes(path.read_bytes() + b"%d" % number)
    elif damage == "dangling.mp4":
        path.symlink_to("nowhere.mp4")
    else:
        encode(path, [numbered(at, colour, 64, 48) for at in range(12)], rate=12)


@dataclass(slots=True)
class Run:
    """What runs of the batch have been so far."""

    killed: Counter[str] = field(default_factory=Counter)
    """Processes, by what they were: `first` began the others, where there are any; `workers` have films."""
    moments: int = 0
    held: dict[int, int] = field(default_factory=dict)
    """Rows so far -> the most bytes that one process had."""


def run(
    folder: Path,
    model: str | None,
    devices: str | None,
    planned: deque[tuple[str, int]],
    dice: random.Random,
    told: Run,
) -> None:
    """Run the batch in `folder` until no process of it is left. At the moments that are `planned`, each so many rows
    and a part of a second after the last, kill the first process, one of the others, or all."""
    program = ["longvid"] if model else ["tests.batch.answering"]
    command = [sys.executable, "-m", *program, "batch", "films", *OPTIONS, "-o", "out", "-q"]
    command += ["--model", model] if model else []
    command += ["--devices", devices] if devices else []
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done, others = rows(folder), list[psutil.Process]()
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        first = psutil.Process(process.pid)
        while living := [one for one in (first, *others) if _lives(one)]:
            time.sleep(0.1)
            process.poll()
            with suppress(psutil.NoSuchProcess):
                others = (devices and first.children()) or others
            now = rows(folder)
            told.held[now] = max(told.held.get(now, 0), *map(_bytes, living))
            if planned and now - done >= planned[0][1]:
                whom, _ = planned.popleft()
                time.sleep(dice.random())
                workers = [one for one in others if _lives(one)]
                chosen = {"first": [first], "one": workers and [dice.choice(workers)]}.get(whom, [first, *workers])
                for one in filter(_lives, chosen or [first]):
                    told.killed["workers" if one in workers or not devices else "first"] += 1
                    one.kill()
                told.moments, done = told.moments + 1, rows(folder)
        process.wait()


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _bytes(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_info().rss)
    return 0


def rows(folder: Path) -> int:
    """How many whole rows there are so far."""
    path = folder / "out" / "results.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def check(folder: Path, expected: Mapping[str, str], kills: int) -> dict[str, Any]:
    """Hold what is in `folder` against `expected`. Raises AssertionError."""
    told = read_rows(folder / "out" / "results.jsonl")
    found = {row["film"]: row["status"] for row in told}
    assert len(told) == len(expected), "each film has one row"
    assert found == expected, {name: (found.get(name), status) for name, status in expected.items()}
    asked = Counter(
        (store.parent.name, event["key"])
        for store in (folder / "out").glob("*/answers.sqlite")
        for event in read(store)
        if event["event"] in ("begin", "retry")
    )
    repeated = sum(asked.values()) - len(asked)
    assert repeated <= kills, "a kill costs the call in flight and no more"
    return {"films": len(found), **Counter(found.values()), "answers": len(asked), "repeated": repeated}


def main(folder: Path, films: int, kills: int, model: str | None = None, devices: str | None = None) -> dict[str, Any]:
    """Make, run, kill, check; what came of it."""
    begun, dice = time.monotonic(), random.Random(films)
    expected = make(folder / "films", films)
    write_whole(folder / "expected.json", json.dumps(expected).encode())
    made = time.monotonic()
    told, each = Run(), 2 * films // (kills + 1) + 1
    planned = deque((dice.choice(WHOM) if devices else "all", dice.randint(0, each)) for _ in range(kills))
    while planned and rows(folder) < films:
        run(folder, model, devices, planned, dice, told)
    run(folder, model, devices, deque(), dice, told)
    found = check(folder, expected, told.killed["workers"])
    size = sum(path.lstat().st_size for path in (folder / "out").rglob("*"))
    parts = [[mb >> 20 for at, mb in told.held.items() if at * 4 // films == part] for part in range(4)]
    return {
        **found,
        "kills": told.moments,
        "killed": dict(told.killed),
        "make_seconds": round(made - begun, 1),
        "seconds": round(time.monotonic() - made, 1),
        "memory_mb_by_quarter": [max(part, default=None) for part in parts],
        "out_mb": size >> 20,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--films", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--model", help="such as storyfilm-tiny; scripted where none is named")
    parser.add_argument("--devices", help="as of longvid batch")
    print(json.dumps(main(**vars(parser.parse_args()))))
