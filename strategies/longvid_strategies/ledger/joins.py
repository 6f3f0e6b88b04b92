"""Joins: pairs of rows far apart that belong together, found by code.

Each relation is one that any story has: what is handed over is used, what is hidden is found, what is promised is done
or never done, what one opens another shuts, things taken at several times add up, who looks different is the same, who
was masked is somebody, what is said is not what was seen, one deed makes the next possible, what is shown late happened
early, who was long gone is back. A join names its rows; it never guesses at one that it has not seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from longvid.strategy import Cast, Clause
from longvid_strategies.ledger.deeds import Deed

LONG_GONE, LEAST_SEEN = 10, 3
"""Chunks that somebody must be away for, and be seen in at all, to be missed."""
COMES_BACK = 2
"""Chunks after which a thing that is seen again is worth noting."""
SHORTEST_CHAIN = 3
"""Deeds; two that follow from one another are told well enough by standing in order."""


@dataclass(frozen=True, slots=True)
class Link:
    """Rows that belong together: the last pays off what the others set up.

    `again` alone is never told: it says that a thing is the same, not what for.
    """

    kind: str
    deeds: tuple[Deed, ...]
    total: int = 0
    """Of things that add up."""

    @property
    def last(self) -> Deed:
        return self.deeds[-1]

    @property
    def replaces(self) -> bool:
        """Whether its sentence stands for its last row; a sum and a promise never kept come on top."""
        return self.kind not in ("total", "promise-broken")

    @property
    def rows(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(deed.row.id for deed in self.deeds))


def find_links(deeds: Sequence[Deed], cast: Cast) -> list[Link]:
    """All links, in the order of their last rows; those that nothing pays off (a broken promise) by their first."""
    by_thing: dict[str, list[Deed]] = defaultdict(list)
    for deed in deeds:
        if deed.thing is not None and not deed.clause.negative:
            by_thing[deed.thing].append(deed)
    found = [
        *(link for timeline in by_thing.values() for link in _custody(timeline)),
        *(link for timeline in by_thing.values() for link in _promises(timeline)),
        *(link for timeline in by_thing.values() for link in _sayings(timeline)),
        *_undone(deeds),
        *_totals(deeds),
        *_unmasked(deeds, cast),
        *_chains(deeds),
    ]
    found += _changed(deeds, {row for link in found for row in link.rows})
    found += _back(deeds, cast)
    found += _again(deeds, found)
    return sorted(found, key=lambda link: (link.last.at, link.kind))


def _custody(timeline: Sequence[Deed]) -> Iterator[Link]:
    """What becomes of one thing: handed over and used, hidden and found, found and later shown to have been hidden."""
    before: Deed | None = None
    found: Deed | None = None
    for deed in timeline:
        if deed.does("promise", "intend", "say"):
            continue
        if deed.does("hide"):
            if deed.row.past and found is not None and before is not None and before.does("find"):
                yield Link("shown-late", (found, deed))
                continue
            before = deed
        elif deed.does("find"):
            if before is not None and before.does("hide"):
                yield Link("hidden-found", (before, deed))
            before = found = deed
        elif deed.does("transfer", "seize", "acquire"):
            before = deed
        elif before is not None and before.does("transfer") and before.to == deed.agent and deed.agent is not None:
            yield Link("handed-used", (before, deed))
            before = None


def _promises(timeline: Sequence[Deed]) -> Iterator[Link]:
    """A promise about one thing, and the deed that keeps it."""
    for promise in timeline:
        meant = promise.meant
        if meant is None or not promise.does("promise", "intend") or promise.agent is None:
            continue
        later = (d for d in timeline if d.at > promise.at and d.meant is None)
        kept = next((d for d in later if _same_act(d, meant) and d.agent == promise.agent), None)
        if kept is not None:
            yield Link("promise-kept", (promise, kept))
        elif promise.does("promise"):
            yield Link("promise-broken", (promise,))


def _same_act(deed: Deed, meant: Deed) -> bool:
    """Whether `deed` is what was meant: the same kind of act with the same thing, and nobody else concerned."""
    alike = deed.verb == meant.verb or bool(deed.clause.classes & meant.clause.classes)
    return alike and deed.thing == meant.thing and (meant.to is None or deed.to == meant.to)


def _sayings(timeline: Sequence[Deed]) -> Iterator[Link]:
    """What is said of a thing against what was seen of it."""
    for said in timeline:
        meant = said.meant
        if meant is None or not said.does("say") or meant.agent is None or meant.clause.negative:
            continue
        seen = [d for d in timeline if d.at < said.at and d.meant is None and _same_act(d, meant)]
        if seen and all(d.agent != meant.agent for d in seen) and seen[-1].agent is not None:
            yield Link("said-against-seen", (seen[-1], said))


def _undone(deeds: Iterable[Deed]) -> Iterator[Link]:
    """A state, and later its opposite: opened and shut, lit and put out."""
    last: dict[tuple[str, int], Deed] = {}
    for deed in deeds:
        state = deed.clause.state
        if state is None or deed.thing is None or deed.clause.negative or deed.tool is not None:
            continue
        axis, side = state
        before = last.get((deed.thing, axis))
        if before is not None and before.clause.state != (axis, side) and before.row.chunk != deed.row.chunk:
            yield Link("undone", (before, deed))
        last[deed.thing, axis] = deed


def _totals(deeds: Iterable[Deed]) -> Iterator[Link]:
    """The same kind of thing taken by the same figure at several times."""
    taken: dict[tuple[str, str, str], list[Deed]] = defaultdict(list)
    for deed in deeds:
        target = deed.clause.object
        if deed.does("acquire") and deed.agent and target is not None and target.number is not None and deed.thing:
            taken[deed.agent, deed.verb, deed.thing].append(deed)
    for several in taken.values():
        if len({deed.row.chunk for deed in several}) > 1:
            numbers = [d.clause.object.number or 0 for d in several if d.clause.object is not None]
            yield Link("total", tuple(several), sum(numbers))


def _unmasked(deeds: Sequence[Deed], cast: Cast) -> Iterator[Link]:
    """What a masked figure did, and the row that shows who it was."""
    open_: dict[str, list[Deed]] = defaultdict(list)
    for deed in deeds:
        if not deed.masked or deed.agent is None:
            continue
        if deed.does("doff", "be"):
            for act in open_.pop(deed.agent, [])[-1:]:
                if cast.figure(deed.agent).names or len(cast.figure(deed.agent).looks) > 1:
                    yield Link("unmasked", (act, deed))
        else:
            open_[deed.agent].append(deed)


def _chains(deeds: Sequence[Deed]) -> Iterator[Link]:
    """Deeds of one figure, each of which makes the next possible: gets a tool, opens something with it, takes what is
    inside, hands that on."""
    before: dict[int, Deed] = {}
    had: dict[tuple[str, str], Deed] = {}
    opened: dict[str, Deed] = {}
    leads_on: set[int] = set()
    for deed in deeds:
        if deed.agent is None or deed.clause.negative or deed.meant is not None:
            continue
        enabling = None
        if deed.tool is not None:
            enabling = had.get((deed.agent, deed.tool))
        elif deed.does("acquire", "find", "seize") and deed.inside is not None:
            enabling = opened.get(deed.inside)
        elif deed.does("transfer", "hide") and deed.thing is not None:
            enabling = had.get((deed.agent, deed.thing))
        if enabling is not None and enabling.agent == deed.agent:
            before[deed.at] = enabling
            leads_on.add(enabling.at)
        if deed.thing is not None and deed.does("acquire", "find", "seize"):
            had[deed.agent, deed.thing] = deed
        if deed.tool is not None and deed.inside is not None:
            opened[deed.inside] = deed
    for deed in deeds:
        if deed.at in before and deed.at not in leads_on:
            chain = [deed]
            while chain[0].at in before:
                chain.insert(0, before[chain[0].at])
            if len(chain) >= SHORTEST_CHAIN:
                yield Link("made-possible", tuple(chain))


def _changed(deeds: Sequence[Deed], linked: set[str]) -> Iterator[Link]:
    """A figure that changed its look, and the next thing of weight that it does in another chunk."""
    for change in deeds:
        if not change.does("change") or change.agent is None or not _is_look_change(change.clause):
            continue
        later = [
            d for d in deeds
            if d.agent == change.agent and d.row.chunk > change.row.chunk and not d.masked and not d.row.past
            and d.thing is not None
        ]  # fmt: skip
        free = [d for d in later if d.row.id not in linked]
        if later:
            yield Link("changed", (change, (free or later)[0]))


def _back(deeds: Sequence[Deed], cast: Cast) -> Iterator[Link]:
    """Somebody with a name or a look of their own who is gone for long, and the first thing they do when they are
    back."""
    if not deeds:
        return
    long = max(LONG_GONE, (deeds[-1].row.chunk - deeds[0].row.chunk) // 4)
    for figure in cast.figures:
        own = figure.names or any(len(look.split()) > 1 for look, _ in figure.looks)
        if not own or len(figure.chunks) < LEAST_SEEN:
            continue
        for before, after in pairwise(figure.chunks):
            if after - before < long:
                continue
            left = [d for d in deeds if d.agent == figure.id and d.row.chunk == before and not d.masked]
            came = [d for d in deeds if d.agent == figure.id and d.row.chunk == after and not d.masked]
            if left and came and not came[0].row.past and not left[-1].row.past:
                yield Link("back", (left[-1], came[0]))


def _again(deeds: Sequence[Deed], found: Sequence[Link]) -> Iterator[Link]:
    """A thing of its own (somebody's, or called by more than its noun) that comes back chunks later, where no other
    link says why. Weak by itself, so it is kept in the ledger and not told."""
    linked = [set(link.rows) for link in found]
    last: dict[str, Deed] = {}
    for deed in deeds:
        for thing in sorted(deed.things):
            before = last.get(thing)
            last[thing] = deed
            if before is None or deed.row.chunk - before.row.chunk < COMES_BACK:
                continue
            rows = {before.row.id, deed.row.id}
            if not any(rows <= others for others in linked):
                yield Link("again", (before, deed))


def _is_look_change(clause: Clause) -> bool:
    return clause.of("from") is not None and clause.of("to", "into") is not None
