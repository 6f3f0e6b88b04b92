"""The same example in writing about others: every name, colour, mark, shape, object and place exchanged for another.

Examples of some batches come from the same few films. Who has which look in these would be learnt by heart, and not to
look it up in the prompt, which is all that helps with another film. Exchanged one for one, words keep all relations.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace

from longvid_benchmarks.storyfilm.vocabulary import COLOURS, MARKS, NAMES, OBJECTS, PLACES, SHAPES
from longvid_benchmarks.training.example import Example

CLASSES: tuple[tuple[str, ...], ...] = (
    tuple(NAMES),
    tuple(COLOURS),
    # No word says that a look is plain.
    tuple(mark for mark in MARKS if mark != "plain"),
    tuple(SHAPES),
    tuple(OBJECTS),
    tuple(PLACES),
)
WORD = re.compile(r"\w+")


def renamed(example: Example, rng: random.Random) -> Example:
    """`example` with the words of each of CLASSES exchanged among themselves, in its prompt and in its answer alike."""
    others: dict[str, str] = {}
    for words in CLASSES:
        others.update(zip(words, rng.sample(words, len(words)), strict=True))
    return replace(example, prompt=_exchanged(example.prompt, others), answer=_exchanged(example.answer, others))


def _exchanged(text: str, others: Mapping[str, str]) -> str:
    return WORD.sub(lambda found: others.get(found[0], found[0]), text)
