"""No test leaves this machine: every connection and look-up that is not loopback is refused and noted.

A hook of the interpreter itself, so that no library can go past it with a socket of its own. The suite installs it in
its processes; every Python that a test starts finds this file as `sitecustomize`, since its folder is on PYTHONPATH. A
refused try is written to the file that LONGVID_TESTS_NETWORK names: whatever swallows the error, the test fails. Knows
nothing but the standard library.
"""

from __future__ import annotations

import os
import sys
from typing import Any

NOTES = "LONGVID_TESTS_NETWORK"
ADDRESSES = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
"""Events with a socket and an address."""
LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
"""Events that begin with a host's name."""

_installed = False


def install() -> None:
    """Guard this process until it ends; hooks cannot be taken away."""
    global _installed
    if not _installed:
        sys.addaudithook(_watch)
        _installed = True


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ADDRESSES:
        address = arguments[1]
        # A path is a socket of this machine; sendmsg has no address where the socket is connected already.
        if not isinstance(address, tuple) or is_local(address[0]):
            return
    elif event in LOOKUPS:
        if is_local(arguments[0]):
            return
        address = arguments[:2]
    else:
        return
    line = f"{event} {address}"
    if (path := os.environ.get(NOTES)) is not None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{line}\n")
    raise ConnectionRefusedError(f"the suite is offline: {line}")


def is_local(host: object) -> bool:
    """Whether `host` is this machine by an address or a name that says so."""
    from ipaddress import ip_address

    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if not isinstance(name, str) or name in ("", "localhost"):
        return name in (None, "", "localhost")
    try:
        address = ip_address(name.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


if __name__ == "sitecustomize":
    install()
