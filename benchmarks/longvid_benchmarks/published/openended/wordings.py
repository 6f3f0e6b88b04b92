"""How open-ended questions are asked and how a judge is asked about the answers: in words of longvid's own, or in those
of a file of the user's. None of it is published wording.

A judge is asked for a small JSON object, and gets question, right answer and answer as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from longvid.errors import LongvidError
from longvid.files import parse_json, read_bytes
from longvid.text.shown import shown
from longvid_benchmarks.published.openended.sets import AXES, QA
from longvid_benchmarks.published.wordings import filled

LARGEST = 256 << 10
"""Bytes of a user's file."""
ASK, ASK_LONG = "ask", "ask-long"
"""How a question for a short answer is put, and one for a long one."""
SINGLE = ("question", "answer", "prediction")
DOUBLE = ("question1", "question2", "answer", "prediction1", "prediction2")

_TASK = "You compare what a program said of a video with the right answer, which a person gave."
_GIVEN = "Question: {question}\nRight answer: {answer}\nThe program said: {prediction}\n\n"
_SCORE = 'Answer with JSON alone, such as {"score": 3}, where 5 is best and 0 is worst.'
_ASPECTS = {
    "correctness": "Is what it said true by the right answer, and is nothing in it false?",
    "detail": "Did it say everything that the right answer says, and as exactly?",
    "context": "Did it understand what the video is about as a whole, as the right answer does?",
    "temporal": "Did it put what happens into the right order, and at the right time?",
}
_OWN = {
    ASK: "{question} Answer in a few words.",
    ASK_LONG: "{question} Answer in whole sentences, with all that matters.",
    QA: f"{_TASK} Other words for the same thing are right too.\n\n{_GIVEN}"
    'Is it right? Answer with JSON alone, such as {"pred": "yes", "score": 4}: yes or no, and how near it is, 0 to 5.',
    **{axis: f"{_TASK}\n\n{_GIVEN}{aspect} {_SCORE}" for axis, aspect in _ASPECTS.items()},
    "consistency": f"{_TASK} It was asked the same in two ways.\n\n"
    "First question: {question1}\nSecond question: {question2}\nRight answer: {answer}\n"
    "The program said first: {prediction1}\nIt said then: {prediction2}\n\n"
    f"Do its two answers agree with each other, and with the right one? {_SCORE}",
}


@dataclass(frozen=True, slots=True)
class Wordings:
    """A template for every name of `_OWN`."""

    templates: Mapping[str, str]
    source: str

    def filled(self, name: str, values: Mapping[str, str]) -> str:
        """The template `name` with `values` in their places; what stands in them is not read again."""
        return filled(self.templates[name], values)


OWN = Wordings(_OWN, "longvid")


def read_wordings(path: Path) -> Wordings:
    """The user's templates in the JSON object at `path`, with longvid's own for what it leaves out.

    Raises LongvidError, one line, for a file that is none.
    """
    remedy = f"write a JSON object with any of {', '.join(_OWN)}"
    try:
        told = parse_json(read_bytes(path, LARGEST))
    except OSError as error:
        raise LongvidError(f"{shown(path)}: {error.strerror}; {remedy}") from error
    except ValueError as error:
        raise LongvidError(f"{shown(path)}: no JSON ({error}); {remedy}") from error
    if not isinstance(told, dict) or not told:
        raise LongvidError(f"{shown(path)}: no JSON object; {remedy}")
    for name, text in told.items():
        if name not in _OWN:
            raise LongvidError(f"{shown(path)}: {name!r} is not asked for; {remedy}")
        places = _places(name)
        if not isinstance(text, str) or any(text.count(f"{{{place}}}") != 1 for place in places):
            wanted = ", ".join(f"{{{place}}}" for place in places)
            raise LongvidError(f"{shown(path)}: {name} must hold {wanted}, each once; put it right")
    return Wordings({**_OWN, **told}, shown(path))


def _places(name: str) -> tuple[str, ...]:
    if name in (ASK, ASK_LONG):
        return ("question",)
    return DOUBLE if name == AXES[-1] else SINGLE
