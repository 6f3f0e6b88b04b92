"""One question to a server over HTTP: asked again after what may pass, and else ended by one clear line.

What may pass are time-outs, connections that drop, answers that break off or are none, 408, 409, 425, 429 and 5xx: the
same is asked again after growing pauses, or after the pause that the server names. A key, a quota or a name that is
refused ends at once. An answer has a length that it may not exceed and a time in which it must be whole, however slowly
it comes. Knows JSON and HTTP alone; a key goes into the header of a request and nowhere else.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from longvid.engine.request import Stopped
from longvid.engine.servers import patience
from longvid.engine.servers.addresses import Address
from longvid.engine.servers.complaints import Complaint, read_complaint
from longvid.engine.servers.patience import SECRET, Passing, Pauses, may_pass, patiently
from longvid.text.shown import clean, without_logins

T = TypeVar("T")

MOST_BYTES = 16 << 20
"""Of an answer; a caption has some hundreds."""
CONNECT_SECONDS = 10.0
MISSING = frozenset({404, 405, 501})
SHORT_SECONDS = 30.0
"""In which a server says what it is; one that is made for one person says nothing while it writes to another."""
STOP_SECONDS = 1.0
"""That an answer which has begun may still take once the run is told to end: it was paid for."""
SETTINGS = (
    "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "all_proxy", "https_proxy", "http_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Variables of the environment that say how other machines are reached."""
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
    """The server does not take the request as it is written."""

    def __init__(self, said: str, complaint: Complaint) -> None:
        """`said`: what it says, as one line without any key."""
        super().__init__(said)
        self.complaint = complaint


class Client:
    """Asks one server. Safe for several threads at once."""

    def __init__(self, address: Address, *, seconds: float, pauses: Pauses | None = None) -> None:
        """`seconds`: in which an answer must be whole. Raises ServiceError for a key that can be none."""
        self.address, self.seconds = address, seconds
        try:
            self._key = address.key
        except ValueError as error:
            raise ServiceError(str(error)) from error
        self.pauses = pauses or patience.PAUSES
        self.sent: Counter[str] = Counter()
        """Requests so far by address, those that failed among them."""
        self._lock = threading.Lock()
        self._client: Any = None

    def look(self, url: str, body: object = None, seconds: float = SHORT_SECONDS) -> Any:
        """What `url` holds as JSON, or answers to `body`; None where there is nothing of the kind. One short try.

        Raises ServiceError where nobody answers within `seconds`, or not to us.
        """
        data = None if body is None else json.dumps(body).encode()
        try:
            return self._once("GET" if data is None else "POST", url, data, lambda: False, seconds)
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
    ) -> T:
        """What `read` makes of the JSON that the server answers to `body`; it raises Passing where that is no answer.

        Raises ServiceError, Withheld, Refuses; Stopped once `stopped()`, unless an answer is all but there.
        """
        data = json.dumps(body).encode()

        def once() -> T:
            return read(self._once("POST", url, data, stopped, self.seconds))

        try:
            return patiently(once, self.address.host, self.pauses, stopped)
        except Passing as error:
            raise ServiceError(f"{self.address.host} did not answer: {error}; {AGAIN}") from error

    def _once(self, method: str, url: str, data: bytes | None, stopped: Callable[[], bool], seconds: float) -> Any:
        import httpx2

        if stopped():
            raise Stopped
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        client = self._opened()
        with self._lock:
            self.sent[url] += 1
        end = time.monotonic() + seconds
        timeout = httpx2.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        try:
            with client.stream(method, url, content=data, headers=headers, timeout=timeout) as response:
                body = _read(response.iter_bytes(), end, stopped)
                status, said = response.status_code, response.headers
        except httpx2.TimeoutException as error:
            raise Passing(f"nothing within {seconds:g} s", late=True) from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise Passing(self._line(str(error) or type(error).__name__)) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise ServiceError(f"{self.address.host} cannot be asked: {self._line(str(error))}") from error
        return self._judged(status, said.get("retry-after"), body)

    def _opened(self) -> Any:
        """The client of the HTTP library. Raises ServiceError where the environment keeps it from being made."""
        import httpx2

        with self._lock:
            if self._client is None:
                try:
                    # A proxy of the environment is for what leaves this machine.
                    self._client = httpx2.Client(
                        trust_env=not self.address.is_here, limits=httpx2.Limits(max_connections=None)
                    )
                except Exception as error:  # of any class: a proxy that is none, certificates that are not there
                    named = [name for name in SETTINGS if os.environ.get(name)]
                    why = self._line(str(error) or type(error).__name__).rstrip(".")
                    remedy = f"put right or unset {', '.join(named)}" if named else "check the installation of httpx2"
                    raise ServiceError(f"{self.address.host} cannot be asked: {why}; {remedy}") from error
                weakref.finalize(self, self._client.close)
            return self._client

    def _judged(self, status: int, after: str | None, body: bytes) -> Any:
        """The JSON of an answer that is one. Raises what another is."""
        whole = True
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value, whole = None, False
        complaint = read_complaint(value, body, failed=status >= 300)
        if complaint is None:
            if whole:
                return value
            raise Passing(f"what it answers is no whole JSON ({len(body)} bytes)")
        if status < 300:
            # An error inside an answer of status 200 says itself which it would be.
            status = complaint.status or 500
        what = self._line(complaint.said)
        told = f"status {status}{f', {what}' if what else ''}"
        pause = seconds_of(after)
        if status in (402, 429) and complaint.spent(pause):
            raise ServiceError(f"{self.address.host} did not answer: {told}; check the account's credit or its quota")
        if status not in MISSING and may_pass(status):
            if pause is not None and pause > self.pauses.named:
                raise ServiceError(f"{self.address.host} asks to wait {pause:.0f} s ({told}); {AGAIN} then")
            raise Passing(told, pause)
        if status in (400, 403, 451) and complaint.withholds:
            raise Withheld(what)
        if status in (400, 422):
            raise Refuses(what, complaint)
        if 300 <= status < 400:
            raise ServiceError(f"{self.address.host} sends elsewhere (status {status}); name the address itself")
        remedy = REMEDIES.get(status, "check the model's name and the server's address")
        if status == 401:
            remedy = f"put its API key into {self.address.key_variable}"
        kind = NotThere if status in MISSING else ServiceError
        raise kind(f"{self.address.host} did not answer: {told}; {remedy}")

    def _line(self, text: str) -> str:
        """One short line of what a server says, without any key."""
        if self._key:
            text = text.replace(self._key, "(a key)")
        return clean(without_logins(SECRET.sub("(a key)", text)))


def _read(pieces: Any, end: float, stopped: Callable[[], bool]) -> bytes:
    """The body of a response. Raises Passing where it is not whole in time, ServiceError where it is too long."""
    found = bytearray()
    told: float | None = None
    for piece in pieces:
        found += piece
        if len(found) > MOST_BYTES:
            raise ServiceError(f"an answer has more than {MOST_BYTES >> 20} MB; check the server")
        now = time.monotonic()
        if told is None and stopped():
            told = now
        if told is not None and now > told + STOP_SECONDS:
            raise Stopped
        if now > end:
            raise Passing("the answer is not whole in its time", late=True)
    return bytes(found)


def seconds_of(after: str | None) -> float | None:
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
