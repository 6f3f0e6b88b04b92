"""The suite's own guard: what leaves this machine is refused in every process, and the test that tried fails."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import no_network
from tests.guard.sitecustomize import NOTES, is_local

OUTSIDE = "192.0.2.1"
"""An address of the range for documentation: nobody's."""
SWALLOWS = f"""
import socket
for attempt in (
    lambda: socket.socket().connect(({OUTSIDE!r}, 80)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ({OUTSIDE!r}, 53)),
    lambda: socket.getaddrinfo("example.org", 443),
):
    try:
        attempt()
    except OSError:
        print("refused")
"""


def caught() -> str:
    """What the guard noted; forgotten, so that this test does not fail by it."""
    notes = Path(os.environ[NOTES])
    text = notes.read_text(encoding="utf-8")
    notes.unlink()
    return text


def test_a_connection_that_leaves_this_machine_is_refused_and_noted() -> None:
    with pytest.raises(ConnectionRefusedError, match="the suite is offline"):
        socket.create_connection((OUTSIDE, 80), 1)
    assert OUTSIDE in caught()


def test_a_test_whose_program_swallows_the_refusal_fails_all_the_same() -> None:
    with pytest.raises(OSError, match="offline"):
        socket.getaddrinfo("example.org", 443)
    with pytest.raises(pytest.fail.Exception, match=r"tried to leave this machine: .*example\.org"):
        no_network(Path(os.environ[NOTES]))
    caught()


def test_a_process_that_a_test_starts_is_guarded_too() -> None:
    said = subprocess.run([sys.executable, "-c", SWALLOWS], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["refused"] * 3
    assert [line.split()[0] for line in caught().splitlines()] == [
        "socket.connect",
        "socket.sendto",
        "socket.getaddrinfo",
    ]


def test_loopback_is_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()[:2], 5):
        pass
    assert all(is_local(host) for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost", b"localhost", "", None))
    assert not any(is_local(host) for host in ("10.0.0.1", "8.8.8.8", "example.org", b"example.org", "fe80::1%eth0", 7))
