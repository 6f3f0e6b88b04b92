"""Which rows a summary of so many words tells: those that link, then those that matter, and some of every tenth.

Salience by what any story counts: links, things that change hands, words given, others concerned, and acts that are
rare in this film. Knows no words of any film.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from longvid.strategy import Row, words_in
from longvid_strategies.ledger.deeds import Deed
from longvid_strategies.ledger.joins import Link

TENTHS = 10
LEAST = 1.0
"""Salience under which a row is a trifle: done often in this film, with nothing and to nobody of note."""
WEIGHTY = ("transfer", "seize", "hide", "find", "promise", "say", "change", "acquire")


def salience(deeds: Sequence[Deed], links: Sequence[Link]) -> dict[str, float]:
    """Row id -> how much its row matters; comparable within one film only."""
    count = Counter(deed.verb for deed in deeds)
    linked = Counter(row for link in links for row in link.rows)
    most = math.log(len(deeds) + 1) or 1.0
    found: dict[str, float] = {}
    for deed in deeds:
        rare = math.log((len(deeds) + 1) / count[deed.verb]) / most
        value = (
            4.0 * min(2, linked[deed.row.id])
            + 2.0 * (deed.thing is not None)
            + 1.0 * any(name in deed.clause.classes for name in WEIGHTY)
            + 0.5 * (deed.to is not None or deed.source is not None)
            + 0.5 * (deed.masked or deed.meant is not None)
            + rare
        )
        found[deed.row.id] = max(value, found.get(deed.row.id, 0.0))
    return found


def choose(
    rows: Sequence[Row], sizes: Mapping[str, int], value: Mapping[str, float], words: int, linked: Sequence[str]
) -> set[str]:
    """Ids of the rows to tell in about `words` words.

    `sizes` are the words that each row takes, the sentence of its link included. Rows of `linked` come first; then the
    best row of every tenth of the film (the shortest where all are trifles), so that no stretch is without its say;
    then by salience, down to `LEAST`: words that are left over are not filled with trifles. Where none of these is
    short enough, it is the shortest of `linked`, or else the best of all.
    """
    first = set(linked) & {row.id for row in rows}
    order = sorted((row for row in rows if row.id in first), key=lambda row: -value.get(row.id, 0.0))
    for tenth in range(TENTHS):
        stretch = rows[tenth * len(rows) // TENTHS : (tenth + 1) * len(rows) // TENTHS]
        if stretch and not any(row.id in first for row in stretch):
            best = max(stretch, key=lambda row: value.get(row.id, 0.0))
            trifles = value.get(best.id, 0.0) < LEAST
            order.append(min(stretch, key=lambda row: sizes.get(row.id, 0)) if trifles else best)
    order += sorted((row for row in rows if value.get(row.id, 0.0) >= LEAST), key=lambda row: -value.get(row.id, 0.0))
    chosen: set[str] = set()
    used = 0
    for row in dict.fromkeys(order):
        size = sizes.get(row.id, words_in(row.what) + 1)
        if used + size <= words:
            chosen.add(row.id)
            used += size
    if not chosen and first:
        return {min(first, key=lambda id: (sizes.get(id, 0), id))}
    if not chosen and rows:
        return {max(rows, key=lambda row: value.get(row.id, 0.0)).id}
    return chosen
