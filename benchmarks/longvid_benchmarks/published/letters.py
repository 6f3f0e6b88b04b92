"""Which option's letter a model finds likeliest: its likelihood behind the prompt, without a word being written.

The answer is taken to begin as options are listed, "(A", with a blank before it or without; where the prompt has begun
it with "(", with the letter. So the article "a" is no option, and nothing has to be read. Knows no model and no scorer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from longvid.engine.likelihood import Likelihood
from longvid_benchmarks.published.wordings import letter


def ways_of(begun: str, options: int) -> list[str]:
    """How an answer to a prompt that ends in `begun` may begin with a letter: for each of `options` equally many ways,
    an option's beside each other."""
    letters = [letter(at) for at in range(options)]
    return letters if begun.endswith("(") else [f"{start}{one}" for one in letters for start in ("(", " (")]


def by_option(found: Sequence[Likelihood], options: int) -> tuple[float, ...]:
    """The logarithm of how likely each of `options` is, of what was found of `ways_of`."""
    ways = len(found) // options
    return tuple(_either([one.logprob for one in found[at * ways : (at + 1) * ways]]) for at in range(options))


def likeliest(logprobs: Sequence[float]) -> int | None:
    """The place of the likeliest option; None where several are, for the order of options is no reason."""
    most = max(logprobs)
    return logprobs.index(most) if logprobs.count(most) == 1 else None


def _either(logprobs: Sequence[float]) -> float:
    """The logarithm of the sum of probabilities."""
    most = max(logprobs)
    return most + math.log(sum(math.exp(one - most) for one in logprobs))
