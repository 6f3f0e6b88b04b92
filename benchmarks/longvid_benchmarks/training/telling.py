"""What the prompt of a clip is told of the rest of the film, as the tool words it, and how that changes the answer.

A carry tells the end of the answer before (`gist`) or who is likely there (`cast`); an outline tells sentences of the
film around. Whoever is told by name and look, and is seen with that look, is called by the name. Nothing else that is
told may enter an answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from longvid.carry.telling import Told, entities, previous
from longvid.engine.prompts import CARRY_TOKENS, carried
from longvid.narrative import resolve
from longvid.narrative.entities import Cast
from longvid.strategy import parse_events
from longvid.strategy.contract import Answer
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.story import Chunk, Event, Level, Story

MOST_TOLD = 3
"""Sentences of an outline that a question tells, at most."""


def carried_prompt(story: Story, index: int, prompt: str, way: str, count: Callable[[str], int], *, lines: bool) -> str:
    """`prompt` about the chunk `index` as a run with the carry `way` asks it, where every chunk before was answered by
    gold; `lines`: in event lines. `count` gives the tokens of a text."""
    told = Told(before=_before(story, index, lines)) if way == "previous" else Told(entities(_cast(story), index))
    while told:
        made = carried(prompt, told.entities, told.before)
        if count(made) - count(prompt) <= CARRY_TOKENS:
            return made
        told = told.shorter()
    return prompt


def outlined(story: Story, index: int, rng: random.Random) -> str:
    """The question of a second look at the chunk `index`, told sentences of the film around it."""
    near = [(where, at) for where, at in (("Before it:", index - 1), ("Around it:", index), ("After it:", index + 1))]
    told: list[str] = []
    for where, at in near:
        events = story.chunks[at].events if 0 <= at < len(story.chunks) else ()
        if events and len(told) < MOST_TOLD:
            chosen = story.chunks[at], rng.choice(events)
            told.append(f"{where} {_sentence(story, *chosen)}")
    return prompts.WATCHING["reread"].format(told=" ".join(told))


def named(story: Story, chunk: Chunk, told: str) -> Chunk:
    """`chunk` with the names of those whom `told` names together with the look that they have in it."""
    events = []
    for event in chunk.events:
        known = [id for id in event.looks if id not in event.tags and _is_told(story, event, id, told)]
        events.append(replace(event, tags=(*event.tags, *known)))
    return replace(chunk, events=tuple(events))


def _is_told(story: Story, event: Event, id: str, told: str) -> bool:
    look, name = event.looks[id], story.figure(id).name
    if look.masked:
        return False
    bare = look.phrase().removeprefix("the ")
    return f"{name}, the {bare}," in told or f"{name} ({bare})" in told or f"{name} ({bare}," in told


def _before(story: Story, index: int, lines: bool) -> tuple[str, ...]:
    if index == 0:
        return ()
    chunk = story.chunks[index - 1]
    text = "\n".join(gold.event_lines(story, chunk)) if lines else gold.caption(story, chunk)
    return previous(Answer(text, "ok", None, 0, 0, True, ""), None)


def _cast(story: Story) -> Cast:
    return _cast_of(story.seed, len(story.chunks), story.level)


@lru_cache(maxsize=64)
def _cast_of(seed: int, chunks: int, level: Level) -> Cast:
    story = invent(seed, chunks, level)
    rows = [
        row
        for chunk in story.chunks
        for row in parse_events("\n".join(gold.event_lines(story, chunk)), chunk.index).events
    ]
    return resolve(rows)


def _sentence(story: Story, chunk: Chunk, event: Event) -> str:
    alone = gold.caption(story, replace(chunk, events=(event,)))
    return alone.partition(". ")[2]


def list_of(story: Story, chunk: Chunk, rng: random.Random, more: int) -> dict[str, str]:
    """Look -> how a list of figures calls who has it: everyone of `chunk`, and `more` of the others, in some order."""
    here = {look.phrase(): story.figure(id).name for event in chunk.events for id, look in event.looks.items()}
    here.pop("the masked figure", None)
    others = [figure for figure in story.figures if figure.look.phrase() not in here]
    there = {figure.look.phrase(): figure.name for figure in rng.sample(others, min(more, len(others)))}
    called = [(look, f"{name} ({look.removeprefix('the ')})") for look, name in {**here, **there}.items()]
    # Nobody whose name was never shown has one in a list.
    called = [(look, said if rng.random() < 0.6 else look) for look, said in called]
    rng.shuffle(called)
    return dict(called)


def numbered(questions: Sequence[str]) -> str:
    return "\n".join(f"Question {number}: {text}?" for number, text in enumerate(questions, 1))
