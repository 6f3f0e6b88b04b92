"""Stages 2 to 4 where a model helps: who is who, looking again, and whether a link holds.

Code proposes and code decides; a model only answers small questions with the rows before its eyes, each bounded in
number and in tokens. An answer that cannot be read counts as none, and is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from longvid.narrative import Cast, Figure
from longvid.strategy import Chunk, Context, Row, in_waves
from longvid_strategies.ledger.joins import Link
from longvid_strategies.ledger.prose import in_round

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
SHOWN_ROWS = 2


Verdict = Literal["yes", "no", "unclear"]
VERDICTS: dict[str, Verdict] = {"yes": "yes", "no": "no", "unclear": "unclear"}


def verdict(text: str) -> Verdict | None:
    """What an answer begins with; None where that is none of the three."""
    first = re.search(r"\w+", text)
    return None if first is None else VERDICTS.get(first[0].lower())


async def settle(context: Context, cast: Cast, most: int) -> tuple[list[tuple[str, str]], int]:
    """Pairs of figures that the LLM says are one, and how many answers could not be read."""
    rows = {sense.row.id: sense.row for sense in cast.senses}
    doubts = sorted(cast.doubts, key=lambda d: -len(cast.figure(d.one).rows) - len(cast.figure(d.other).rows))[:most]

    def entry(figure: Figure) -> tuple[str, str]:
        looks = ", ".join(look for look, _ in figure.looks[:3])
        shown = [rows[id] for id in (*figure.rows[: SHOWN_ROWS - 1], figure.rows[-1])] if figure.rows else []
        return f"{', '.join(figure.names) or 'no name'}; {looks or 'no look'}", said(
            context, list(dict.fromkeys(shown))
        )

    async def one(a: str, b: str) -> Verdict | None:
        first, second = entry(cast.figure(a)), entry(cast.figure(b))
        prompt = SAME.format(one=first[0], one_rows=first[1], other=second[0], other_rows=second[1])
        return await _verdict(context, prompt)

    answers = await in_waves(context, [partial(one, doubt.one, doubt.other) for doubt in doubts])
    joined = [(d.one, d.other) for d, answer in zip(doubts, answers, strict=True) if answer == "yes"]
    return joined, sum(answer is None for answer in answers)


async def look_again(context: Context, cast: Cast, most: int) -> tuple[dict[str, str], int]:
    """Row id -> who it is about, for rows whose figure nobody could make out; and unreadable answers.

    At most `most` chunks are asked, those with the most open rows first.
    """
    open_rows, able = _open_rows(cast)
    order = sorted(open_rows, key=lambda chunk: (-len(open_rows[chunk]), chunk))[:most]
    chunks = {chunk.index: chunk for chunk in context.chunks}

    async def one(index: int) -> tuple[dict[str, str], int]:
        return await _ask_who(context, cast, chunks[index], open_rows[index][:QUESTIONS], able)

    answers = await in_waves(context, [partial(one, index) for index in sorted(order)])
    return {row: who for found, _ in answers for row, who in found.items()}, sum(unread for _, unread in answers)


def _open_rows(cast: Cast) -> tuple[dict[int, list[Row]], dict[str, set[str]]]:
    """Chunk -> its rows whose agent is nobody known: a pronoun without referent, or a figure that may be another; and
    row id -> who the agent of such a row can only be: that figure, or one that it may be.

    Of a pronoun it can be anybody. But a row that says how somebody looks has been seen once already: an answer that
    agrees with nothing in it is no better than the row.
    """
    others: dict[str, set[str]] = {}
    for doubt in cast.doubts:
        others.setdefault(doubt.one, {doubt.one}).add(doubt.other)
        others.setdefault(doubt.other, {doubt.other}).add(doubt.one)
    unbound = set(cast.unbound)
    found: dict[int, list[Row]] = {}
    able: dict[str, set[str]] = {}
    for sense in cast.senses:
        if len(sense.agents) != 1:
            continue
        agent = sense.agents[0]
        id = cast.of(sense.row.id, agent)
        vague = id is not None and id in others and not cast.figure(id).names
        if (sense.row.id, agent) in unbound or vague:
            found.setdefault(sense.row.chunk, []).append(sense.row)
        if id is not None and vague:
            able[sense.row.id] = others[id]
    return found, able


async def _ask_who(
    context: Context, cast: Cast, chunk: Chunk, rows: Sequence[Row], able: Mapping[str, set[str]]
) -> tuple[dict[str, str], int]:
    present = dict.fromkeys(f.id for step in (0, -1, 1) for f in cast.in_chunk(chunk.index + step))
    near = {id: _as_seen(cast, cast.figure(id), chunk.index) for id in present}
    known = _known(list(near.values()))
    if len(known) < 2:
        return {}, 0
    questions = []
    for number, row in enumerate(rows, 1):
        when = f" at second {row.second:g}" if row.second is not None else ""
        questions.append(f"Question {number}: who {row.what}{when}?")
    prompt = LOOK.format(cast="; ".join(known.values()), questions="\n".join(questions))
    room = min(LOOK_TOKENS, context.ask_room(chunk, prompt))
    if room < 1:
        return {}, 0
    answer = await context.ask(chunk, prompt, max_tokens=room)
    found: dict[str, str] = {}
    unread = 0
    for number, row in enumerate(rows, 1):
        match = re.search(rf"(?m)^[^\w\n]*{number} ?[|.:)](.+)$", answer.text)
        who = None if match is None else _which(match[1], near, known)
        if match is None:
            unread += 1
        elif who is not None and who in able.get(row.id, near):
            found[row.id] = near[who].title
    return found, unread


def _as_seen(cast: Cast, figure: Figure, chunk: int) -> Figure:
    """`figure` with the look first that it has in `chunk`: its last one by then that is no disguise."""
    disguises = {phrase.look for _, phrase in cast.concealed}
    held = [look for look in figure.looks if look[1] <= chunk and look[0] not in disguises]
    now = sorted(held, key=lambda look: look[1])[-1:]
    return replace(figure, looks=tuple(dict.fromkeys((*now, *figure.looks))))


def _known(figures: Sequence[Figure]) -> dict[str, str]:
    """Figure id -> how the list calls it, by its first look, as many as `CAST_WORDS` allow."""
    found: dict[str, str] = {}
    words = 0
    for figure in figures:
        look = figure.looks[0][0] if figure.looks else ""
        said = f"{figure.names[0]} ({look})" if figure.names and look else figure.title
        words += len(said.split())
        if words > CAST_WORDS:
            break
        found[figure.id] = said
    return found


def _which(answer: str, figures: Mapping[str, Figure], known: Mapping[str, str]) -> str | None:
    """The one figure of the list that `answer` names; None for none or several."""
    said = _bare(answer)
    exact = [id for id, words in known.items() if _bare(words) == said]
    hits = exact or [id for id in known if _is_named(figures[id], said)]
    return hits[0] if len(hits) == 1 else None


def _is_named(figure: Figure, said: str) -> bool:
    """Whether one of the names or looks of `figure` stands in the bare words `said`."""
    words = (*figure.names, *(look for look, _ in figure.looks))
    return any(f" {_bare(word)} " in f" {said} " for word in words)


def _bare(text: str) -> str:
    """The words of `text` alone, without the articles that a look is kept without and said with."""
    return " ".join(word for word in re.findall(r"\w+", text.lower()) if word not in ("the", "a", "an"))


def answered(rows: Sequence[Row], who: Mapping[str, str]) -> list[Row]:
    """`rows` with the figures that looking again has made out."""
    return [replace(row, who=who[row.id]) if row.id in who else row for row in rows]


async def check_links(
    context: Context, statements: Sequence[tuple[Link, str]], rows: Mapping[str, Row], most: int
) -> tuple[set[int], int]:
    """Positions in `statements` of those that the LLM does not find in their rows, and unreadable answers.

    Only the first `most` are asked; that the others were not is noted.
    """

    async def one(link: Link, statement: str) -> Verdict | None:
        prompt = HOLDS.format(rows=said(context, [rows[id] for id in link.rows]), statement=in_round(statement))
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


def said(context: Context, rows: Sequence[Row]) -> str:
    """Rows as lines with the time of the film before each; a row's own brackets become round, so that no row says a
    time for itself."""
    chunks = {chunk.index: chunk for chunk in context.chunks}
    lines = []
    for row in rows:
        chunk = chunks[row.chunk]
        seconds = int(min(chunk.start + (row.second or 0), chunk.end))
        where = f" ({row.place})" if row.place else ""
        event = in_round(f"{row.who} {row.what}{where}.")
        lines.append(f"[{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}] {event}")
    return "\n".join(lines)
