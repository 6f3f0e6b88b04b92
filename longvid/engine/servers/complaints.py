"""What a server says is wrong with a question: by the fields of its error first, by its words where those are silent.

Servers name a fault in `code`, `type`, `param` or `loc`. Words are believed only where two of them agree, for an error
may quote the question, and one word of a film or of an address is no verdict. Knows no HTTP but its status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 2000
"""Characters of an error that are looked at."""
WITHHELD = frozenset(
    {"content_filter", "content_filtered", "content_policy_violation", "responsibleaipolicyviolation",
     "moderation_blocked", "moderation", "safety", "content_moderation"}
)  # fmt: skip
SPENT = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_credits",
     "insufficient_balance", "credit_balance_too_low"}
)  # fmt: skip
"""Codes of an account that has nothing left, as against one that asks too fast."""
PACED = re.compile(r"rate_?limit|too_many_requests|resource_?exhausted|overloaded|slow_down")
"""In codes: asked too fast."""
TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error", "string_above_max_length"})
UNKNOWN = re.compile(r"unsupported|unknown_param|unrecognized|extra_forbidden|unexpected")
"""In codes: a field that is not known there."""

_SPENT = re.compile(
    r"exceeded your current quota|credit balance|out of credits|insufficient (?:quota|credit|balance|funds)"
    r"|billing (?:hard )?limit|account is not active",
    re.IGNORECASE,
)
_RULES = re.compile(
    r"\b(?:content[ _-]?(?:filter|management|policy)|moderation|safety|responsible[ _]?ai)", re.IGNORECASE
)
_STOPPED = re.compile(
    r"\b(?:filtered|flagged|blocked|rejected|violat\w+|trigger\w*|disallowed|prohibited)\b", re.IGNORECASE
)
_REFUSED = (
    r"(?:unsupported|not supported|n[o']t support|unrecogni[sz]ed|unknown|unexpected|invalid|forbidden|deprecated"
    r"|not (?:be )?(?:permitted|allowed|accepted|used|valid|available|a valid)|no longer)"
)
_PICTURES = re.compile(r"\b(?:image|video|vision|picture|multi-?modal|mmproj)", re.IGNORECASE)
_UNSEEN = re.compile(rf"{_REFUSED}|\b(?:not|no|cannot|only|must|requires?|needs?)\b", re.IGNORECASE)
_LONG = re.compile(
    r"(?:context|prompt|input|request|messages?)\b.{0,60}\b(?:too long|length|exceeds?|longer than|available|window)"
    r"|(?:exceeds?|longer than|maximum|too many)\b.{0,60}\b(?:context|tokens)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error as whoever made it says it."""

    said: str = ""
    """Its message, as it is; it may hold anything."""
    codes: frozenset[str] = frozenset()
    """What the error is called, in small letters."""
    about: frozenset[str] = frozenset()
    """Fields of the request that are named as such."""
    status: int | None = None
    """A status of HTTP that stands in it."""

    def __str__(self) -> str:
        return self.said

    @property
    def withholds(self) -> bool:
        """Whether it is the question that will not be answered, for what it shows or says."""
        if self.codes & WITHHELD:
            return True
        words = self.said[:LONGEST]
        told = _RULES.search(words) is not None and _STOPPED.search(words) is not None
        return told and self.about <= {"prompt", "messages", "input"}

    def spent(self, pause: float | None) -> bool:
        """Whether the account has nothing left; where a pause is named (seconds) there is something to wait for."""
        if self.codes & SPENT:
            return True
        paced = any(PACED.search(code) for code in self.codes)
        return not paced and pause is None and _SPENT.search(self.said[:LONGEST]) is not None

    @property
    def too_long(self) -> bool:
        """Whether the question is too long."""
        return bool(self.codes & TOO_LONG or _LONG.search(self.said[:LONGEST]))

    @property
    def about_pictures(self) -> bool:
        """Whether pictures are what is not taken."""
        words = self.said[:LONGEST]
        return _PICTURES.search(words) is not None and _UNSEEN.search(words) is not None

    def refuses(self, field: str) -> bool:
        """Whether it is `field` of the request that is not taken."""
        if self.about:
            return field in self.about
        name = rf"(?<!\w){re.escape(field)}(?!\w)"
        near = rf"{_REFUSED}.{{0,60}}?{name}|{name}.{{0,60}}?{_REFUSED}"
        return re.search(near, self.said[:LONGEST], re.IGNORECASE | re.DOTALL) is not None

    def prefers(self, field: str, other: str) -> bool:
        """Whether `field` is to be called `other`."""
        words = self.said[:LONGEST]
        unknown = field in self.about and any(UNKNOWN.search(code) for code in self.codes)
        return unknown or (re.search(rf"(?<!\w){field}(?!\w)", words) is not None and other in words)


def read_complaint(value: object, body: bytes, *, failed: bool) -> Complaint | None:
    """The error in an answer, whose JSON is `value`; None where it is none. `failed`: its status says that it is."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    error = _error_in(value, failed)
    if error is None:
        return Complaint(body[:LONGEST].decode(errors="replace")) if failed else None
    return complaint_of(error)


def complaint_of(error: object) -> Complaint:
    """What `error`, an object or a text of a server's answer, complains of."""
    if not isinstance(error, Mapping):
        return Complaint(_text(error), about=frozenset(_fields(error)))
    inner = error.get("innererror")
    found = [error.get("code"), error.get("type"), inner.get("code") if isinstance(inner, Mapping) else None]
    listed = error.get("detail")
    if isinstance(listed, list):
        found += [one.get("type") for one in listed if isinstance(one, Mapping)]
    status = error.get("code")
    return Complaint(
        _text(error.get("message") or error.get("detail") or error),
        frozenset(code.lower() for code in found if isinstance(code, str)),
        frozenset([*_fields(error.get("param")), *_fields(listed)]),
        status if isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600 else None,
    )


def _error_in(value: object, failed: bool) -> object:
    """What in `value` is an error; None for nothing."""
    if not isinstance(value, Mapping):
        return None
    if error := value.get("error"):
        return error
    # vLLM's of old are the error themselves, and frameworks have a word of their own for it.
    if value.get("object") == "error" or (failed and (value.get("message") or value.get("detail"))):
        return value
    return None


def _fields(named: object) -> Iterable[str]:
    """The fields of a request in `param` ("seed", "messages[0].content") or in a list of faults that say where."""
    if isinstance(named, str) and named:
        yield re.split(r"[.\[]", named, maxsplit=1)[0]
    elif isinstance(named, list):
        for fault in named:
            where: Any = fault.get("loc") if isinstance(fault, Mapping) else None
            if isinstance(where, list | tuple):
                yield from (part for part in where if isinstance(part, str) and part != "body")


def _text(said: object) -> str:
    return "" if said is None else str(said)
