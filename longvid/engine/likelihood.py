"""How likely a model on this machine goes on with given words: what it is asked, what it says, who can say it.

Knows no backend and no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from longvid.engine.request import Request
from longvid.errors import ModelError


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely some words are, right behind a prompt."""

    logprob: float
    """Natural logarithm of their probability, summed over their tokens; finite, at most 0 but for rounding."""
    greedy: bool
    """Whether each of their tokens is the likeliest there."""


@runtime_checkable
class Likely(Protocol):
    """A backend that computes likelihoods."""

    def likelihoods(self, request: Request, continuations: Sequence[str]) -> list[Likelihood]:
        """How likely each of `continuations`, to the letter, is behind the prompt of `request`; in order.

        `max_tokens` does not matter. Called from the thread that computes. Raises ModelError where numbers are none.
        """


def require_likely(backend: object, name: str) -> Likely:
    """`backend`, called `name`, as one that computes likelihoods. Raises ModelError where it is none."""
    if isinstance(backend, Likely):
        return backend
    raise ModelError(f"{name} tells no likelihoods of words: name a model that is computed here, a folder or a hub id")
