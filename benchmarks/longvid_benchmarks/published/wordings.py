"""The words of the published prompts, quoted to the letter, each with where it stands. Nothing here is our own.

`SYSTEM` is checked by its length and its hash (tests), so that no editor and no spelling checker changes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SYSTEM = (
    "Carefully watch the video and pay attention to the cause and sequence of events, the detail and movement of "
    "objects, and the action and pose of persons. Based on your observations, select the best option that accurately "
    "addresses the question.\n"
)
"""MVBench's notebook (OpenGVLab/Ask-Anything, video_chat2/mvbench.ipynb) and the cards of CogVLM2-Video."""
DROPPED = "Short Answer."
"""What the card of CogVLM2-Video takes out of a question."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a question with its options becomes a prompt."""

    before: str
    question: str
    """Stands before the question."""
    options: str
    """The line before the options, which are a line each: "(A) Left."."""
    after: str
    """Behind the last option, which has no line break of its own."""
    begun: str
    """Last words of the prompt: how the answer is made to begin."""
    source: str
    published: bool = True
    template: str | None = None
    """A user's own wording, in which {question} and {options} stand; all else but `begun` is then not used."""

    def prompt(self, question: str, candidates: tuple[str, ...]) -> str:
        """The prompt for `question` with its options in their order."""
        listed = "\n".join(f"({letter(at)}) {text}" for at, text in enumerate(candidates))
        if self.template is not None:
            # The question may hold braces of its own.
            parts = self.template.split("{question}")
            return question.join(part.replace("{options}", listed) for part in parts)
        asked = f"{self.question}{question}\n{self.options}\n{listed}{self.after}{self.begun}"
        return self.before + asked


def letter(at: int) -> str:
    """The letter of the option at place `at`, from 0."""
    return chr(ord("A") + at)


def filled(template: str, values: Mapping[str, str]) -> str:
    """`template` with `values` in their places, such as {question}; what stands in them is not read again."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), template)


OFFICIAL = Wording(
    before=SYSTEM,
    question="Question: ",
    options="Options:",
    after="\nOnly give the best option.",
    begun="\nBest option:(",
    source="OpenGVLab/Ask-Anything, video_chat2/mvbench.ipynb",
)
PLLAVA = Wording(
    # The blank behind the system sentence's line break is the card's.
    before=f"{SYSTEM} ",
    question="Question: ",
    options="Options:",
    after="\n",
    begun="Short Answer:",
    source="card of zai-org/cogvlm2-video-llama3-chat, Evaluation details",
)
LMMS_EVAL = Wording(
    before="",
    question="Question:",
    options="Option:",
    after="\nOnly give the best option.\n",
    begun="",
    source="lmms-eval 0.7.3, tasks/mvbench",
)
