"""Asking every chunk the questions that all strategies share, and telling each chunk of the others.

The prompts depend on the film's chunks and on stored answers alone, never on the order in which chunks are asked for.
What of it fits is decided by the captioner's tokenizer, once: the prompt is kept in the store, so that a merge, which
has no captioner, finds the same answers. Knows no strategy and no command line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from longvid.captions.events import Parsed, read_events
from longvid.captions.spoken import Weight, quoted
from longvid.carry.settings import VERSION, Carry
from longvid.carry.telling import Told, entities, harmless, previous
from longvid.engine.prompts import CAPTION, CARRY_TOKENS, DIALOGUE_TOKENS, EVENTS, carried
from longvid.engine.request import ClipRef, Request
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError
from longvid.film import Chunk
from longvid.narrative.coreference import resolve
from longvid.narrative.entities import Cast
from longvid.run import Store, key_of
from longvid.strategy.contract import Answer, Limits

LONGEST_GAP = 10.0
"""Seconds between two chunks after which nothing is carried from the one to the other."""
MOST_CUES = 64
"""Of one chunk; more never fit into the bound."""

Question = Literal["caption", "events"]


class Carrier:
    """The answers of a film's chunks to the two questions that strategies share, under one way of carrying."""

    def __init__(
        self,
        carry: Carry,
        chunks: Sequence[Chunk],
        clips: Mapping[int, ClipRef],
        engine: Engine,
        store: Store,
        limits: Limits,
        on_note: Callable[[str, bool], None],
    ) -> None:
        self._carry = carry
        self._chunks, self._clips = chunks, clips
        self._engine, self._store, self._limits = engine, store, limits
        self._on_note = on_note
        self._known = tuple(f"{entity.name} ({entity.description})" for entity in carry.known)
        self._weigh = Weight([cue for chunk in chunks for cue in chunk.dialogue]) if carry.dialogue else None
        self._cast: Cast | None = None
        """Who was seen at the first look, once it has been taken."""
        self._first = asyncio.Lock()
        self._answers: dict[Question, list[Answer]] = {"caption": [], "events": []}
        """By chunk, as far as the chunks have been asked in turn."""
        self._turns = {"caption": asyncio.Lock(), "events": asyncio.Lock()}

    async def answer(self, question: Question, chunk: Chunk) -> Answer:
        """The answer of `chunk`, told what it is told. All calls may run at once, in any order."""
        if self._carry.way == "previous":
            return await self._in_turn(question, chunk.index)
        if self._carry.way == "cast":
            await self._survey()
        return await self._ask(question, chunk.index, ())

    def stored(self, question: Question) -> bool:
        """Whether the store has the answer of every chunk, so that no model need be there."""
        cast = None
        if self._carry.way == "cast":
            surveys = [self._engine.known(request) for request in self._surveys()]
            if None in surveys:
                return False
            cast = resolve(_seen([survey for survey in surveys if survey is not None]).events)
        answers: list[Answer] = []
        for chunk in self._chunks:
            try:
                request = self._request(question, chunk.index, self._told(chunk.index, answers, cast))
            except ModelError:
                return False
            answer = self._engine.known(request)
            if answer is None:
                return False
            answers.append(answer)
        return True

    def _surveys(self) -> list[Request]:
        """The first look at every chunk: the plain question for event lines. None where those have no room."""
        return [self._plain("survey", chunk.index) for chunk in self._chunks] if self._limits.events > 0 else []

    async def _survey(self) -> None:
        """Who is in the film, by one look at all of it; whoever asks first looks, the others wait."""
        async with self._first:
            if self._cast is not None:
                return
            surveys = await asyncio.gather(*(self._engine.submit(request) for request in self._surveys()))
            seen = _seen(surveys)
            # Seconds for a long film, in which the device should go on.
            self._cast = await asyncio.to_thread(resolve, seen.events)
        failed = sum(not survey.ok for survey in surveys)
        if failed:
            self._on_note(f"{failed} of {len(surveys)} first looks at a chunk failed: who is there is not told", True)
        if seen.unread:
            self._on_note(f"{seen.unread} line{'s' * (seen.unread != 1)} of the first looks could not be read", False)
        if not surveys and self._chunks:
            self._on_note("the model's context is too short for a first look: nobody is told of the cast", False)

    async def _in_turn(self, question: Question, index: int) -> Answer:
        """The answer of chunk `index` after those of all chunks before it, whoever asks for which first."""
        answers = self._answers[question]
        async with self._turns[question]:
            while len(answers) <= index:
                answers.append(await self._ask(question, len(answers), answers))
        return answers[index]

    async def _ask(self, question: Question, index: int, answers: Sequence[Answer]) -> Answer:
        told = self._told(index, answers, self._cast)
        request = await self._engine.reckoned(partial(self._request, question, index, told))
        others = replace(told, said=())
        if told.said and any(cue not in request.prompt for cue in told.cues):
            self._on_note("not all that is said fits into every prompt; what tells least was left out", False)
        if others and not any(part in request.prompt for part in (*others.entities, *others.before)):
            self._on_note("what was to be told of other chunks did not fit into some prompts and was left out", False)
        elif any(entity not in request.prompt for entity in self._known):
            self._on_note("not all entities of --cast fit into every prompt; the last ones were left out", False)
        return await self._engine.submit(request)

    def _told(self, index: int, answers: Sequence[Answer], cast: Cast | None) -> Told:
        """What is to be told to chunk `index`, of the `answers` of the chunks before it or of the `cast`."""
        named = {entity.name.casefold() for entity in self._carry.known}
        seen = entities(cast, index, named) if cast is not None else ()
        return Told(self._known + seen, self._before(index, answers), self._said(index))

    def _said(self, index: int) -> tuple[tuple[float, str], ...]:
        """The cues of chunk `index` that tell most, in order, each with how much it does."""
        if self._weigh is None:
            return ()
        cues = [(self._weigh(cue), harmless(quoted(cue))) for cue in self._chunks[index].dialogue]
        most = sorted(range(len(cues)), key=lambda i: (-cues[i][0], i))[:MOST_CUES]
        return tuple(cues[i] for i in sorted(most))

    def _request(self, question: Question, index: int, told: Told) -> Request:
        plain = self._plain(question, index)
        return replace(plain, prompt=self._prompt(plain, told)) if told else plain

    def _plain(self, kind: Literal["caption", "events", "survey"], index: int) -> Request:
        prompt, tokens = (CAPTION, self._limits.caption) if kind == "caption" else (EVENTS, self._limits.events)
        return Request(kind, prompt, tokens, self._clips[index])

    def _before(self, index: int, answers: Sequence[Answer]) -> tuple[str, ...]:
        if self._carry.way != "previous" or index == 0:
            return ()
        if self._chunks[index].start - self._chunks[index - 1].end > LONGEST_GAP:
            return ()
        return previous(answers[index - 1], answers[index - 2] if index > 1 else None)

    def _prompt(self, plain: Request, told: Told) -> str:
        """The question of `plain` with as much of `told` as fits."""
        value = {"v": VERSION, "plain": self._engine.key(plain), "figures": told.entities, "before": told.before}
        value |= {"said": told.cues} if told.said else {}
        key = f"p{key_of(value)}"
        try:
            return self._store.text(key)
        except KeyError:
            prompt = self._fitted(plain, told)
            self._store.keep(prompt, key)
            return prompt

    def _fitted(self, plain: Request, told: Told) -> str:
        """Whole sentences and cues alone: at most CARRY_TOKENS more than the question of what other chunks say, then at
        most DIALOGUE_TOKENS more of what is said in this one, and never at the answer's cost.

        Raises ModelError where nobody watches: only the captioner's tokenizer can say what fits.
        """
        others = self._shortened(plain, replace(told, said=()), plain, CARRY_TOKENS)
        asked = replace(plain, prompt=_prompt(plain, others))
        return _prompt(plain, self._shortened(plain, replace(others, said=told.said), asked, DIALOGUE_TOKENS))

    def _shortened(self, plain: Request, told: Told, before: Request, most: int) -> Told:
        """As much of `told` as makes the question `plain` at most `most` tokens longer than it is in `before`."""
        least = max(plain.max_tokens, self._engine.room(before) - most)
        while told and self._engine.room(replace(plain, prompt=_prompt(plain, told))) < least:
            told = told.shorter()
        return told


def _prompt(plain: Request, told: Told) -> str:
    return carried(plain.prompt, told.entities, told.before, told.cues)


def _seen(surveys: Sequence[Answer]) -> Parsed:
    """The events of those surveys that did not fail, in the order of the film."""
    return read_events([(index, survey.text) for index, survey in enumerate(surveys) if survey.ok])
