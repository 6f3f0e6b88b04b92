"""The ledger as prose: written part by part, and for every sentence the rows it rests on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from longvid.strategy import (
    REPLACED,
    Context,
    answer_room,
    in_waves,
    longest_answer,
    parts_for,
    salient,
    sentences,
    source_room,
    split,
    tokens_for,
    written,
)
from longvid_strategies.in_turn import before_room, part_lead
from longvid_strategies.instructions import ROWS, is_told, part, whole
from longvid_strategies.patch.rows import LedgerRow, rests_on

WRITE = (
    "The parts are rows of a ledger of what happens in a film, in order. Write them as a summary in about {words} "
    "words, in the order of events, saying how later events follow from earlier ones and calling everyone the same "
    "throughout. Do not add anything."
)
LEAST_WORDS = 20
"""Words of a part of the summary."""


async def write_rows(context: Context, rows: Sequence[LedgerRow]) -> tuple[str, str]:
    """Keys of the text that tells `rows`, which are in order, in about as many words as are asked for, and of its
    evidence."""
    texts, words = [row.text for row in rows], context.limits.words
    instructed, lead = is_told(context), part(context, ROWS) if is_told(context) else WRITE
    before = before_room(context) if instructed else 0
    room = (source_room(context, lead, answer_room(context)) - before) * 9 // 10
    needed = max(parts_for(context, words, texts), -(-sum(map(context.count, texts)) // max(1, room)))
    parts = min(needed, max(1, words // LEAST_WORDS))
    if instructed and _fits_at_once(context, texts):
        lead, parts = whole(context, ROWS), 1
        room = source_room(context, lead, 0)
    chosen = _fitting(context, rows, parts * room)
    groups = [[chosen[i] for i in group] for group in split(len(chosen), parts)]
    share = max(LEAST_WORDS, words // max(1, len(groups)))
    written: list[str] = []
    if instructed:
        for number, group in enumerate(groups, 1):
            asked = part_lead(context, lead, number, len(groups), share, written)
            written.append(await _prose(context, asked, group, share))
    else:
        asked = lead.format(words=share)
        written = await in_waves(context, [partial(_prose, context, asked, group, share) for group in groups])
    told = [
        _cited(context, sentence, rests_on(sentence, group))
        for text, group in zip(written, groups, strict=True)
        for sentence in sentences(text)
    ]
    return context.keep("\n\n".join(text for text in written if text)), context.keep(json.dumps(told))


def _fits_at_once(context: Context, texts: Sequence[str]) -> bool:
    """Whether one call can write the whole from `texts`."""
    lead, words = whole(context, ROWS), context.limits.words
    longest = longest_answer(context, lead)
    room = source_room(context, lead, tokens_for(context, words, texts, most=longest))
    return parts_for(context, words, texts, room=longest) == 1 and sum(map(context.count, texts)) <= room * 9 // 10


async def _prose(context: Context, lead: str, rows: Sequence[LedgerRow], words: int) -> str:
    """`rows` as prose; in their own words, as far as the room goes, where the LLM has none."""
    texts = [row.text for row in rows]
    made = await written(context, lead, texts, words=words)
    if made.enough:
        return made.text
    context.note(REPLACED, degraded=True)
    return " ".join(row.text for row in _fitting(context, rows, tokens_for(context, words, texts)))


def _fitting(context: Context, rows: Sequence[LedgerRow], room: int) -> list[LedgerRow]:
    """Those of `rows` that take at most `room` tokens: some of every tenth of the film before more of any."""
    if sum(context.count(row.text) for row in rows) <= room:
        return list(rows)
    tenths = [[rows[i] for i in tenth] for tenth in split(len(rows), 10)]
    chosen = salient([[row.text for row in tenth] for tenth in tenths], room, context.count)
    return [next(row for row in tenths[tenth] if row.text == text) for tenth, text in chosen]


def _cited(context: Context, sentence: str, rows: Sequence[LedgerRow]) -> dict[str, object]:
    chunks = sorted({chunk for row in rows for chunk in row.chunks})
    times = [round(context.chunks[row.chunks[0]].start, 3) for row in rows]
    return {"sentence": sentence, "chunks": chunks, "times": times, "events": [row.text for row in rows]}
