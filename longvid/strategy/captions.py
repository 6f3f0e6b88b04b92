"""Rows of evidence from a caption in prose, by code: one row a plain sentence, with the place that the caption names.

For captions that cannot be asked again and where no model rewrites them. A sentence whose subject and verb are not
found is counted as unread.
"""

from __future__ import annotations

import re

from longvid.strategy.clauses import split_sentence
from longvid.strategy.events import MOST_ROWS, PAST, Parsed, Row
from longvid.text import sentences

SETTING = re.compile(
    r"^(?:the\s+(?:place|setting|scene|location)\s+is(?:\s+set)?(?:\s+(?:in|at|on))?|we\s+(?:are|see)(?:\s+(?:in|at|on))?"
    r"|(?P<past>(?:a|the)\s+(?:flash-?back|memory)\s+shows))\s+(?:the\s+|an?\s+)?(?P<place>[^,.;]{2,60})[.,;]?\s*$",
    re.I,
)
"""A sentence that only says where it plays."""
LEADING = re.compile(r"^(?:in|at|on|inside|outside|near)\s+(?P<place>(?:the|an?|his|her|their)\s+[^,]{2,40}),\s+", re.I)


def read_caption(text: str, chunk: int) -> Parsed:
    """The rows of the caption `text` of the chunk with index `chunk`; they have no seconds."""
    rows: list[Row] = []
    unread, place, past = 0, "", False
    for sentence in sentences(text):
        setting = SETTING.match(sentence)
        if setting is not None:
            place = setting["place"].strip()
            past = setting["past"] is not None
            continue
        leading = LEADING.match(sentence)
        where = place
        if leading is not None:
            where = re.sub(r"^(?:the|an?)\s+", "", leading["place"], flags=re.I)
            sentence = sentence[leading.end() :]
            sentence = sentence[:1].upper() + sentence[1:]
        found = split_sentence(sentence)
        if found is None or len(rows) >= MOST_ROWS:
            unread += 1
            continue
        who, what = (part.strip(" ,;") for part in found)
        rows.append(Row(f"{chunk}.{len(rows)}", chunk, None, _lower(who), what, where, past or bool(PAST.search(what))))
    return Parsed(tuple(rows), unread)


def _lower(who: str) -> str:
    """Without the capital that only begins the sentence."""
    first, _, rest = who.partition(" ")
    small = first.lower() in ("the", "a", "an", "another", "some", "two", "three", "his", "her", "their", "one", "they")
    return f"{first.lower()} {rest}".strip() if small else who
