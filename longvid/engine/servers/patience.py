"""Asking again what may be answered another time: after growing pauses, or after the one that a server names.

Knows no protocol: whoever asks says what may pass.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from longvid.engine.request import Stopped

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
"""Between two looks whether to stop, within a pause."""
PASSING = frozenset({408, 409, 425, 429})
"""With all from 500 on: what may be answered another time."""
SECRET = re.compile(r"\b(?:sk|pk|rk|key|api|hf|gsk|xai|ya29)[-_.][\w.*-]{6,}")


@dataclass(frozen=True, slots=True)
class Pauses:
    """How often the same is asked, and how long to wait between."""

    tries: int = 7
    timeouts: int = 2
    """Of these the ones that may use up their time."""
    first: float = 1.0
    """Seconds; each pause is about twice the one before, with chance in it, so that calls do not come all at once."""
    longest: float = 60.0
    named: float = 300.0
    """The longest pause that a server may ask for."""


PAUSES = Pauses()


class Passing(Exception):
    """What may be answered another time; `pause`: seconds that the server asks to wait."""

    def __init__(self, said: str, pause: float | None = None, *, late: bool = False) -> None:
        super().__init__(said)
        self.pause, self.late = pause, late


def may_pass(status: int) -> bool:
    """Whether a server that answers with this status of HTTP may answer another time."""
    return status in PASSING or status >= 500


def patiently(
    once: Callable[[], T], who: str, pauses: Pauses | None = None, stopped: Callable[[], bool] = lambda: False
) -> T:
    """What `once` returns, which is called again where it raises Passing; the last Passing where it always does.

    Raises Stopped once `stopped()`. `who` is asked, for the log.
    """
    from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

    pauses = pauses or PAUSES
    growing = wait_random_exponential(multiplier=pauses.first, max=pauses.longest)
    late = 0

    def failure(state: RetryCallState) -> Passing | None:
        error = state.outcome.exception() if state.outcome is not None else None
        return error if isinstance(error, Passing) else None

    def ended(state: RetryCallState) -> bool:
        nonlocal late
        error = failure(state)
        late += error is not None and error.late
        return state.attempt_number >= pauses.tries or late >= pauses.timeouts

    def pause(state: RetryCallState) -> float:
        grown, error = growing(state), failure(state)
        # With chance on top of what is named: all who were told the same would come at once.
        return grown if error is None or error.pause is None else error.pause + min(grown, pauses.first)

    def tell(state: RetryCallState) -> None:
        log.info("%s: %s; asked again in %.1f s", who, failure(state), state.upcoming_sleep)

    retrying = Retrying(
        retry=retry_if_exception_type(Passing),
        stop=ended,
        wait=pause,
        sleep=lambda seconds: _sleep(seconds, stopped),
        before_sleep=tell,
        reraise=True,
    )
    return retrying(once)


def _sleep(seconds: float, stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if stopped():
            raise Stopped
        time.sleep(min(left, POLL_SECONDS))
