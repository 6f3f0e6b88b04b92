"""Runs a command and says what it took: `python -I -S launch.py SAID COMMAND...` writes JSON into the file SAID.

    {"status": exit status, "wall": s, "cpu": s of all its processes, "peak": bytes of the largest of them, or null}

A small process of its own, because a child's peak, as systems tell it, is never less than that of who started it. Knows
the standard library alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    said, *command = sys.argv[1:]
    before = time.perf_counter()
    # Nothing is asked on a terminal, and what it prints is its caller's to read.
    status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    wall = time.perf_counter() - before
    times = os.times()
    told = {"status": status, "wall": wall, "cpu": times.children_user + times.children_system, "peak": _peak()}
    with open(said, "w", encoding="utf-8") as file:
        json.dump(told, file)


def _peak() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit


if __name__ == "__main__":
    main()
