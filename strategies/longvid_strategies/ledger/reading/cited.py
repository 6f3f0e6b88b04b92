"""Sentences that name the lines they are written from: how they are read, and what of them may be told."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from longvid.strategy import terms, without_openings
from longvid_strategies.ledger.reading.acts import Act, Line, Told
from longvid_strategies.ledger.reading.cast import BRACKETS, rounded, unbracketed
from longvid_strategies.ledger.reading.lines import numbers

SUPPORTED = 1 / 3
"""Share of the words of a sentence that its lines must say too; whatever says less was made up."""
CITED = re.compile(r"\s*\[([\d,\s\u2013-]+)\]")


def read(text: str, act: Act, allowed: Callable[[str], bool]) -> list[Told]:
    """What of an answer may be told: sentences that name their lines, without a name or a number of their own."""
    told = _cited(_named(without_openings(text.replace("++ ", ""))), act.lines) if text else []
    return [one for one in told if allowed(one.text) and _rests(one)]


def plain(line: Line) -> Told:
    """`line` as it stands: a link tells who somebody turns out to be, a fact only what is known by then."""
    return Told(rounded(line.alone) if line.link else unbracketed(line.text), (line,))


def _rests(told: Told) -> bool:
    """Whether the lines that a sentence names say enough of its words."""
    own = terms(told.text)
    said = frozenset[str]().union(*(terms(line.text) for line in told.lines))
    return len(own & said) >= SUPPORTED * len(own)


def _named(text: str) -> str:
    """`text` without square brackets around names; those around numbers stay."""
    return BRACKETS.sub(lambda match: match[0] if re.fullmatch(r"[\d,\s\u2013-]+", match["name"]) else "", text)


def _cited(text: str, lines: Sequence[Line]) -> list[Told]:
    """The sentences of `text` with the lines that they name; a sentence without numbers goes with the next that has."""
    told: list[Told] = []
    pending = ""
    at = 0
    for match in CITED.finditer(text):
        said = f"{pending} {text[at : match.start()]}".strip()
        at = match.end()
        if at < len(text) and text[at] in ".!?":
            said, at = said + text[at], at + 1
        ids = [i - 1 for i in numbers(match[1]) if 1 <= i <= len(lines)]
        said = " ".join(CITED.sub(" ", said).split())
        if ids and said:
            whole = said if said[-1] in ".!?\"'\u201d)" else f"{said}."
            told.append(Told(whole[:1].upper() + whole[1:], tuple(lines[i] for i in dict.fromkeys(ids))))
            pending = ""
        else:
            pending = said
    return told
