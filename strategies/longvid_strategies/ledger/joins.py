"""Joins: pairs of rows far apart that belong together, found by code.

Each relation is one that any story has: what is handed over is used, what is hidden is found, what is promised is done
or never done, what one opens another shuts, things taken at several times add up, who looks different is the same, who
was masked is somebody, what is said is not what was seen, one deed makes the next possible, what is shown late happened
early, who was long gone is back. A join names its rows; it never guesses at one that it has not seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from longvid.narrative import ONCE, Cast, Clause, same_act, word_set
from longvid_strategies.ledger.deeds import Deed

LONG_GONE, LEAST_SEEN = 10, 3
"""Chunks that somebody must be away for, and be seen in at all, to be missed."""
COMES_BACK = 2
"""Chunks after which a thing that is seen again is worth noting."""
UNCOUNTED = word_set("step breath look seat time turn minute second hour day moment glance bow")
"""Nouns that make no sum."""
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
        """Whether its sentence stands for its last row; a sum comes on top."""
        return self.kind != "total"

    @property
    def rows(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(deed.row.id for deed in self.deeds))


def find_links(deeds: Sequence[Deed], cast: Cast) -> list[Link]:
    """All links, in the order of their last rows; those that nothing pays off (a broken promise) by their first."""
    by_thing: dict[str, list[Deed]] = defaultdict(list)
    for deed in deeds:
        if deed.thing is not None and deed.clause.done:
            by_thing[deed.thing].append(deed)
    known = _known(cast)
    found = [
        *(link for timeline in by_thing.values() for link in _custody(timeline)),
        *(link for timeline in by_thing.values() for link in _promises(timeline)),
        *(link for timeline in by_thing.values() for link in _sayings(timeline, known)),
        *_undone(deeds),
        *_totals(deeds),
        *_unmasked(deeds, cast),
        *_chains(deeds),
    ]
    found += _changed(deeds, cast, {row for link in found for row in link.rows})
    found += _back(deeds, cast)
    found += _again(deeds, found)
    return sorted(found, key=lambda link: (link.last.at, link.kind))


def _custody(timeline: Sequence[Deed]) -> Iterator[Link]:
    """What becomes of one thing: handed over and used, hidden and found, found and later shown to have been hidden."""
    before: Deed | None = None
    for deed in timeline:
        if deed.meant is not None or deed.agent is None or deed.does("promise", "intend", "say"):
            continue
        if before is not None and not _follows(before, deed):
            if before.does("find") and deed.does("hide"):
                yield Link("shown-late", (before, deed))
        elif deed.does("hide"):
            before = deed
        elif deed.does("find") or (before is not None and before.does("hide") and _taken_out(before, deed)):
            if before is not None and before.does("hide"):
                yield Link("hidden-found", (before, deed))
            before = deed
        elif deed.does("transfer", "seize", "acquire"):
            before = deed
        elif before is not None and before.does("transfer") and before.to == deed.agent:
            yield Link("handed-used", (before, deed))
            before = None


def _follows(before: Deed, deed: Deed) -> bool:
    """Whether `deed`, told after `before`, happens after it: what a flashback shows came before all that is not one."""
    return before.row.past or not deed.row.past


def _taken_out(hidden: Deed, taken: Deed) -> bool:
    """Whether a thing is taken from where it was hidden."""
    inside = hidden.clause.of("in", "inside", "under", "behind", "into")
    source = taken.clause.of("out of", "from", "from under", "from behind")
    return taken.does("acquire") and inside is not None and source is not None and inside.thing == source.thing


def _promises(timeline: Sequence[Deed]) -> Iterator[Link]:
    """A promise about one thing, and the deed that keeps it. Each deed keeps one promise."""
    used: set[int] = set()
    for promise in timeline:
        meant = promise.meant
        if meant is None or not promise.does("promise", "intend") or promise.agent is None:
            continue
        thing = meant.clause.object
        if not meant.clause.done or meant.clause.subject is not None or thing is None:
            continue
        if not (thing.article or thing.name or thing.modifiers or thing.number is not None):
            continue  # "to be quiet", "to come home" promise no thing
        later = [d for d in timeline if d.at > promise.at and d.meant is None]
        free = [d for d in later if d.at not in used]
        kept = next(
            (d for d in free if d.agent == promise.agent and _follows(promise, d) and _same_act(d, meant)), None
        )
        if kept is not None:
            used.add(kept.at)
            yield Link("promise-kept", (promise, kept))
        elif promise.does("promise") and not free:
            # Where something else becomes of the thing, nobody can say that the promise was broken.
            yield Link("promise-broken", (promise,))


def _same_act(deed: Deed, meant: Deed) -> bool:
    """Whether `deed` is what was meant: the same act with the same thing, and nobody else concerned."""
    return (
        deed.clause.done
        and same_act(deed.verb, meant.verb)
        and deed.thing == meant.thing
        and (meant.to is None or deed.to == meant.to)
    )


def _known(cast: Cast) -> set[str]:
    """Ids of the figures that are somewhere called by more than a disguise; who is only seen in one may be anybody."""
    return {
        id for (row, phrase), id in cast.bound.items()
        if (row, phrase) not in cast.concealed and not phrase.is_pronoun
    }  # fmt: skip


def _sayings(timeline: Sequence[Deed], known: Collection[str | None]) -> Iterator[Link]:
    """What is said to have been done with a thing against what was seen: only of what one alone can have done, and
    only of `known` figures."""
    for said in timeline:
        meant = said.meant
        if meant is None or not said.does("say") or meant.agent is None or not meant.clause.done:
            continue
        if "seize" not in meant.clause.classes and meant.verb not in ONCE:
            continue
        seen = [d for d in timeline if d.at < said.at and d.meant is None and _follows(d, said) and _same_act(d, meant)]
        doers = {d.agent for d in seen}
        if seen and meant.agent not in doers and all(agent in known for agent in (meant.agent, *doers)):
            yield Link("said-against-seen", (seen[-1], said))


def _undone(deeds: Iterable[Deed]) -> Iterator[Link]:
    """A state, and later its opposite: opened and shut, lit and put out."""
    last: dict[tuple[str, int], Deed] = {}
    for deed in deeds:
        state = deed.clause.state
        if state is None or deed.thing is None or not deed.clause.done or deed.tool is not None or deed.agent is None:
            continue
        if deed.row.past:
            continue  # between then and now anybody may have changed it
        axis, side = state
        before = last.get((deed.thing, axis))
        if (
            before is not None
            and before.clause.state != (axis, side)
            and before.row.chunk != deed.row.chunk
            and _may_be_one(before, deed)
        ):
            yield Link("undone", (before, deed))
        last[deed.thing, axis] = deed


def _may_be_one(one: Deed, other: Deed) -> bool:
    """A thing with a name or an owner is one anywhere; two front doors in two places are two."""
    known = [d.clause.object is not None and (d.clause.object.owned or d.clause.object.name) for d in (one, other)]
    places = {d.row.place.lower() for d in (one, other)} - {""}
    return all(known) or "@" in (one.thing or "") or len(places) < 2


def _totals(deeds: Iterable[Deed]) -> Iterator[Link]:
    """The same kind of thing taken by the same figure at several times."""
    taken: dict[tuple[str, str, str], list[Deed]] = defaultdict(list)
    for deed in deeds:
        target = deed.clause.object
        if not deed.does("acquire") or not deed.agent or not deed.thing or target is None or target.article:
            continue
        if target.number is not None and target.head not in UNCOUNTED:
            taken[deed.agent, deed.verb, deed.thing].append(deed)
    for several in taken.values():
        if len({deed.row.chunk for deed in several}) > 1:
            numbers = [d.clause.object.number or 0 for d in several if d.clause.object is not None]
            yield Link("total", tuple(several), sum(numbers))


def _unmasked(deeds: Sequence[Deed], cast: Cast) -> Iterator[Link]:
    """What a masked figure did, and the row that shows who it was."""
    acts: dict[str, Deed] = {}
    for deed in deeds:
        if not deed.masked or deed.agent is None:
            continue
        if deed.row.id in cast.reveals:
            act = acts.pop(deed.agent, None)
            if act is not None and act.row.id != deed.row.id:
                yield Link("unmasked", (act, deed))
        elif deed.clause.done and deed.clause.object is not None and not deed.does("doff", "be"):
            acts[deed.agent] = deed


def _chains(deeds: Sequence[Deed]) -> Iterator[Link]:
    """Deeds of one figure, each of which makes the next possible: gets a tool, opens something with it, takes what is
    inside, hands that on."""
    before: dict[int, Deed] = {}
    had: dict[tuple[str, str], Deed] = {}
    opened: dict[str, Deed] = {}
    leads_on: set[int] = set()
    for deed in deeds:
        if deed.agent is None or not deed.clause.done or deed.meant is not None:
            continue
        enabling = None
        if deed.tool is not None:
            enabling = had.get((deed.agent, deed.tool))
        elif deed.does("acquire", "find", "seize") and deed.inside is not None:
            enabling = opened.get(deed.inside)
        elif deed.does("transfer", "hide") and deed.thing is not None:
            enabling = had.get((deed.agent, deed.thing))
        if enabling is not None and enabling.agent == deed.agent and _follows(enabling, deed):
            before[deed.at] = enabling
            leads_on.add(enabling.at)
        if deed.thing is not None and deed.does("acquire", "find", "seize"):
            had[deed.agent, deed.thing] = deed
        elif deed.thing is not None and (deed.does("transfer", "hide") or deed.verb in ("lose", "drop", "leave")):
            had.pop((deed.agent, deed.thing), None)
        if deed.tool is not None and deed.inside is not None:
            opened[deed.inside] = deed
    for deed in deeds:
        if deed.at in before and deed.at not in leads_on:
            chain = [deed]
            while chain[0].at in before:
                chain.insert(0, before[chain[0].at])
            if len(chain) >= SHORTEST_CHAIN:
                yield Link("made-possible", tuple(chain))


def _changed(deeds: Sequence[Deed], cast: Cast, linked: set[str]) -> Iterator[Link]:
    """A figure that changed its look, and the next thing of weight that it does in another chunk."""
    for change in deeds:
        if not change.does("change") or change.agent is None or not _is_look_change(change.clause, cast, change.agent):
            continue
        later = [
            d for d in deeds
            if d.agent == change.agent and d.row.chunk > change.row.chunk and not d.masked and not d.row.past
            and d.thing is not None and d.clause.done
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


def _is_look_change(clause: Clause, cast: Cast, figure: str) -> bool:
    """Whether somebody is said to change from one of the looks that they had to another."""
    old, new = clause.of("from"), clause.of("to", "into")
    if old is None or new is None or not old.look or not new.look or clause.object is not None:
        return False
    looks = [set(look.split()) for look, _ in cast.figure(figure).looks]
    # Who is only ever called by name has no look to compare.
    return not looks or any(set(old.look.split()) <= look for look in looks)
