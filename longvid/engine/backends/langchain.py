"""A LangChain chat model as the LLM, named `provider:model`. Only where LangChain is installed; never by default.

`langchain:provider:model` is the same, also for the providers that longvid asks itself. Its tokens cannot be counted
here, so they are estimated. Calls run side by side. What may pass is asked again after growing pauses; another failure
stops the run with an error and the remedy that fits it; what is finished stays, and the same command goes on. What it
refuses may be answered another time, so that is not taken from the store again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from longvid.engine.backends.spoken import within_limit, without_thoughts
from longvid.engine.backends.tokens import MOST_CONTEXT
from longvid.engine.request import Finish, Raw, Request, Stopped
from longvid.engine.servers import patience
from longvid.engine.servers.addresses import is_key, is_loopback
from longvid.engine.servers.client import Withheld, seconds_of
from longvid.engine.servers.complaints import Complaint, complaint_of
from longvid.engine.servers.patience import POLL_SECONDS, SECRET, Passing, may_pass, patiently
from longvid.engine.servers.tokens import TEMPLATE, estimated
from longvid.engine.tracing import traced
from longvid.errors import LLMError
from longvid.text.shown import without_logins

CONTEXT = 16_384
"""Tokens of prompt and answer where nobody says otherwise; nearly every chat model on offer takes at least this."""
PREFIX = "langchain:"
AT_ONCE = 4
"""Calls in flight where the user does not say."""
WHOLE = frozenset({"stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete", "completed"})
"""What providers call, in small letters, an answer that the model ended."""
CUT_OFF = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
"""The same of an answer that hit its limit. Whatever else is said, as "content_filter": it is not to be used."""
HOLDERS = ("root_client", "client", "_client")
"""Where chat models keep the client that knows the address, one inside another."""
ADDRESSES = ("base_url", "openai_api_base", "azure_endpoint", "anthropic_api_url", "endpoint_url", "endpoint")
"""What they call it."""
TIMEOUTS = ("timeout", "request_timeout", "default_request_timeout")
"""What chat models call the seconds in which an answer must be there."""
PASSING = re.compile(r"Timed?Out|Connect(ion)?Error|RemoteProtocol|ReadError|Overloaded|Unavailable", re.IGNORECASE)
"""In the names of errors that have no status: what may be answered another time."""
AGAIN = "run again to go on"
REMEDIES = {
    400: "it does not take what it is asked; with a prompt too long choose a smaller --llm-context",
    401: "check its API key",
    402: "check the account's credit",
    403: "check what its API key may do",
    404: "check the model's name and the provider's address",
    413: "choose a smaller --llm-context",
    422: "it does not take what it is asked; check the model's name",
    429: f"wait for its limit or raise the quota, then {AGAIN}",
}


class LangChainLLM:
    """Implements `Backend` for requests without a clip."""

    remote = True
    repeats = False
    """Another try may be answered in another way: see `Engine`."""

    def __init__(
        self, name: str, *, context: int | None = None, at_once: int | None = None, seconds: float | None = None
    ) -> None:
        """`name` is `provider:model`. What the user says of it: `context`, tokens of prompt and answer; `at_once`,
        calls in flight; `seconds`, in which it must answer.

        Raises LLMError where LangChain or the provider's package is missing, where the key can be none, and where
        `seconds` cannot be passed on.
        """
        try:
            from langchain.chat_models import init_chat_model
        except ImportError as error:
            raise LLMError(
                f"--llm {name} needs LangChain: pip install 'longvid[langchain]' and the provider's package"
            ) from error
        try:
            self._model: Any = init_chat_model(name.removeprefix(PREFIX), temperature=0)
            if seconds is not None:
                limit = _time_limit(self._model, seconds)
                self._model = init_chat_model(name.removeprefix(PREFIX), temperature=0, **limit) if limit else None
        except Exception as error:
            raise LLMError(f"--llm {name} cannot be used: {_first_line(error)}") from error
        if self._model is None:
            raise LLMError(f"--llm {name} takes no limit of time through LangChain; leave out --timeout")
        self._keys = _keys(self._model)
        keys = {field: key for field, key in self._keys.items() if "key" in field or "token" in field}
        if odd := next((field for field, key in keys.items() if not is_key(key)), None):
            raise LLMError(
                f"--llm {name}: {odd} holds no key: it has a space, a line's end or a letter that is not ASCII; set it "
                "anew"
            )
        self.name, self.batch = name, at_once or AT_ONCE
        self._slots = threading.BoundedSemaphore(self.batch)
        self.requests = 0
        """Sent so far, but for those that the provider's own package sends again."""
        self._lock = threading.Lock()
        self.context = context or _context(self._model)

    @property
    def identity(self) -> Mapping[str, object]:
        return {"class": "langchain", "name": self.name, "endpoint": _endpoint(self._model)}

    def count(self, request: Request) -> int:
        return TEMPLATE + estimated(request.prompt)

    @property
    def elsewhere(self) -> str | None:
        """Where it is; None where it says that it is on this machine."""
        host = urlsplit(_endpoint(self._model) or "").hostname
        return None if host is not None and is_loopback(host) else host or self.name

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        del seed  # a hosted model promises no reproducible sampling; the retry is simply another call
        results = []
        for request in requests:
            if stopped():
                raise Stopped
            # The engine's threads may be more: they are as many as the model that watches is asked by.
            while not self._slots.acquire(timeout=POLL_SECONDS):
                if stopped():
                    raise Stopped
            try:
                results.append(self._asked(request, stopped))
            finally:
                self._slots.release()
        return results

    def _asked(self, request: Request, stopped: Callable[[], bool]) -> Raw:
        try:
            return self._raw(patiently(partial(self._invoke, request), self.name, stopped=stopped), request)
        except Withheld:
            return Raw("", "refused", self.count(request), 0)
        except Passing as passing:
            error = passing.__cause__ or passing
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> LLMError:
        line = _first_line(error)
        for key in self._keys.values():
            line = line.replace(key, "(a key)")
        return LLMError(f"{self.name} did not answer: {line}; {_remedy(error)}")

    def _invoke(self, request: Request) -> Any:
        with self._lock:
            self.requests += 1
        try:
            # This thread is the engine's, to which the pipeline's own word on it does not come.
            with traced():
                return self._model.invoke(request.prompt, max_tokens=request.max_tokens)
        except Exception as error:
            if _may_pass(error):
                raise Passing(_first_line(error), _pause(error)) from error
            if _status(error) in (400, 403, 451) and _complaint(error).withholds:
                raise Withheld(_first_line(error)) from error
            raise self._failed(error) from error

    def _raw(self, message: Any, request: Request) -> Raw:
        text = message.content if isinstance(message.content, str) else str(message.text)
        usage = getattr(message, "usage_metadata", None) or {}
        details = getattr(message, "response_metadata", None) or {}
        ended = (details.get(name) for name in ("finish_reason", "stop_reason", "done_reason"))
        finish = _finish(next((str(reason).lower() for reason in ended if reason), None))
        asked = int(usage.get("input_tokens") or self.count(request))
        said = int(usage.get("output_tokens") or estimated(text))
        return within_limit(Raw(without_thoughts(text), finish, asked, said), request)


def _context(model: Any) -> int:
    """Tokens of prompt and answer by what LangChain or the user's settings know of the model, else `CONTEXT`."""
    known = getattr(model, "profile", None)
    told = (getattr(model, "num_ctx", None), known.get("max_input_tokens") if isinstance(known, Mapping) else None)
    for tokens in told:
        if isinstance(tokens, int) and not isinstance(tokens, bool) and tokens > 0:
            return min(tokens, MOST_CONTEXT)
    return CONTEXT


def _endpoint(model: Any) -> str | None:
    """The address that `model` asks, without what may be secret in it; None where it does not say."""
    for holder in _holders(model):
        for name in ADDRESSES:
            address = str(getattr(holder, name, None) or "")
            if address.startswith(("http://", "https://")):
                parts = urlsplit(address)
                # Neither a user's name and password nor a query.
                return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    return None


def _holders(model: Any) -> Iterator[Any]:
    """What may know the address. The client first: the environment may have told it another than the model."""
    inner = [getattr(model, name, None) for name in HOLDERS]
    for holder in inner:
        yield from (getattr(holder, name, None) for name in HOLDERS)
    yield from inner
    yield model


def _finish(reason: str | None) -> Finish:
    """Why an answer ended, by what the provider says; nothing said is nothing wrong."""
    if reason is None or reason in WHOLE:
        return "stop"
    return "length" if reason in CUT_OFF else "refused"


def _status(error: BaseException) -> int | None:
    """The HTTP status of `error`, where the provider gave one."""
    response = getattr(error, "response", None)
    found = (getattr(error, "status_code", None), getattr(response, "status_code", None))
    return next((status for status in found if isinstance(status, int)), None)


def _may_pass(error: BaseException) -> bool:
    """Whether the same may be answered another time."""
    status = _status(error)
    if status is None:
        return any(PASSING.search(kind.__name__) for kind in type(error).__mro__)
    return may_pass(status) and not (status == 429 and _complaint(error).spent(_pause(error)))


def _complaint(error: BaseException) -> Complaint:
    """What the provider says is wrong, by the fields of its answer where its package keeps them."""
    body = getattr(error, "body", None)
    if isinstance(body, Mapping):
        inner = body.get("error")
        return complaint_of(inner if isinstance(inner, Mapping) else body)
    return Complaint(str(error))


def _pause(error: BaseException) -> float | None:
    """Seconds that the provider asks to wait, up to what is waited for at all; None where it does not say."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    after = headers.get("retry-after") if isinstance(headers, Mapping) else None
    pause = seconds_of(after) if isinstance(after, str) else None
    return None if pause is None else min(pause, patience.PAUSES.named)


def _time_limit(model: Any, seconds: float) -> dict[str, Any]:
    """How a chat model of the class of `model` is told in how many seconds it must answer; empty where it cannot be."""
    fields = getattr(type(model), "model_fields", {})
    known = {*fields, *(field.alias for field in fields.values())}
    called = next((name for name in TIMEOUTS if name in known), None)
    if called is not None:
        return {called: seconds}
    return {"client_kwargs": {"timeout": seconds}} if "client_kwargs" in known else {}


def _keys(model: Any) -> dict[str, str]:
    """The secrets that `model` holds, by their names: LangChain keeps each in a class of its own."""
    found = {}
    for name in getattr(type(model), "model_fields", {}):
        value = getattr(getattr(model, name, None), "get_secret_value", None)
        if callable(value) and isinstance(secret := value(), str) and secret:
            found[name] = secret
    return found


def _remedy(error: BaseException) -> str:
    """What the user can do about `error`: by its HTTP status where the provider gave one."""
    status = _status(error)
    if status is not None and 400 <= status < 500:
        return REMEDIES.get(status, "check the model's name and the provider's settings")
    return AGAIN


def _first_line(error: BaseException) -> str:
    line = (str(error).strip().split("\n") or [""])[0] or type(error).__name__
    return without_logins(SECRET.sub("(a key)", line))
