"""What comes of a question to a film: plain data, and the object of `--json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from longvid.asking.passages import Kind
from longvid.output.report import NOTHING_HEARD, Heard

Status = Literal["answered", "not shown", "refused"]
"""`not shown`: the film does not show it, as far as the run knows; `refused`: what the LLM said has no evidence."""
NOT_SHOWN = "The film does not show it."
REFUSED = "What the LLM answered has no evidence, so it is not shown."
NO_ANSWERS = frozenset({NOT_SHOWN, REFUSED})
"""What stands where there is no answer: words of ours, and nothing to go on with."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that an answer rests on. `times`: seconds from the film's first frame."""

    number: int
    kind: Kind
    times: tuple[float, ...]
    chunk: int
    text: str

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "kind": self.kind,
            "times": [round(time, 3) for time in self.times],
            "chunk": self.chunk,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of an answer, and the numbers of the evidence that it rests on."""

    sentence: str
    evidence: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what came of it."""

    film: str
    question: str
    status: Status
    sentences: tuple[Said, ...]
    """Empty unless `answered`."""
    evidence: tuple[Evidence, ...]
    """What the sentences rest on, by number, in the order of the film."""
    passages: int
    """How many passages the answer was sought in."""
    looked: tuple[int, ...]
    """Indices of the chunks that were looked at again."""
    llm: str
    model: str | None
    """What looked again; None where nobody did."""
    run: str
    calls: dict[str, int] = field(default_factory=dict)
    """`watch`, `ask`, `write`: calls that were made for it; `cached`: answers that were there."""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seen: tuple[int, ...] = ()
    """Indices of the chunks that the passages are of."""

    @property
    def heard(self) -> Heard:
        """No dialogue is read for a question: what the run has of it is there already."""
        return NOTHING_HEARD

    @property
    def answer(self) -> str:
        """The answer as one line of text."""
        if self.status == "answered":
            return " ".join(said.sentence for said in self.sentences)
        return NOT_SHOWN if self.status == "not shown" else REFUSED

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`. Keys are only ever added."""
        return {
            "film": self.film,
            "question": self.question,
            "answer": self.answer,
            "answered": self.status == "answered",
            "outcome": self.status,
            "sentences": [{"sentence": said.sentence, "evidence": list(said.evidence)} for said in self.sentences],
            "evidence": [one.as_json() for one in self.evidence],
            "passages": self.passages,
            "looked": list(self.looked),
            "llm": self.llm,
            "model": self.model,
            "calls": self.calls,
            "problems": list(self.problems),
            "notes": list(self.notes),
            "run": self.run,
        }
