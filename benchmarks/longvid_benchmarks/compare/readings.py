"""Film by film, and link by link, what every strategy tells of films as text: tables, and a page with the sentences
that were credited.

Knows rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from longvid.text import printable
from longvid_benchmarks.compare.claims import NEEDS, Claim, TrueLink
from longvid_benchmarks.compare.films import Film
from longvid_benchmarks.compare.rows import EYE, Row
from longvid_benchmarks.compare.tables import HEARD, Sheet, escaped
from longvid_benchmarks.stats import GAP_ENDS

REMARK = (
    "links and traps are told by the check of cues, which is strict and now and then too generous, or by eye where "
    "that is said; what else a summary says, true or not, is not measured"
)


def readings(rows: Sequence[Row], films: Sequence[Film]) -> Iterator[Sheet]:
    """A table of what each summary tells of each film as text, in numbers of links and weights; then for each film one
    of its links and traps, and who tells them."""
    read = [row for film in films for row in _of(film, rows)]
    if read:
        yield _by_film(read)
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


def _by_film(rows: Sequence[Row]) -> Sheet:
    gaps = [
        (first, last)
        for first, last in zip((0, *(end + 1 for end in GAP_ENDS)), (*GAP_ENDS, inf), strict=True)
        if any(first <= link["gap"] <= last for row in rows for link in row["told"])
    ]
    head = ("film", "links (weight)", *NEEDS, *(_between(*ends) for ends in gaps), "traps", "words", "calls")
    return Sheet("Links told of each film, and their weight", head, tuple(_line(row, gaps) for row in rows))


def _line(row: Row, gaps: Sequence[tuple[int, float]]) -> tuple[str, ...]:
    links, traps = row["told"], row["traps"]
    parts = [links, *([link for link in links if link["needs"] == needs] for needs in NEEDS)]
    parts += [[link for link in links if first <= link["gap"] <= last] for first, last in gaps]
    trapped = f"{row['traps_told']}/{len(traps)}" if traps else ""
    calls = row.get("calls", "")
    return f"{row['film']}: {_reader(row)}", *map(_share, parts), trapped, str(row["words"]), str(calls)


def _share(links: Sequence[Row]) -> str:
    """How many of `links` are told, and below their weight; empty where there are none."""
    told = [link for link in links if link["told"]]
    weights = [sum(link["weight"] for link in some) for some in (told, links)]
    return f"{len(told)}/{len(links)}\n{weights[0]}/{weights[1]}" if links else ""


def _between(first: int, last: float) -> str:
    return f"gap {first}-{last}" if last < inf else f"gap {first}+"


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
    """The rows of `film`, each reading by eye behind that of the check."""
    ours = [row for row in rows if row["film"] == printable(film.name) and "told" in row]
    places: dict[tuple[str, str | None], int] = {}
    for place, row in enumerate(ours):
        places.setdefault((row["strategy"], row.get("dialogue")), place)
    return sorted(ours, key=lambda row: places[row["strategy"], row.get("dialogue")])


def _about(claim: Claim) -> str:
    return f"weight {claim.weight}, {claim.needs}, gap {claim.gap}" if isinstance(claim, TrueLink) else "trap"


def _reader(row: Row) -> str:
    heard = f", {HEARD[row['dialogue']]}" if row.get("dialogue") in HEARD else ""
    return f"{row['strategy']}{heard}{', by eye' if row['reader'] == EYE else ''}"


def _found(row: Row, claim: Claim) -> Row | None:
    """What the row has on `claim`; None where nobody looked."""
    return next((one for one in (*row["told"], *row["traps"]) if one.get("link", one.get("trap")) == claim.id), None)


def _sentence(row: Row, claim: Claim) -> str | None:
    found = _found(row, claim)
    return None if found is None else found["sentence"]


def _mark(row: Row, claim: Claim) -> str:
    found = _found(row, claim)
    return "" if found is None else "told" if found["told"] else "-"
