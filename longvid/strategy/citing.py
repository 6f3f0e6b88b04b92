"""What each sentence of a text rests on: the `evidence` of a strategy's final state (`longvid.strategy.contract`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from longvid.captions.events import Row
from longvid.strategy.contract import Context


def keep_evidence(context: Context, told: Iterable[tuple[str, Sequence[Row]]]) -> str:
    """The key of the evidence of a text: its sentences in order, each with its rows.

    Kept as a JSON list of `sentence`, `chunks` (indices, ascending), `times` (seconds from the film's first frame,
    within the row's chunk) and `rows` (event lines).
    """
    return context.keep(json.dumps([_cited(context, sentence, rows) for sentence, rows in told]))


def _cited(context: Context, sentence: str, rows: Sequence[Row]) -> dict[str, object]:
    chunks = {chunk.index: chunk for chunk in context.chunks}
    return {
        "sentence": sentence,
        "chunks": sorted({row.chunk for row in rows}),
        # A model may name a second that the chunk does not have.
        "times": [round(min(chunks[row.chunk].start + (row.second or 0.0), chunks[row.chunk].end), 3) for row in rows],
        "rows": [row.line() for row in rows],
    }
