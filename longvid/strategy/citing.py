"""What each sentence of a text rests on: the `evidence` of a strategy's final state (`longvid.strategy.contract`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from longvid.captions.events import Event
from longvid.strategy.contract import Context


def keep_evidence(context: Context, told: Iterable[tuple[str, Sequence[Event]]]) -> str:
    """The key of the evidence of a text: its sentences in order, each with its events.

    Kept as a JSON list of `sentence`, `chunks` (indices, ascending), `times` (seconds from the film's first frame,
    within the event's chunk) and `events` (event lines).
    """
    return context.keep(json.dumps([_cited(context, sentence, events) for sentence, events in told]))


def _cited(context: Context, sentence: str, events: Sequence[Event]) -> dict[str, object]:
    chunks = {chunk.index: chunk for chunk in context.chunks}
    return {
        "sentence": sentence,
        "chunks": sorted({event.chunk for event in events}),
        # A model may name a second that the chunk does not have.
        "times": [round(min(chunks[e.chunk].start + (e.second or 0.0), chunks[e.chunk].end), 3) for e in events],
        "events": [event.line() for event in events],
    }
