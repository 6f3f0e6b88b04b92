"""Likelihoods of words behind a prompt that a run has computed, kept in its store: what was computed once is not again.

Knows no option and no protocol.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from longvid.engine.likelihood import Likelihood, Likely
from longvid.engine.memory import alone
from longvid.engine.request import Request
from longvid.run import Store, key_of

VERSION = 1
"""Raise it when the same words would have other likelihoods."""


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """What `model`, of `identity`, tells; kept in `store`."""

    model: Likely
    identity: Mapping[str, object]
    store: Store

    def of(self, request: Request, words: Sequence[str]) -> list[Likelihood]:
        """How likely each of `words`, to the letter, is behind the prompt of `request`. Raises ModelError.

        Called from the thread that computes.
        """
        if (known := self.known(request, words)) is not None:
            return known
        found = alone(lambda: self.model.likelihoods(request, words))
        told = json.dumps([[one.logprob, one.greedy] for one in found])
        self.store.keep(told, self._key(request, words))
        return found

    def known(self, request: Request, words: Sequence[str]) -> list[Likelihood] | None:
        """The same where an earlier run had computed it, else None."""
        try:
            told = json.loads(self.store.text(self._key(request, words)))
            found = [Likelihood(float(logprob), bool(greedy)) for logprob, greedy in told]
        except (KeyError, TypeError, ValueError):
            return None
        whole = len(found) == len(words) and all(math.isfinite(one.logprob) for one in found)
        return found if whole else None

    def _key(self, request: Request, words: Sequence[str]) -> str:
        clip = None if request.clip is None else request.clip.digest
        told = {
            "v": VERSION,
            "model": dict(self.identity),
            "prompt": request.prompt,
            "clip": clip,
            "words": list(words),
        }
        return "l" + key_of(told)
