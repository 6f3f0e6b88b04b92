"""Stage 1, extract: rows of evidence from every chunk, all at once and blind to one another, so that no mistake of one
chunk is handed to the next.

Event lines where the context has them; else captions, taken apart by the writer or, without one, by code.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from longvid.strategy import Chunk, Context, Parsed, Row, in_waves, parse_events, read_caption

LINES = (
    "Turn this description of a part of a film into event lines, one event a line, in order. Each line has three "
    "parts: who | does what | place. Call everyone as the description does. Add nothing.\n{text}"
)
LEAST_ROOM = 48
"""Tokens; fewer hold no list of lines."""


async def extract(context: Context, *, captions: bool) -> list[Row]:
    """All rows of the film in order; what could not be read is noted, never guessed at."""
    one = partial(_of_caption if captions else _of_events, context)
    found = await in_waves(context, [partial(one, chunk) for chunk in context.chunks])
    unread = sum(parsed.unread for parsed in found)
    # Where nothing was said, or that nothing happens, there was nothing to read.
    silent = sum(not parsed.rows and parsed.unread > 0 for parsed in found)
    if unread:
        lines = f"{unread} line{'s' * (unread != 1)}"
        context.note(f"{lines} of the answers about chunks could not be read as events", degraded=True)
    if silent:
        context.note(f"{silent} of {len(context.chunks)} chunks have an answer without any event", degraded=True)
    return [row for parsed in found for row in parsed.rows]


async def _of_events(context: Context, chunk: Chunk) -> Parsed:
    answer = await context.events(chunk)
    parsed = parse_events(answer.text, chunk.index)
    # A model that was asked for lines and wrote prose has still said something.
    return parsed if parsed.rows or not parsed.unread else read_caption(answer.text, chunk.index)


async def _of_caption(context: Context, chunk: Chunk) -> Parsed:
    caption = await context.caption(chunk)
    if not caption.text:
        return Parsed((), 0)
    if "write" in context.can:
        prompt = LINES.format(text=" ".join(caption.text.split()))
        room = min(context.limits.events, context.limits.context - context.count(prompt))
        if room >= LEAST_ROOM:
            answer = await context.write(prompt, max_tokens=room)
            parsed = parse_events(answer.text, chunk.index)
            # Lines that were cut off or went round in circles would stand for less than the caption says.
            if answer.ok and parsed.rows:
                return parsed
    return read_caption(caption.text, chunk.index)


def keep_rows(context: Context, rows: Sequence[Row]) -> str:
    """The key of `rows` in the store."""
    return context.keep(json.dumps([asdict(row) for row in rows]))


def kept_rows(context: Context, key: str) -> list[Row]:
    """The rows behind a key of `keep_rows`."""
    return [Row(**row) for row in json.loads(context.text(key))]
