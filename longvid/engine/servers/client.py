"""One question to a server over HTTP: asked again after what may pass, and else ended by one clear line.

What may pass are time-outs, connections that drop, answers that break off or are none, 408, 409, 425, 429 and 5xx: the
same is asked again after growing pauses, or after the pause that the server names. A key, a quota or a name that is
refused ends at once. An answer has a length that it may not exceed and a time in which it must be whole, however slowly
it comes. Knows JSON and HTTP alone; a key goes into the header of a request and nowhere else.
"""

from __future__ import annotations

import json
import re
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from longvid.engine.request import Stopped
from longvid.engine.servers import patience
from longvid.engine.servers.addresses import Address
from longvid.engine.servers.patience import QUOTA, SECRET, Passing, Pauses, may_pass, patiently
from longvid.text.shown import clean

T = TypeVar("T")

MOST_BYTES = 16 << 20
"""Of an answer; a caption has some hundreds."""
CONNECT_SECONDS = 10.0
MISSING = frozenset({404, 405, 501})
WITHHELD = re.compile(r"content_?filter|content_policy|responsible_?ai|moderation|safety", re.IGNORECASE)
"""How a server says in an error that it is the question which it will not answer."""
AGAIN = "run again to go on"
REMEDIES = {
    400: "it does not take what it is asked; with a prompt too long choose a smaller --llm-context or --model-context",
    401: "check its API key",
    402: "check the account's credit",
    403: "check what its API key may do",
    404: "check the model's name and the server's address",
    413: "choose fewer --frames, smaller --pixels or a smaller --llm-context",
    422: "it does not take what it is asked; check the model's name and what it can be shown",
}


class ServiceError(Exception):
    """The server will not answer, now or later: one line, with a remedy."""


class NotThere(ServiceError):
    """The server knows no such address or model."""


class Withheld(Exception):
    """The server answers, but not this question."""


class Refuses(Exception):
    """The server does not take the request as it is written; holds what it says."""


class Client:
    """Asks one server. Safe for several threads at once."""

    def __init__(self, address: Address, *, seconds: float, pauses: Pauses | None = None) -> None:
        """`seconds`: in which an answer must be whole."""
        self.address, self.seconds = address, seconds
        self.pauses = pauses or patience.PAUSES
        self.sent: Counter[str] = Counter()
        """Requests so far by address, those that failed among them."""
        self._lock = threading.Lock()
        self._client: Any = None

    def get(self, url: str) -> Any:
        """What `url` holds as JSON, None where there is nothing of the kind. One short try.

        Raises ServiceError where nobody answers, or not to us.
        """
        try:
            return self._once("GET", url, None, lambda: False, 10.0)
        except Passing as error:
            raise ServiceError(
                f"{self.address.host} does not answer ({error}); start the server, or check its address"
            ) from error
        except (NotThere, Refuses, Withheld):
            return None

    def post(
        self,
        url: str,
        body: object,
        read: Callable[[Any], T],
        *,
        stopped: Callable[[], bool] = lambda: False,
        tries: int = 0,
    ) -> T:
        """What `read` makes of the JSON that the server answers to `body`; it raises Passing where that is no answer.

        `tries` 0 is as the pauses say. Raises ServiceError, Withheld, Refuses; Stopped once `stopped()`.
        """
        data = json.dumps(body).encode()
        pauses = replace(self.pauses, tries=tries or self.pauses.tries)
        try:
            return patiently(
                lambda: read(self._once("POST", url, data, stopped, self.seconds)), self.address.host, pauses, stopped
            )
        except Passing as error:
            raise ServiceError(f"{self.address.host} did not answer: {error}; {AGAIN}") from error

    def _once(self, method: str, url: str, data: bytes | None, stopped: Callable[[], bool], seconds: float) -> Any:
        import httpx2

        if stopped():
            raise Stopped
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if key := self.address.key:
            headers["Authorization"] = f"Bearer {key}"
        with self._lock:
            self.sent[url] += 1
            if self._client is None:
                # A proxy of the environment is for what leaves this machine.
                self._client = httpx2.Client(
                    trust_env=not self.address.is_here, limits=httpx2.Limits(max_connections=None)
                )
                weakref.finalize(self, self._client.close)
        end = time.monotonic() + seconds
        timeout = httpx2.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        try:
            with self._client.stream(method, url, content=data, headers=headers, timeout=timeout) as response:
                body = _read(response.iter_bytes(), end, stopped)
                status, said = response.status_code, response.headers
        except httpx2.TimeoutException as error:
            raise Passing(f"nothing within {seconds:g} s", late=True) from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise Passing(self._line(str(error) or type(error).__name__)) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise ServiceError(f"{self.address.host} cannot be asked: {self._line(str(error))}") from error
        return self._judged(status, said.get("retry-after"), body)

    def _judged(self, status: int, after: str | None, body: bytes) -> Any:
        """The JSON of an answer that is one. Raises what another is."""
        whole = True
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value, whole = None, False
        error = value.get("error") if isinstance(value, dict) else None
        if 200 <= status < 300 and whole and not error:
            return value
        what = self._line(_message(error) or (body[:400].decode(errors="replace") if status >= 300 else ""))
        if 200 <= status < 300:
            if not error:
                raise Passing(f"what it answers is no whole JSON ({len(body)} bytes)")
            code = error.get("code") if isinstance(error, dict) else None
            # An error inside an answer of status 200 says itself which it would be.
            status = code if isinstance(code, int) and 400 <= code < 600 else 500
        called = f"{_codes(error)} {what}"
        told = f"status {status}{f', {what}' if what else ''}"
        if status in (402, 429) and QUOTA.search(called):
            raise ServiceError(f"{self.address.host} did not answer: {told}; check the account's credit or its quota")
        if status not in MISSING and may_pass(status):
            pause = _seconds(after)
            if pause is not None and pause > self.pauses.named:
                raise ServiceError(f"{self.address.host} asks to wait {pause:.0f} s ({told}); {AGAIN} then")
            raise Passing(told, pause)
        if status in (400, 403, 451) and WITHHELD.search(called):
            raise Withheld(what)
        if status in (400, 422):
            raise Refuses(what)
        if 300 <= status < 400:
            raise ServiceError(f"{self.address.host} sends elsewhere (status {status}); name the address itself")
        remedy = REMEDIES.get(status, "check the model's name and the server's address")
        if status == 401:
            remedy = f"put its API key into {self.address.key_variable}"
        kind = NotThere if status in MISSING else ServiceError
        raise kind(f"{self.address.host} did not answer: {told}; {remedy}")

    def _line(self, text: str) -> str:
        """One short line of what a server says, without any key."""
        if key := self.address.key:
            text = text.replace(key, "(a key)")
        return clean(SECRET.sub("(a key)", text))


def _read(pieces: Any, end: float, stopped: Callable[[], bool]) -> bytes:
    """The body of a response. Raises Passing where it is not whole in time, ServiceError where it is too long."""
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > MOST_BYTES:
            raise ServiceError(f"an answer has more than {MOST_BYTES >> 20} MB; check the server")
        if stopped():
            raise Stopped
        if time.monotonic() > end:
            raise Passing("the answer is not whole in its time", late=True)
    return bytes(found)


def _message(error: object) -> str:
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or error
    return "" if error is None else str(error)


def _codes(error: object) -> str:
    """What an error is called by whoever made it."""
    if not isinstance(error, dict):
        return ""
    inner = error.get("innererror")
    found = [error.get("code"), error.get("type"), inner.get("code") if isinstance(inner, dict) else None]
    return " ".join(str(code) for code in found if code is not None)


def _seconds(after: str | None) -> float | None:
    """Seconds that a Retry-After names, as a number or a date; None for what is neither."""
    if after is None:
        return None
    try:
        return max(0.0, float(after)) if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", after.strip()) else _until(after)
    except (ValueError, TypeError, OverflowError):
        return None


def _until(date: str) -> float:
    then = parsedate_to_datetime(date)
    return max(0.0, (then - datetime.now(UTC if then.tzinfo else None)).total_seconds())
