"""What names a model behind an address: `http://HOST:PORT/v1#NAME`, `KIND:NAME` and `KIND://HOST:PORT#NAME`.

`KIND:NAME` is the model NAME of a server of that kind where it stands by default. Asks nobody.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from longvid.text.shown import without_logins

DEFAULTS = {
    "openai": "https://api.openai.com/v1",
    "vllm": "http://127.0.0.1:8000/v1",
    "sglang": "http://127.0.0.1:30000/v1",
    "llamacpp": "http://127.0.0.1:8080/v1",
    "lmstudio": "http://127.0.0.1:1234/v1",
    "ollama": "http://127.0.0.1:11434/v1",
}
"""Kind -> where it stands by default."""
OPENAI_KEY, OPENAI_ADDRESS, OTHER_KEY = "OPENAI_API_KEY", "OPENAI_BASE_URL", "LONGVID_API_KEY"
"""Variables of the environment. OpenAI's key goes to OpenAI, or to where its own variable says, and to nobody else."""


@dataclass(frozen=True, slots=True)
class Address:
    """A model on a server."""

    name: str
    """As the user wrote it."""
    kind: str
    """One of `DEFAULTS`, or "" where nobody says."""
    url: str
    """Where the protocol begins, as `http://127.0.0.1:8000/v1`; no slash at its end."""
    model: str
    """The model's name there; "" for the only one that the server has."""

    @property
    def root(self) -> str:
        """Where the server's own questions begin, outside the protocol."""
        return self.url.removesuffix("/v1")

    @property
    def host(self) -> str:
        """Host and port, for people."""
        return urlsplit(self.url).netloc

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, by an address or a name that says so without being looked up."""
        return is_loopback(urlsplit(self.url).hostname or "")

    @property
    def key(self) -> str | None:
        """The key to show, from the environment; None where there is none.

        Raises ValueError, without showing it, for what cannot stand in a request. Space around it, such as the end of
        the line of the file that it was read from, is no part of it.
        """
        key = os.environ.get(self.key_variable, "").strip()
        if not is_key(key):
            raise ValueError(
                f"{self.key_variable} holds no key: it has a space, a line's end or a letter that is not ASCII inside; "
                "set it anew"
            )
        return key or None

    @property
    def key_variable(self) -> str:
        """The variable that holds its key."""
        return OPENAI_KEY if self.kind == "openai" else OTHER_KEY


def is_key(text: str) -> bool:
    """Whether `text` can stand in the header of a request: ASCII without spaces."""
    return all("!" <= character <= "~" for character in text)


def is_loopback(host: str) -> bool:
    """Whether `host`, an address or a name, is this machine by its own word; no name is looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_address(name: str) -> bool:
    """Whether `name` is meant for a model behind an address, be it well written or not."""
    kind, colon, _ = name.partition(":")
    if colon and kind.lower() in ("http", "https"):
        return name[len(kind) :].startswith("://")
    return bool(colon) and kind in DEFAULTS and not Path(name).exists()


def read_address(name: str) -> Address:
    """The address that `name` is. Raises ValueError, with what is wrong and without a password, where it is none."""
    kind, _, rest = name.partition(":")
    if kind not in DEFAULTS:
        return _at(name, "", name)
    if not rest.startswith("//"):
        base = os.environ.get(OPENAI_ADDRESS) if kind == "openai" else None
        return _at(name, kind, f"{base or DEFAULTS[kind]}#{rest}")
    if kind == "openai":
        raise ValueError(f"{name}: write openai:NAME, or http://HOST:PORT/v1#NAME for another server")
    return _at(name, kind, f"http:{rest}")


def _at(name: str, kind: str, address: str) -> Address:
    try:
        parts: SplitResult = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        # Its own words may hold a part of a password, as where that has a slash.
        why = "" if without_logins(address) != address else f": {error}"
        raise ValueError(f"{without_logins(name)} is no address{why}") from error
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or not c.isprintable() for c in address):
        raise ValueError(f"{without_logins(name)} is no address; write http://HOST:PORT/v1#NAME")
    if "@" in parts.netloc:
        raise ValueError(f"the address must hold no name and no password; put the key into {OTHER_KEY}")
    if parts.query:
        raise ValueError(f"{parts.netloc}{parts.path}: an address with a query is not understood; leave it out")
    if not parts.fragment and not re.fullmatch(r"|/|.*/v[0-9]+/?", parts.path):
        raise ValueError(
            f"{without_logins(name)} is an address; write a hub id such as org/name, a folder, or the address of a "
            "server as http://HOST:PORT/v1#NAME"
        )
    url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/v1'}"
    return Address(name, kind, url, parts.fragment)
