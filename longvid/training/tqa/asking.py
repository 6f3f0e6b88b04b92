"""The language model's two answers about each clip: whether its scene changes, and a question about the change.

What cannot be read, or was refused, is counted as such and never taken for an answer. Knows no film.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from longvid.engine.request import Request
from longvid.engine.scheduler import Engine
from longvid.strategy.contract import Answer
from longvid.text import sentences
from longvid.training.tqa.clip import Clip
from longvid.training.tqa.parsing import Unreadable, parse_pair, parse_verdict
from longvid.training.tqa.prompts import FILTER, FILTER_TOKENS, WRITE, WRITE_TOKENS, filled
from longvid.training.tqa.validating import validated

MOST_SENTENCES = 12
"""Of a caption that a prompt holds."""


async def filtered(clips: Sequence[Clip], engine: Engine) -> list[Clip]:
    """`clips`, of which those whose scene does not change end here. Raises ModelError, LLMError."""

    def judged(clip: Clip, answer: Answer) -> Clip:
        try:
            changes = parse_verdict(answer.text if answer.ok else "")
        except Unreadable:
            return replace(clip, outcome="filter unreadable")
        return clip if changes else replace(clip, outcome="no change")

    return await _each(clips, engine, FILTER, FILTER_TOKENS, judged)


async def written(clips: Sequence[Clip], engine: Engine) -> list[Clip]:
    """`clips`, of which those that are left have a pair that no rule speaks against. Raises ModelError, LLMError."""

    def read(clip: Clip, answer: Answer) -> Clip:
        try:
            pair = parse_pair(answer.text if answer.ok else "")
        except Unreadable:
            return replace(clip, outcome="writer unreadable")
        return replace(clip, outcome="no pair") if pair is None else validated(replace(clip, pair=pair))

    return await _each(clips, engine, WRITE, WRITE_TOKENS, read)


async def _each(
    clips: Sequence[Clip], engine: Engine, template: str, tokens: int, made: Callable[[Clip, Answer], Clip]
) -> list[Clip]:
    """`clips`, of which those that are left are what is `made` of them and of what the model says to `template`."""

    async def one(clip: Clip) -> Clip:
        if clip.outcome != "kept":
            return clip
        return made(clip, await engine.submit(await _request(clip, engine, template, tokens)))

    return list(await asyncio.gather(*map(one, clips)))


async def _request(clip: Clip, engine: Engine, template: str, tokens: int) -> Request:
    """`template` with the captions of `clip`, each cut to so many sentences that the prompt fits; of one sentence each
    where it does not fit at all."""
    whole = {second: sentences(text) for second, text in clip.captions.items()}

    def fitted() -> Request:
        request = Request("write", "", tokens)
        for most in range(min(MOST_SENTENCES, max(map(len, whole.values()))), 0, -1):
            told = {second: " ".join(said[:most]) for second, said in whole.items()}
            request = Request("write", filled(template, told), tokens)
            if engine.room(request) >= tokens:
                break
        return request

    return await engine.reckoned(fitted)
