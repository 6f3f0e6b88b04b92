"""Requests on their way to a model that takes them as its rows come free, and its answers on their way back.

A model that decodes many rows together need not wait for the longest: a row that has ended leaves, and another takes
its place. Such a backend takes requests from a feed and gives each answer as it comes. No torch here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from longvid.engine.request import Raw, Request


class Feed(Protocol):
    """Where a backend takes its requests and leaves its answers. Called from the thread that computes."""

    def take(self, most: int) -> list[tuple[int, Request]]:
        """Up to `most` requests that wait, each with the number by which its answer is known; none where none wait."""

    def give(self, answers: Sequence[tuple[int, Raw]]) -> None:
        """Answers to requests that were taken, in any order."""

    def stopped(self) -> bool:
        """Whether to end at once: what is under way is thrown away."""


@runtime_checkable
class Streams(Protocol):
    """A backend whose rows come and go."""

    def stream(self, feed: Feed, rows: int, *, watching: bool, seed: int | None = None) -> None:
        """Answer all that `feed` has, and what it gets in the meantime, with at most `rows` rows at once: greedy
        without `seed`, sampled with it. `watching`: whether all that is taken asks about clips; else nothing does.

        Raises Stopped when told to stop, and whatever says that memory is short; what was taken and not answered is
        then still to be answered.
        """


class Listed:
    """A feed of requests that are all there at once; implements `Feed`."""

    def __init__(self, requests: Sequence[Request], stopped: Callable[[], bool]) -> None:
        self._waiting = deque(enumerate(requests))
        self._found: dict[int, Raw] = {}
        self._stopped = stopped

    def take(self, most: int) -> list[tuple[int, Request]]:
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def give(self, answers: Sequence[tuple[int, Raw]]) -> None:
        self._found.update(answers)

    def stopped(self) -> bool:
        return self._stopped()

    def answers(self) -> list[Raw]:
        """All answers, in the order of the requests."""
        return [self._found[number] for number in range(len(self._found))]
