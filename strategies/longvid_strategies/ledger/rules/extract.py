"""Stage 1, extract: events from every chunk, all at once and blind to one another, so that no mistake of one
chunk is handed to the next.

Event lines where the context has them; else captions, taken apart by the LLM or, without one, by code.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial

from longvid.narrative import hear, read_caption
from longvid.strategy import (
    Chunk,
    ChunkTexts,
    Context,
    Event,
    Parsed,
    fit,
    in_waves,
    merge,
    parse_events,
    says_no_change,
    words_in,
)

LINES = (
    "Turn this description of a part of a film into event lines, one event a line, in order. Each line has three "
    "parts: who | does what | place. Call everyone as the description does. Add nothing.\n{text}"
)
TOLD = (
    "These are descriptions of consecutive parts of a film, in order. Write the summary of the film in about {words} "
    "words, in their language and in the order of events. Do not add anything."
)
LEAST_ROOM = 48
"""Tokens; fewer hold no list of lines."""


async def extract(context: Context, *, captions: bool) -> list[Event]:
    """All events of the film in order; what could not be read is noted, never guessed at.

    Of lines that were asked for every one should be an event. Prose has sentences that tell none, so what is not read
    of captions is a fault only where most of the film is lost by it.
    """
    one = partial(_of_caption if captions else _of_events, context)
    found = await in_waves(context, [partial(one, chunk) for chunk in context.chunks])
    if "dialogue" in context.capabilities:
        pairs = zip(found, context.chunks, strict=True)
        found = [replace(read, events=tuple(hear(read.events, chunk.dialogue, chunk))) for read, chunk in pairs]
    unread = sum(parsed.unread for parsed in found)
    # Where nothing was said, or that nothing happens, there was nothing to read.
    silent = sum(not parsed.events and parsed.unread > 0 for parsed in found)
    what = "sentences of the captions" if captions else "lines of the answers about chunks"
    if unread:
        what = what.replace("s of", " of", 1) if unread == 1 else what
        context.note(f"{unread} {what} could not be read as events", degraded=not captions)
    if silent:
        have = "has" if silent == 1 else "have"
        told = "a caption" if captions else "an answer"
        lost = not captions or 2 * silent > len(found)
        context.note(f"{silent} of {len(found)} chunks {have} {told} without any event", degraded=lost)
    return [event for parsed in found for event in parsed.events]


async def _of_events(context: Context, chunk: Chunk) -> Parsed:
    answer = await context.events(chunk)
    parsed = parse_events(answer.text, chunk.index)
    # A model that was asked for lines and wrote prose has still said something.
    return parsed if parsed.events or not parsed.unread else read_caption(answer.text, chunk.index)


async def _of_caption(context: Context, chunk: Chunk) -> Parsed:
    if "caption" not in context.capabilities:
        return Parsed((), 0)
    caption = await context.caption(chunk)
    if not caption.text:
        return Parsed((), 0)
    if "write" in context.capabilities:
        prompt = LINES.format(text=" ".join(caption.text.split()))
        room = min(context.limits.events, context.limits.context - context.count(prompt))
        if room >= LEAST_ROOM:
            answer = await context.write(prompt, max_tokens=room)
            parsed = parse_events(answer.text, chunk.index)
            # Lines that were cut off or went round in circles would stand for less than the caption says.
            if answer.ok and parsed.events:
                return parsed
    return read_caption(caption.text, chunk.index)


async def as_they_stand(context: Context) -> str:
    """A text of the captions and the dialogue themselves, for films of which nothing could be read as events, such as
    those in a language that neither the LLM nor the code takes apart; empty where they say nothing."""
    of = ChunkTexts(context)
    keys = await in_waves(context, [partial(of.key, chunk) for chunk in context.chunks])
    texts = [text for key in keys if (text := context.text(key)) and not says_no_change(text)]
    if not texts:
        return ""
    context.note("nothing of the captions could be read as events; they are merged as they stand", degraded=True)
    words = context.limits.words
    if "write" not in context.capabilities:
        return "\n\n".join(text for text in fit(texts, words, words_in) if text)
    return context.text((await merge(context, TOLD.format(words=words), texts, words=words)).key)


def keep_events(context: Context, events: Sequence[Event]) -> str:
    """The key of `events` in the store."""
    return context.keep(json.dumps([asdict(event) for event in events]))


def kept_events(context: Context, key: str) -> list[Event]:
    """The events behind a key of `keep_rows`."""
    return [Event(**event) for event in json.loads(context.text(key))]
