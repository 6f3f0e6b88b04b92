"""Language models that judge and ask without fault from the captions that they are shown, and one that is careless.

What a caption says at one second alone they hold for an error, as the prompts tell them. They know the prompts and no
story.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from longvid.engine.request import Raw, Request
from longvid.errors import LLMError
from longvid.files import parse_json
from longvid.text import sentences
from longvid.training.tqa.prompts import FILTER, NAME, WRITE
from longvid_benchmarks.storyfilm.vocabulary import FILLERS

PERFECT, CARELESS = "perfect", "careless"
FAULTS = ("another second", "the first second", "no second", "two seconds", "what stands still", "captions", "chatter")
PLACES = ("The place is ", "A flashback shows ")
"""How the sentence begins that says where a caption plays."""
FAULTY = 0.5
"""Share of pairs into which the careless one puts one of FAULTS."""


class Writer:
    """Implements `Backend`."""

    context, batch = 1 << 30, 64

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.identity: Mapping[str, object] = {"class": f"{kind} TQA writer", "v": 2}

    def count(self, request: Request) -> int:
        return len(request.prompt) // 4

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        return [self._answer(request.prompt) for request in requests]

    def _answer(self, prompt: str) -> Raw:
        head, _, told = prompt.rpartition(f"{NAME} = ")
        captions = {int(second): text for second, text in parse_json(told).items()}
        if FILTER.startswith(head):
            text = "Yes" if any(_changes(captions)) else "No"
        elif WRITE.startswith(head):
            text = self._write(captions)
        else:
            raise LLMError("the TQA writer answers the prompts of longvid tqa alone")
        return Raw(text, "stop", len(prompt) // 4, len(text) // 4)

    def _write(self, captions: Mapping[int, str]) -> str:
        found = [(is_filler(event), second, event) for second, event in _begins(captions)]
        if not found:
            return "None"
        _, second, event = min(found)
        question, answer = f"When does it happen that {_inside(event)}?", f"At the {ordinal(second)} second."
        rng = random.Random(f"careless {second} {sorted(captions.items())}")
        if self._kind == CARELESS and rng.random() < FAULTY:
            question, answer = _faulty(rng, question, answer, second, captions)
            if not question:
                return answer
        return json.dumps({"question": question, "answer": answer})


def _faulty(
    rng: random.Random, question: str, answer: str, second: int, captions: Mapping[int, str]
) -> tuple[str, str]:
    """The pair with one thing wrong; without a question where it is no pair at all."""
    fault = rng.choice(FAULTS)
    last = max(captions)
    if fault == "another second":
        others = [other for other in range(1, last) if other != second]
        return question, f"At the {ordinal(rng.choice(others or [last + 5]))} second."
    if fault == "the first second":
        return question, "At the 0th second."
    if fault == "no second":
        return question, "Towards the end."
    if fault == "two seconds":
        return question, f"From the {ordinal(second)} second to the {ordinal(second + 1)} second."
    if fault == "what stands still":
        return f"When is it seen that {_inside(sentences(captions[second])[0])}?", answer
    if fault == "captions":
        return question, f"According to the captions, at the {ordinal(second)} second."
    return "", f"Here is the pair: {question} {answer}"


def ordinal(number: int) -> str:
    """ "12th"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def is_filler(event: str) -> bool:
    """Whether a sentence tells of one of the deeds between the plot's."""
    return any(f" {word}s" in event for word in FILLERS)


def _inside(sentence: str) -> str:
    """A sentence as it stands behind a "that"."""
    text = sentence.rstrip(".")
    return f"the {text[4:]}" if text.startswith("The ") else text


def _told(captions: Mapping[int, str]) -> dict[int, frozenset[str]]:
    """Second -> what is seen then: the sentences of its caption that the one before or the one after it says too, and
    those that both of these say."""
    said = {second: frozenset(sentences(text)) for second, text in captions.items()}
    told = {}
    for second, here in said.items():
        before, after = (said.get(second + step, frozenset()) for step in (-1, 1))
        told[second] = (here & (before | after)) | (before & after)
    return told


def _changes(captions: Mapping[int, str]) -> Sequence[bool]:
    """For each second but the first whether more than errors differs from the one before."""
    told = _told(captions)
    order = sorted(told)
    return [told[a] != told[b] for a, b in pairwise(order)]


def _begins(captions: Mapping[int, str]) -> list[tuple[int, str]]:
    """The events that are first told at a second that is neither the first nor the last, each once."""
    told = _told(captions)
    order = sorted(told)
    found = []
    for second in order[1:-1]:
        before = frozenset[str]().union(*(sentences(captions[s]) for s in order if s < second))
        found += [(second, event) for event in sorted(told[second] - before) if not event.startswith(PLACES)]
    return found
