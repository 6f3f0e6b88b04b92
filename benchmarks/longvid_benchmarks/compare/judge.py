"""A judge model reads a summary and says, one statement a call, what is true of the film and what it tells.

Fact precision: how many of the summary's sentences the synopsis supports. Fact recall: how many of the known facts the
summary supports. Questions: multiple choice from the summary alone, right only if right in every rotation of its
options, so that no habit of choosing the first one helps. Answers are read strictly; those that are none are counted
and count for nothing. Calls go through the engine, so every answer is guarded, stored and asked once.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from longvid.engine.request import Backend, Request
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError, PromptTooLong
from longvid.run import Store
from longvid.text import printable, sentences
from longvid_benchmarks.compare.films import Question

SUPPORTED = (
    "Here is a text about a film.\n\n{text}\n\nStatement: {statement}\n\n"
    "Does the text say that the statement is true? Answer with one word, yes or no."
)
CHOICE = (
    "Here is a text about a film.\n\n{text}\n\nQuestion: {question}\n{options}\n\n"
    "Which answer does the text give? Answer with one letter."
)
ANSWER_TOKENS = 8
YES_NO = re.compile(r"\W*(yes|no)\W*", re.IGNORECASE)
LETTER = re.compile(r"\W*([A-H])\W*")
LETTERS = "ABCDEFGH"


class Judge:
    """Grades summaries with `backend`, and keeps its answers in `folder`."""

    def __init__(self, backend: Backend, name: str, folder: Path, *, same_as_llm: bool) -> None:
        self.name, self.same_as_llm = name, same_as_llm
        self.backend, self._folder = backend, folder

    @property
    def identity(self) -> list[object]:
        """All that decides a judgement: part of a row's key."""
        return [dict(self.backend.identity), SUPPORTED, CHOICE, ANSWER_TOKENS]

    async def grade(
        self, summary: str, synopsis: str | None, facts: Sequence[str], questions: Sequence[Question]
    ) -> dict[str, float | None]:
        """`judge_precision`, `judge_recall`, `judge_f1`, `judge_questions` (shares, None where nothing was judged) and
        `judge_unparsable`, the share of answers that were neither yes nor no nor a letter.

        Raises ModelError where a summary or synopsis does not fit into the judge's context.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        told = sentences(printable(summary))
        known = list(facts) or sentences(synopsis or "")
        truth = synopsis or "\n".join(facts)
        with Store(self._folder / "answers.sqlite") as store:
            engine = Engine(store, captioner=None, llm=self.backend, captioner_identity={})
            async with engine:
                try:
                    precise = await self._ask_all(engine, [(truth, line) for line in told] if truth else [])
                    recalled = await self._ask_all(engine, [(summary, fact) for fact in known])
                    right = await asyncio.gather(*(self._choose(engine, summary, question) for question in questions))
                except PromptTooLong as error:
                    raise ModelError(f"--judge {self.name}: {error}; name a judge with a longer context") from error
        precision = _share(precise) if told else 0.0
        recall = _share(recalled)
        answers = [*precise, *recalled, *(answer for rotation in right for answer in rotation)]
        return {
            "judge_precision": precision,
            "judge_recall": recall,
            "judge_f1": _f1(precision, recall),
            "judge_questions": sum(all(rotation) for rotation in right) / len(right) if right else None,
            "judge_unparsable": sum(answer is None for answer in answers) / len(answers) if answers else 0.0,
        }

    async def _ask_all(self, engine: Engine, pairs: Sequence[tuple[str, str]]) -> list[bool | None]:
        return list(await asyncio.gather(*(self._supported(engine, text, statement) for text, statement in pairs)))

    async def _supported(self, engine: Engine, text: str, statement: str) -> bool | None:
        """Whether the judge finds `statement` in `text`; None where it says neither."""
        if not text:
            return False
        answer = await self._say(engine, SUPPORTED.format(text=text, statement=statement))
        said = YES_NO.fullmatch(answer)
        return None if said is None else said[1].lower() == "yes"

    async def _choose(self, engine: Engine, text: str, question: Question) -> list[bool | None]:
        """For every rotation of the options whether the right one was chosen; None where none of them was named."""

        async def turned(turn: int) -> bool | None:
            options = [*question.options[turn:], *question.options[:turn]]
            lines = "\n".join(f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False))
            answer = await self._say(engine, CHOICE.format(text=text, question=question.text, options=lines))
            said = LETTER.fullmatch(answer)
            place = len(options) if said is None else LETTERS.index(said[1])
            return options[place] == question.options[question.answer] if place < len(options) else None

        return list(await asyncio.gather(*map(turned, range(len(question.options)))))

    async def _say(self, engine: Engine, prompt: str) -> str:
        return (await engine.submit(Request("write", prompt, ANSWER_TOKENS))).text


def _share(answers: Sequence[bool | None]) -> float | None:
    """The share of yes among the answers that could be read; None where none could."""
    read = [answer for answer in answers if answer is not None]
    return sum(read) / len(read) if read else None


def _f1(precision: float | None, recall: float | None) -> float | None:
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
