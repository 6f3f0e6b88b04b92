"""A judge reads answers: a language model that is named, asked side by side; its prompts and its replies are kept.

A reply that cannot be read is no verdict: it is counted and told, and never becomes a score. Knows no benchmark's name.
"""

from __future__ import annotations

import ast
import asyncio
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from longvid.engine.request import Backend, Request
from longvid.engine.scheduler import Engine
from longvid.errors import LLMError, PromptTooLong
from longvid.run import Store
from longvid_benchmarks.published.openended.questions import Open
from longvid_benchmarks.published.openended.sets import QA
from longvid_benchmarks.published.openended.wordings import Wordings
from longvid_benchmarks.terminal import Advance

REPLY_TOKENS = 128
LONGEST_OBJECT = 2_000
"""Characters."""
BRACE = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[{}]""")
"""A brace, or a string, whose braces are none."""
SCORE = re.compile(r"\s*([0-5](?:\.\d{1,6})?)\s*", re.ASCII)
NUMBER = re.compile(r"[^\w.+\-\u2010-\u2015\u2212]*([0-5](?:\.\d{1,3})?)\W*", re.ASCII)
"""A number alone, but for what is no part of one."""
MOST = 5.0
AT_ONCE = 256
"""Judgements that are made ready at once; the engine has a server asked as many at once as it takes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply says."""

    score: float
    """From 0 to 5."""
    right: bool | None
    """Of a short answer whether it is right; of a long one None."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgement, with all that it rests on."""

    question: Open
    axis: str
    said: tuple[str, ...]
    prompt: str
    reply: str
    verdict: Verdict | None
    """None where the reply cannot be read."""


@dataclass(frozen=True, slots=True)
class Judge:
    """`backend`, called `name`, asked in `wordings`; replies are kept in `store`."""

    backend: Backend
    name: str
    wordings: Wordings
    store: Store

    async def all(self, said: Sequence[tuple[Open, tuple[str, ...]]], advance: Advance) -> list[Judged]:
        """A judgement of each axis of each question, in order. Raises LLMError where the judge does not answer."""
        wanted = [(question, texts, axis) for question, texts in said for axis in question.axes]
        prompts = [self.wordings.filled(axis, _values(question, texts)) for question, texts, axis in wanted]
        found = await replies(self.backend, self.name, self.store, prompts, REPLY_TOKENS, advance)
        return [
            Judged(question, axis, texts, prompt, reply, read_reply(reply, short=axis == QA))
            for (question, texts, axis), prompt, reply in zip(wanted, prompts, found, strict=True)
        ]


async def replies(
    judge: Backend,
    name: str,
    store: Store,
    prompts: Sequence[str],
    tokens: int,
    advance: Advance,
    option: str = "--judge",
) -> list[str]:
    """What `judge`, called `name` by `option`, says to each of `prompts`, to the letter; kept in `store`.

    Raises LLMError where it does not answer.
    """
    slots, done = asyncio.Semaphore(AT_ONCE), 0
    # The engine's guards know prose: to them a small object is garbled, and a judge's first reply counts.
    engine = Engine(store, captioner=None, llm=judge, captioner_identity={}, again=False)
    async with engine:

        async def one(prompt: str) -> str:
            nonlocal done
            async with slots:
                try:
                    answer = await engine.submit(Request("write", prompt, tokens))
                except PromptTooLong as error:
                    raise LLMError(f"{option} {name}: {error}; name one with a longer context") from error
            done += 1
            advance(done, len(prompts), "judging" if option == "--judge" else "writing options")
            record = store.get(answer.key)
            # What the guards took away is part of what it said.
            return answer.text if record is None else record.raw

        tasks = [asyncio.create_task(one(prompt)) for prompt in prompts]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _values(question: Open, texts: tuple[str, ...]) -> dict[str, str]:
    if len(texts) == 1:
        return {"question": question.asked[0].text, "answer": question.answer, "prediction": texts[0]}
    (one, two), (first, second) = question.asked, texts
    pair = {"question1": one.text, "question2": two.text, "prediction1": first, "prediction2": second}
    return {**pair, "answer": question.answer}


def read_reply(reply: str, *, short: bool) -> Verdict | None:
    """What `reply` says: an object in it with a score, and of a short answer with yes or no, as JSON or as Python
    writes it; of a long one also a score and nothing else. None where it says no such thing, or several that differ.
    """
    found = set()
    for told in _objects(reply):
        score, right = _score(told.get("score")), _yes(told.get("pred"))
        if score is not None and (right is not None or not short):
            found.add(Verdict(score, right if short else None))
    if found:
        return found.pop() if len(found) == 1 else None
    bare = None if short else NUMBER.fullmatch(reply.strip())
    score = None if bare is None else _score(bare[1])
    return None if score is None else Verdict(score, None)


def _objects(reply: str) -> Iterator[dict[Any, Any]]:
    """The objects in `reply` that are inside no other braces."""
    decoder = json.JSONDecoder()
    at = reply.find("{")
    while at >= 0:
        try:
            told, end = decoder.raw_decode(reply, at)
        except (ValueError, RecursionError):
            closed = _closed(reply, at)
            if closed is None:
                return
            told, end = _literal(reply[at:closed]), closed
        if isinstance(told, dict):
            yield told
        at = reply.find("{", end)


def _closed(text: str, start: int) -> int | None:
    """Behind the brace that closes the one at `start`; None where none does."""
    depth = 0
    for found in BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return None


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text) if len(text) <= LONGEST_OBJECT else None
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _score(value: object) -> float | None:
    if isinstance(value, str):
        value = float(told[1]) if (told := SCORE.fullmatch(value)) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        score = float(value)
    except OverflowError:
        return None
    return score if math.isfinite(score) and 0 <= score <= MOST else None


def _yes(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    said = value.strip().lower() if isinstance(value, str) else None
    return {"yes": True, "no": False}.get(said) if said is not None else None
