"""Link by link what every strategy tells of a film as text: a table, and a page with the sentences that were credited.

Knows rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from longvid.text import printable
from longvid_benchmarks.compare.claims import Claim, TrueLink
from longvid_benchmarks.compare.films import Film
from longvid_benchmarks.compare.rows import EYE, Row
from longvid_benchmarks.compare.tables import Sheet, escaped

REMARK = (
    "links and traps are told by the check of cues, which is strict and now and then too generous, or by eye where "
    "that is said; what else a summary says, true or not, is not measured"
)


def readings(rows: Sequence[Row], films: Sequence[Film]) -> Iterator[Sheet]:
    """For each film as text a table of its links, and then its traps, and of what each summary tells of them."""
    for film in films:
        ours = _of(film, rows)
        if not ours or film.claims is None:
            continue
        cells = [
            (link.id, str(link.weight), link.needs, str(link.gap), *(_mark(row, link) for row in ours))
            for link in film.claims.links
        ]
        cells += [(f"trap: {trap.id}", "", "", "", *(_mark(row, trap) for row in ours)) for trap in film.claims.traps]
        head = ("link", "weight", "needs", "gap", *map(_reader, ours))
        yield Sheet(f"Links told of {printable(film.name)}", head, tuple(cells))


def page(rows: Sequence[Row], films: Sequence[Film]) -> str:
    """Every link and trap of `films` as Markdown, and under it the sentence of each summary that tells it."""
    lines = []
    for film in films:
        ours = _of(film, rows)
        if not ours or film.claims is None:
            continue
        lines += [f"## {escaped(printable(film.name))}", ""]
        for claim in (*film.claims.links, *film.claims.traps):
            about = _about(claim)
            lines += [f"**{escaped(claim.id)}** ({about}): {escaped(claim.says)}", ""]
            told = [(row, _sentence(row, claim)) for row in ours]
            lines += [f"- {escaped(_reader(row))}: {escaped(sentence)}" for row, sentence in told if sentence] or [
                "- not told"
            ]
            lines.append("")
    return "\n".join([*lines, REMARK[0].upper() + REMARK[1:] + ".", ""])


def _of(film: Film, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["film"] == printable(film.name) and "told" in row]


def _about(claim: Claim) -> str:
    return f"weight {claim.weight}, {claim.needs}, gap {claim.gap}" if isinstance(claim, TrueLink) else "trap"


def _reader(row: Row) -> str:
    return f"{row['strategy']}, by eye" if row["reader"] == EYE else str(row["strategy"])


def _found(row: Row, claim: Claim) -> Row | None:
    """What the row has on `claim`; None where nobody looked."""
    return next((one for one in (*row["told"], *row["traps"]) if one.get("link", one.get("trap")) == claim.id), None)


def _sentence(row: Row, claim: Claim) -> str | None:
    found = _found(row, claim)
    return None if found is None else found["sentence"]


def _mark(row: Row, claim: Claim) -> str:
    found = _found(row, claim)
    return "" if found is None else "told" if found["told"] else "-"
