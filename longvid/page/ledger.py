"""What strategy `ledger` keeps beside its summary, as links between moments and as a cast.

Both of its ways are read: where an LLM reads there are facts with numbers, where rules read there are events with ids.
What is kept otherwise, or by another strategy, gives nothing: a page without links is as good. Knows no HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longvid.captions.events import parse_events
from longvid.page.told import Moment, Part, Told, number, text

MOST_LINKS, MOST_CAST = 200, 60
KINDS = {
    "again": "The same happens again",
    "back": "Back again",
    "changed": "Changed, and met again",
    "handed-used": "Handed over, then used",
    "hidden-found": "Hidden, then found",
    "made-possible": "Made possible",
    "promise-kept": "A promise kept",
    "said-against-seen": "Said against seen",
    "shown-late": "Found, and later shown how it was hidden",
    "total": "Taken one after another",
    "undone": "Done, then undone",
    "unmasked": "A mask comes off",
}
"""What the kinds of links of the rules are; one of another name is called by it."""
SHAPES = (LookupError, TypeError, ValueError, AttributeError)
"""What reading something of another shape raises."""


@dataclass(frozen=True, slots=True)
class Link:
    """Moments that belong together, in the order of the film: at least two, the first is the set-up."""

    text: str
    moments: tuple[Moment, ...]
    strong: bool
    """It matters to the story; others are echoes."""
    beside: str
    """What else belongs to it; "" where nothing does."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody of the cast. `parts`: ascending indices of those that show or name them."""

    name: str
    also: tuple[str, ...]
    roles: tuple[str, ...]
    looks: tuple[tuple[str, tuple[int, ...]], ...]
    """Each with the parts in which they have it."""
    later: str
    """Who they turn out to be; "" where nothing is known."""
    parts: tuple[int, ...]


def links_of(told: Told) -> tuple[Link, ...]:
    """The links in the order of their first moments."""
    ledger = told.ledger
    try:
        rows = list(_flat(ledger.get("links", ())))
        if "facts" in ledger:
            moments = _facts(ledger["facts"], told.parts)
            found = [_read(row, moments) for row in rows]
        else:
            moments = _events(ledger.get("events", ()), told.parts)
            found = [_ruled(row, moments) for row in rows]
    except SHAPES:
        return ()
    whole = [link for link in found if len(link.moments) > 1][:MOST_LINKS]
    return tuple(sorted(whole, key=lambda link: (link.moments[0].time, link.moments[-1].time)))


def cast_of(told: Told) -> tuple[Figure, ...]:
    """Those who are in most parts first."""
    ledger, n = told.ledger, len(told.parts)
    try:
        if "cast" in ledger:
            figures = [_figure(row, ledger["cast"], n) for row in ledger["cast"]]
        else:
            figures = [_entity(row, n) for row in ledger.get("entities", ())]
    except SHAPES:
        return ()
    figures = [figure for figure in figures if figure.name and figure.parts]
    return tuple(sorted(figures, key=lambda figure: (-len(figure.parts), figure.parts[0]))[:MOST_CAST])


def _flat(rows: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """Links one after another, whether they are kept as a list or as lists of threads."""
    for row in rows:
        yield from row if isinstance(row, list) else [row]


def _facts(rows: Sequence[Mapping[str, Any]], parts: Sequence[Part]) -> dict[Any, Moment]:
    """By number; a fact knows its chunk, and its neighbours say where in it."""
    within: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        within.setdefault(int(row["chunk"]), []).append(row)
    found = {}
    for chunk, facts in within.items():
        part = parts[chunk]
        for place, row in enumerate(facts):
            time = part.start + (part.end - part.start) * place / len(facts)
            found[row["id"]] = Moment(time, text(row["text"]))
    return found


def _events(rows: Sequence[Mapping[str, Any]], parts: Sequence[Part]) -> dict[Any, Moment]:
    found = {}
    for row in rows:
        part, line = parts[int(row["chunk"])], text(row["line"])
        event = next(iter(parse_events(line, part.index).events), None)
        at = part.start if event is None else event.begins(part.start, part.end, part.start)
        found[row["id"]] = Moment(at, line if event is None else event.sentence())
    return found


def _read(row: Mapping[str, Any], moments: Mapping[Any, Moment]) -> Link:
    ends = {id: moments[id] for id in (*row["early"], *row["late"]) if id in moments}
    ordered = tuple(sorted(ends.values(), key=lambda moment: moment.time))
    return Link(text(row["text"]), ordered, bool(row.get("strong", True)), text(row.get("beside") or ""))


def _ruled(row: Mapping[str, Any], moments: Mapping[Any, Moment]) -> Link:
    ends = {id: moments[id] for id in row["events"] if id in moments}
    kind = text(row["kind"])
    ordered = tuple(sorted(ends.values(), key=lambda moment: moment.time))
    what = KINDS.get(kind, kind.replace("-", " "))
    return Link(f"{what}: {ordered[-1].text}" if ordered else what, ordered, True, "")


def _figure(row: Mapping[str, Any], cast: Sequence[Mapping[str, Any]], n: int) -> Figure:
    """Parts are counted from 1 there, and `later` is a row of the cast."""
    looks = tuple((text(look), _within([number(part) - 1 for part in at], n)) for look, at in row["looks"])
    names = [text(name) for name, _ in row["names"]]
    named = [number(part) - 1 for _, part in row["names"] if part is not None]
    parts = _within([*named, *(part for _, at in looks for part in at)], n)
    name = names[0] if names else (looks[0][0] if looks else "")
    roles = tuple(dict.fromkeys(text(role) for role, _ in row["roles"]))
    shown = looks if names else looks[1:]
    revealed = cast[int(row["later"])] if row.get("later") is not None else {}
    later = next((text(name) for name, _ in (*revealed.get("names", ()), *revealed.get("looks", ()))), "")
    return Figure(name, tuple(names[1:]), roles, shown, later, parts)


def _entity(row: Mapping[str, Any], n: int) -> Figure:
    told = [(text(one["description"]), number(one["from"])) for one in row["descriptions"]]
    names = [text(name) for name in row["names"]]
    looks = tuple((look, _within([since], n)) for look, since in told)
    name = names[0] if names else (looks[0][0] if looks else "")
    shown = looks if names else looks[1:]
    return Figure(name, tuple(names[1:]), (), shown, "", _within(map(number, row["chunks"]), n))


def _within(parts: Any, n: int) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in parts if 0 <= part < n}))
