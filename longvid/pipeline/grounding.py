"""The last look at what any strategy tells: no name and no number that nothing in the film has.

A strategy looks at each text of the LLM beside what that was written from, which may be texts of the LLM again: what
passed once, as a capital at the head of a sentence does, would be a source of the next. Here all is held against what
was seen and said. Numbers that belong to the layout of a text, and times within the film, are its own. Knows no
strategy.
"""

from __future__ import annotations

import json
import re

from longvid.captions.spoken import quoted
from longvid.engine.answers import answer_of
from longvid.pipeline.context import FilmContext
from longvid.run import Store
from longvid.run.journal import answers
from longvid.text.grounds import Grounds, founded
from longvid.text.sentences import sentences

STRANGE = "sentences with names or numbers that nothing in the film has were left out"
MARKS = re.compile(r"^\s*(?:[-*]\s*)?(\d{1,3})[.)]\s", re.MULTILINE)
HEADINGS = re.compile(r"^\s*#+\s.*$", re.MULTILINE)
CLOCKS = re.compile(r"(?<!\d)(?:(\d{1,2}):)?(\d{1,2}):(\d{2})(?!\d)")


def grounded(
    context: FilmContext, store: Store, thread: str, result: str, evidence: str | None
) -> tuple[str, str | None]:
    """The keys of a text and its evidence (`longvid.strategy.keep_evidence`) without the sentences with a name or a
    number that the runs called `thread` were not told of the film, which is noted; the same keys where none has."""
    text = context.text(result)
    asked = answers(store, thread, ("caption", "events", "ask"))
    seen = [answer_of(record, cached=True).text for _, _, record in asked]
    said = [quoted(cue) for chunk in context.chunks for cue in chunk.dialogue]
    told = founded(text, Grounds([*seen, *said, _layout(text, max((c.end for c in context.chunks), default=0.0))]))
    if told == text.strip():
        return result, evidence
    context.note(STRANGE)
    return context.keep(told), None if evidence is None else context.keep(_left(context.text(evidence), told))


def _layout(text: str, end: float) -> str:
    """The numbers of `text` that count its own parts, and its times up to `end` seconds."""
    counted = [*MARKS.findall(text), *(n for line in HEADINGS.findall(text) for n in re.findall(r"\d+", line))]
    for clock in CLOCKS.finditer(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        if 3600 * hours + 60 * minutes + seconds <= end:
            counted.append(clock[0])
    return " ".join(counted)


def _left(evidence: str, told: str) -> str:
    """`evidence` of the sentences that are still `told`; what is no evidence as it is, which is said later."""
    left = set(sentences(told))
    try:
        kept = []
        for item in json.loads(evidence):
            parts = sentences(item["sentence"])
            if still := [part for part in parts if part in left]:
                kept.append(item | {"sentence": item["sentence"] if still == parts else " ".join(still)})
        return json.dumps(kept)
    except (ValueError, TypeError, KeyError):
        return evidence
