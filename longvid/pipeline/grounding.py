"""The last look at what any strategy tells: no name and no number that nothing in the film has.

A strategy looks at each text of the LLM beside what that was written from, which may be texts of the LLM again: what
passed once, as a capital at the head of a sentence does, would be a source of the next. Here all is held against what
was seen and said. Knows no strategy.
"""

from __future__ import annotations

import json

from longvid.engine.answers import answer_of
from longvid.pipeline.context import FilmContext
from longvid.run import Store
from longvid.run.journal import answers
from longvid.strategy.merging import UNFOUNDED
from longvid.text.grounds import Grounds, founded
from longvid.text.sentences import sentences


def grounded(
    context: FilmContext, store: Store, thread: str, result: str, evidence: str | None
) -> tuple[str, str | None]:
    """The keys of a text and its evidence (`longvid.strategy.keep_evidence`) without the sentences with a name or a
    number that the runs called `thread` were not told of the film, which is noted; the same keys where none has."""
    text = context.text(result)
    seen = [
        answer_of(record, cached=True).text for _, _, record in answers(store, thread, ("caption", "events", "ask"))
    ]
    said = [cue.text for chunk in context.chunks for cue in chunk.dialogue]
    told = founded(text, Grounds([*seen, *said]))
    if told == text:
        return result, evidence
    context.note(UNFOUNDED)
    return context.keep(told), None if evidence is None else context.keep(_left(context.text(evidence), told))


def _left(evidence: str, told: str) -> str:
    """`evidence` of the sentences that are still `told`; what is no evidence as it is, which is said later."""
    left = set(sentences(told))
    try:
        items = json.loads(evidence)
        return json.dumps([item for item in items if item["sentence"] in told or {*sentences(item["sentence"])} & left])
    except (ValueError, TypeError, KeyError):
        return evidence
