"""Ctrl-C and SIGTERM: one ends the work in order, two end the process whatever it is doing; the status says which."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, sys, threading, time
from longvid.cli.running import run_interruptible

async def waits():
    print("ready", flush=True)
    await asyncio.sleep(60)

async def computes():
    print("ready", flush=True)
    while True:
        pass

async def outside():
    import ctypes
    print("ready", flush=True)
    while True:
        ctypes.CDLL(None).usleep(60_000_000)

try:
    run_interruptible({"waits": waits, "computes": computes, "outside": outside}[sys.argv[1]]())
except KeyboardInterrupt as ended:
    sys.exit(ended.status)
"""


def ended(what: str, *signals: signal.Signals) -> int:
    """The status of a process that gets `signals`, each when it has heard the one before."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM, what], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            for number in signals:
                process.send_signal(number)
                try:
                    return process.wait(0.3)
                except subprocess.TimeoutExpired:
                    continue
            return process.wait(20)
        finally:
            process.kill()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_one_signal_ends_what_waits_and_the_status_says_which(number: signal.Signals, status: int) -> None:
    assert ended("waits", number) == status


@pytest.mark.parametrize("what", ["computes", "outside"])
def test_the_second_signal_ends_what_never_gives_way(what: str) -> None:
    assert ended(what, signal.SIGINT, signal.SIGINT) == 130
    assert ended(what, signal.SIGTERM, signal.SIGTERM) == 143
