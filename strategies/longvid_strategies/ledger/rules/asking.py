"""Stages 2 to 4 where a model helps: who is who, looking again, and whether a link holds.

Code proposes and code decides; a model only answers small questions with the events before its eyes, each bounded in
number and in tokens. An answer that cannot be read counts as none, and is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from longvid.narrative import Cast, Entity
from longvid.strategy import Chunk, Context, Event, in_waves
from longvid_strategies.ledger.rules.prose import in_round
from longvid_strategies.ledger.rules.relations import Link

SAME = (
    "Two entries from the cast list of one film:\n"
    "A: {one}\n{one_rows}\nB: {other}\n{other_rows}\n"
    "Are A and B the same one? Answer yes, no or unclear."
)
LOOK = (
    "These may be seen in the video: {cast}.\n{questions}\n"
    'Answer with one line a question: number | who. Use the words of the list, or "somebody else".'
)
HOLDS = (
    "Lines from one film, with their times:\n{rows}\nStatement: {statement}\n"
    "Do the lines show that the statement is true? Answer yes or no."
)
ANSWER_TOKENS = 16
LOOK_TOKENS = 48
QUESTIONS = 2
"""In one ask: more, and a small model mixes them up."""
CAST_WORDS = 60
SHOWN_EVENTS = 2


Verdict = Literal["yes", "no", "unclear"]
VERDICTS: dict[str, Verdict] = {"yes": "yes", "no": "no", "unclear": "unclear"}


def verdict(text: str) -> Verdict | None:
    """What an answer begins with; None where that is none of the three."""
    first = re.search(r"\w+", text)
    return None if first is None else VERDICTS.get(first[0].lower())


async def settle(context: Context, cast: Cast, most: int) -> tuple[list[tuple[str, str]], int]:
    """Pairs of entities that the LLM says are one, and how many answers could not be read."""
    events = {sense.event.id: sense.event for sense in cast.senses}
    doubts = sorted(cast.doubts, key=lambda d: -len(cast.entity(d.one).events) - len(cast.entity(d.other).events))[
        :most
    ]

    def entry(entity: Entity) -> tuple[str, str]:
        descriptions = ", ".join(description for description, _ in entity.descriptions[:3])
        shown = [events[id] for id in (*entity.events[: SHOWN_EVENTS - 1], entity.events[-1])] if entity.events else []
        return f"{', '.join(entity.names) or 'no name'}; {descriptions or 'no look'}", said(
            context, list(dict.fromkeys(shown))
        )

    async def one(a: str, b: str) -> Verdict | None:
        first, second = entry(cast.entity(a)), entry(cast.entity(b))
        prompt = SAME.format(one=first[0], one_rows=first[1], other=second[0], other_rows=second[1])
        return await _verdict(context, prompt)

    answers = await in_waves(context, [partial(one, doubt.one, doubt.other) for doubt in doubts])
    joined = [(d.one, d.other) for d, answer in zip(doubts, answers, strict=True) if answer == "yes"]
    return joined, sum(answer is None for answer in answers)


async def look_again(context: Context, cast: Cast, most: int) -> tuple[dict[str, str], int]:
    """Event id -> who it is about, for events whose entity nobody could make out; and unreadable answers.

    At most `most` chunks are asked, those with the most open events first.
    """
    open_events, able = _open_events(cast)
    order = sorted(open_events, key=lambda chunk: (-len(open_events[chunk]), chunk))[:most]
    chunks = {chunk.index: chunk for chunk in context.chunks}

    async def one(index: int) -> tuple[dict[str, str], int]:
        return await _ask_who(context, cast, chunks[index], open_events[index][:QUESTIONS], able)

    answers = await in_waves(context, [partial(one, index) for index in sorted(order)])
    return {event: who for found, _ in answers for event, who in found.items()}, sum(unread for _, unread in answers)


def _open_events(cast: Cast) -> tuple[dict[int, list[Event]], dict[str, set[str]]]:
    """Chunk -> its events whose agent is nobody known: a pronoun without referent, or an entity that may be another;
    and event id -> who the agent of such an event can only be: that entity, or one that it may be.

    Of a pronoun it can be anybody. But an event that says how somebody looks has been seen once already: an answer that
    agrees with nothing in it is no better than the event.
    """
    others: dict[str, set[str]] = {}
    for doubt in cast.doubts:
        others.setdefault(doubt.one, {doubt.one}).add(doubt.other)
        others.setdefault(doubt.other, {doubt.other}).add(doubt.one)
    unbound = set(cast.unbound)
    found: dict[int, list[Event]] = {}
    able: dict[str, set[str]] = {}
    for sense in cast.senses:
        if len(sense.agents) != 1:
            continue
        agent = sense.agents[0]
        id = cast.of(sense.event.id, agent)
        vague = id is not None and id in others and not cast.entity(id).names
        if (sense.event.id, agent) in unbound or vague:
            found.setdefault(sense.event.chunk, []).append(sense.event)
        if id is not None and vague:
            able[sense.event.id] = others[id]
    return found, able


async def _ask_who(
    context: Context, cast: Cast, chunk: Chunk, events: Sequence[Event], able: Mapping[str, set[str]]
) -> tuple[dict[str, str], int]:
    present = dict.fromkeys(f.id for step in (0, -1, 1) for f in cast.in_chunk(chunk.index + step))
    near = {id: _as_seen(cast, cast.entity(id), chunk.index) for id in present}
    known = _known(list(near.values()))
    if len(known) < 2:
        return {}, 0
    questions = []
    for number, event in enumerate(events, 1):
        when = f" at second {event.second:g}" if event.second is not None else ""
        questions.append(f"Question {number}: who {event.what}{when}?")
    prompt = LOOK.format(cast="; ".join(known.values()), questions="\n".join(questions))
    room = min(LOOK_TOKENS, context.ask_room(chunk, prompt))
    if room < 1:
        return {}, 0
    answer = await context.ask(chunk, prompt, max_tokens=room)
    found: dict[str, str] = {}
    unread = 0
    for number, event in enumerate(events, 1):
        match = re.search(rf"(?m)^[^\w\n]*{number} ?[|.:)](.+)$", answer.text)
        who = None if match is None else _which(match[1], near, known)
        if match is None:
            unread += 1
        elif who is not None and who in able.get(event.id, near):
            found[event.id] = near[who].title
    return found, unread


def _as_seen(cast: Cast, entity: Entity, chunk: int) -> Entity:
    """`entity` with the description first that it has in `chunk`: its last one by then that is no disguise."""
    disguises = {phrase.description for _, phrase in cast.concealed}
    held = [
        description
        for description in entity.descriptions
        if description[1] <= chunk and description[0] not in disguises
    ]
    now = sorted(held, key=lambda description: description[1])[-1:]
    return replace(entity, descriptions=tuple(dict.fromkeys((*now, *entity.descriptions))))


def _known(entities: Sequence[Entity]) -> dict[str, str]:
    """Entity id -> how the list calls it, by its first description, as many as `CAST_WORDS` allow."""
    found: dict[str, str] = {}
    words = 0
    for entity in entities:
        description = entity.descriptions[0][0] if entity.descriptions else ""
        said = f"{entity.names[0]} ({description})" if entity.names and description else entity.title
        words += len(said.split())
        if words > CAST_WORDS:
            break
        found[entity.id] = said
    return found


def _which(answer: str, entities: Mapping[str, Entity], known: Mapping[str, str]) -> str | None:
    """The one entity of the list that `answer` names; None for none or several."""
    said = _bare(answer)
    exact = [id for id, words in known.items() if _bare(words) == said]
    hits = exact or [id for id in known if _is_named(entities[id], said)]
    return hits[0] if len(hits) == 1 else None


def _is_named(entity: Entity, said: str) -> bool:
    """Whether one of the names or descriptions of `entity` stands in the bare words `said`."""
    words = (*entity.names, *(description for description, _ in entity.descriptions))
    return any(f" {_bare(word)} " in f" {said} " for word in words)


def _bare(text: str) -> str:
    """The words of `text` alone, without the articles that a description is kept without and said with."""
    return " ".join(word for word in re.findall(r"\w+", text.lower()) if word not in ("the", "a", "an"))


def answered(events: Sequence[Event], who: Mapping[str, str]) -> list[Event]:
    """`events` with the entities that looking again has made out."""
    return [replace(event, who=who[event.id]) if event.id in who else event for event in events]


async def check_links(
    context: Context, statements: Sequence[tuple[Link, str]], events: Mapping[str, Event], most: int
) -> tuple[set[int], int]:
    """Positions in `statements` of those that the LLM does not find in their events, and unreadable answers.

    Only the first `most` are asked; that the others were not is noted.
    """

    async def one(link: Link, statement: str) -> Verdict | None:
        prompt = HOLDS.format(rows=said(context, [events[id] for id in link.events]), statement=in_round(statement))
        return await _verdict(context, prompt)

    asked = statements[:most]
    if left := len(statements) - len(asked):
        were = "was" if left == 1 else "were"
        context.note(
            f"{left} of {len(statements)} links in doubt {were} not checked, since the number of questions is bounded"
        )
    answers = await in_waves(context, [partial(one, link, text) for link, text in asked])
    dropped = {position for position, answer in enumerate(answers) if answer == "no"}
    return dropped, sum(answer is None for answer in answers)


async def _verdict(context: Context, prompt: str) -> Verdict | None:
    room = min(ANSWER_TOKENS, context.limits.context - context.count(prompt))
    if room < 1:
        return None
    answer = await context.write(prompt, max_tokens=room)
    return verdict(answer.text)


def said(context: Context, events: Sequence[Event]) -> str:
    """Events as lines with the time of the film before each; an event's own brackets become round, so that no event
    says a time for itself."""
    chunks = {chunk.index: chunk for chunk in context.chunks}
    lines = []
    for event in events:
        chunk = chunks[event.chunk]
        seconds = int(min(chunk.start + (event.second or 0), chunk.end))
        where = f" ({event.place})" if event.place else ""
        text = in_round(f"{event.who} {event.what}{where}.")
        lines.append(f"[{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}] {text}")
    return "\n".join(lines)
