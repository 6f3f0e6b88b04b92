"""A batch over many small films, one in ten damaged in one of seven ways, killed again and again: what becomes of them.

    python -m tests.batch.many FOLDER --films 1000 --kills 50

Makes FOLDER/films and, beside them, the status that each film deserves; runs `longvid batch` over them, kills all its
processes (SIGKILL) at random moments, lets the last run end, and holds rows and answers against what they must be.
Prints one JSON object with what it took. The model is scripted, as that of `answering`, unless `--model` names one. The
same command goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

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


def run(folder: Path, model: str | None, devices: str | None, kill_after: int | None, dice: random.Random) -> list[int]:
    """Run the batch in `folder`, and kill it a moment after `kill_after` further rows; bytes that it held, ten times a
    second."""
    program = ["longvid"] if model else ["tests.batch.answering"]
    command = [sys.executable, "-m", *program, "batch", "films", *OPTIONS, "-o", "out", "-q"]
    command += ["--model", model] if model else []
    command += ["--devices", devices] if devices else []
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done, held = len(rows(folder)), []
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            while process.poll() is None:
                time.sleep(0.1)
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                held.append(sum(one.memory_info().rss for one in family))
                if kill_after is not None and len(rows(folder)) - done >= kill_after:
                    time.sleep(dice.random())
                    for one in family:
                        if one.is_running():
                            one.send_signal(signal.SIGKILL)
                    break
        except psutil.NoSuchProcess:
            pass
        process.wait()
    return held


def rows(folder: Path) -> list[dict[str, Any]]:
    """The whole rows of the results so far."""
    path = folder / "out" / "results.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]


def check(folder: Path, expected: Mapping[str, str], kills: int) -> dict[str, Any]:
    """Hold what is in `folder` against `expected`. Raises AssertionError."""
    found = {row["film"]: row["status"] for row in rows(folder)}
    assert len(rows(folder)) == len(expected), "each film has one row"
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
    for _ in range(kills):
        run(folder, model, devices, dice.randint(0, 2 * (films - len(rows(folder))) // (kills + 1) + 1), dice)
    held = run(folder, model, devices, None, dice)
    told = check(folder, expected, kills * (1 if devices is None else len(devices.split(","))))
    size = sum(path.lstat().st_size for path in (folder / "out").rglob("*"))
    third = max(1, len(held) // 3)
    return {
        **told,
        "kills": kills,
        "make_seconds": round(made - begun, 1),
        "seconds": round(time.monotonic() - made, 1),
        "memory_mb": {"middle": max(held[third : 2 * third], default=0) >> 20, "end": max(held[-third:]) >> 20},
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
