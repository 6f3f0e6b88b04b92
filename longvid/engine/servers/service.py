"""A server as all models of one command share it: its calls in flight, what it says of itself, and what it counted.

One that watches and one that writes may be the same server, and it is told by nobody how many of us there are.
"""

from __future__ import annotations

import logging
import threading
import time

from longvid.engine.servers import tokens
from longvid.engine.servers.addresses import Address
from longvid.engine.servers.client import Client, ServiceError
from longvid.engine.servers.facts import Facts, ask, counted
from longvid.engine.servers.wording import Wording

MOST_AT_ONCE = 256
"""Calls in flight, whatever a server says of itself: each takes a thread here."""
AT_ONCE, AT_ONCE_HERE = 8, 2
"""Calls in flight, where neither the user nor the server says: on servers for many, and on those for one person."""
FOR_ONE = frozenset({"llamacpp", "lmstudio", "ollama"})
MOST_COUNTED = 50_000
"""Lines whose tokens are remembered."""
COUNTING_SECONDS = 10.0
"""That counting one text may take in all; who is slower is not asked again."""

log = logging.getLogger(__name__)


class Served:
    """A model on a server, as all who ask it share it."""

    def __init__(self, client: Client, facts: Facts) -> None:
        self.facts, self.wording = facts, Wording(facts.kind)
        self._client = client
        self._counts: dict[str, int] = {}
        self._counts_there = facts.tokenizer is not None

    def tokens(self, text: str) -> int:
        """Tokens that `text` takes: by the server's tokenizer line by line, since prompts share their lines and no line
        ends inside a token; estimated where it has none, and from when on it fails or takes too long."""
        end = time.monotonic() + COUNTING_SECONDS
        total = 0
        for line in text.splitlines(keepends=True):
            if line not in self._counts:
                if not self._counts_there:
                    return tokens.estimated(text)
                if len(self._counts) >= MOST_COUNTED:
                    self._counts.clear()
                try:
                    self._counts[line] = counted(self._client, self.facts, line, max(0.0, end - time.monotonic()))
                except ServiceError as fault:
                    log.warning("%s; tokens are estimated from now on", fault)
                    self._counts_there = False
                    return tokens.estimated(text)
            total += self._counts[line]
        return total


class Service:
    """One server."""

    def __init__(self, address: Address, *, seconds: float, at_once: int | None) -> None:
        """`seconds`: in which an answer must be whole; `at_once`: calls in flight, if the user says.

        Raises ServiceError for a key that is none.
        """
        self.client = Client(address, seconds=seconds)
        self._at_once = at_once
        self._models: dict[str, Served] = {}
        self._slots: threading.BoundedSemaphore | None = None
        self.batch = 0
        """Calls that may be in flight, once a model is known."""

    def serves(self, address: Address) -> bool:
        """Whether a model at `address` is one of this server's, asked with the same key."""
        mine = self.client.address
        return (mine.url, mine.key_variable) == (address.url, address.key_variable)

    def model(self, address: Address) -> Served:
        """The model that `address` names; the server is asked for it once. Raises ServiceError."""
        if address.model not in self._models:
            facts = ask(self.client, address)
            self._models[address.model] = Served(self.client, facts)
            if self._slots is None:
                usual = AT_ONCE_HERE if facts.kind in FOR_ONE else AT_ONCE
                self.batch = self._at_once or min(facts.at_once or usual, MOST_AT_ONCE)
                self._slots = threading.BoundedSemaphore(self.batch)
        return self._models[address.model]

    @property
    def slots(self) -> threading.BoundedSemaphore:
        """One for each call in flight."""
        if self._slots is None:
            raise RuntimeError("no model of this server is known")
        return self._slots
