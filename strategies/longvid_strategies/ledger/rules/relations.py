"""Joins: pairs of events far apart that belong together, found by code.

Each relation is one that any story has: what is handed over is used, what is hidden is found, what is promised is done
or never done, what one opens another shuts, things taken at several times add up, who looks different is the same, who
was masked is somebody, what is said is not what was seen, one action makes the next possible, what is shown late
happened early, who was long gone is back. A link names its events; it never guesses at one that it has not seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from longvid.narrative import ONCE, Cast, Clause, same_act, word_set
from longvid_strategies.ledger.rules.actions import Action

LONG_GONE, LEAST_SEEN = 10, 3
"""Chunks that somebody must be away for, and be seen in at all, to be missed."""
COMES_BACK = 2
"""Chunks after which a thing that is seen again is worth noting."""
UNCOUNTED = word_set("step breath look seat time turn minute second hour day moment glance bow")
"""Nouns that make no sum."""
SHORTEST_CHAIN = 3
"""Actions; two that follow from one another are told well enough by standing in order."""


@dataclass(frozen=True, slots=True)
class Link:
    """Events that belong together: the last pays off what the others set up.

    `again` alone is never told: it says that a thing is the same, not what for.
    """

    kind: str
    actions: tuple[Action, ...]
    total: int = 0
    """Of things that add up."""

    @property
    def last(self) -> Action:
        return self.actions[-1]

    @property
    def replaces(self) -> bool:
        """Whether its sentence stands for its last event; a sum comes on top."""
        return self.kind != "total"

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(action.event.id for action in self.actions))


def find_links(actions: Sequence[Action], cast: Cast) -> list[Link]:
    """All links, in the order of their last events; those that nothing pays off (a broken promise) by their first."""
    by_thing: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        if action.thing is not None and action.clause.done:
            by_thing[action.thing].append(action)
    known = _known(cast)
    found = [
        *(link for timeline in by_thing.values() for link in _custody(timeline)),
        *(link for timeline in by_thing.values() for link in _promises(timeline)),
        *(link for timeline in by_thing.values() for link in _sayings(timeline, known)),
        *_undone(actions),
        *_totals(actions),
        *_unmasked(actions, cast),
        *_chains(actions),
    ]
    found += _changed(actions, cast, {event for link in found for event in link.events})
    found += _back(actions, cast)
    found += _again(actions, found)
    return sorted(found, key=lambda link: (link.last.at, link.kind))


def _custody(timeline: Sequence[Action]) -> Iterator[Link]:
    """What becomes of one thing: handed over and used, hidden and found, found and later shown to have been hidden."""
    before: Action | None = None
    for action in timeline:
        if action.meant is not None or action.agent is None or action.does("promise", "intend", "say"):
            continue
        if before is not None and not _follows(before, action):
            if before.does("find") and action.does("hide"):
                yield Link("shown-late", (before, action))
        elif action.does("hide"):
            before = action
        elif action.does("find") or (before is not None and before.does("hide") and _taken_out(before, action)):
            if before is not None and before.does("hide"):
                yield Link("hidden-found", (before, action))
            before = action
        elif action.does("transfer", "seize", "acquire"):
            before = action
        elif before is not None and before.does("transfer") and before.to == action.agent:
            yield Link("handed-used", (before, action))
            before = None


def _follows(before: Action, action: Action) -> bool:
    """Whether `action`, told after `before`, happens after it: what a flashback shows came before all that is not
    one."""
    return before.event.past or not action.event.past


def _taken_out(hidden: Action, taken: Action) -> bool:
    """Whether a thing is taken from where it was hidden."""
    inside = hidden.clause.of("in", "inside", "under", "behind", "into")
    source = taken.clause.of("out of", "from", "from under", "from behind")
    return taken.does("acquire") and inside is not None and source is not None and inside.thing == source.thing


def _promises(timeline: Sequence[Action]) -> Iterator[Link]:
    """A promise about one thing, and the action that keeps it. Each action keeps one promise."""
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


def _same_act(action: Action, meant: Action) -> bool:
    """Whether `action` is what was meant: the same act with the same thing, and nobody else concerned."""
    return (
        action.clause.done
        and same_act(action.verb, meant.verb)
        and action.thing == meant.thing
        and (meant.to is None or action.to == meant.to)
    )


def _known(cast: Cast) -> set[str]:
    """Ids of the entities that are somewhere called by more than a disguise; who is only seen in one may be anybody."""
    return {
        id for (event, phrase), id in cast.bound.items()
        if (event, phrase) not in cast.concealed and not phrase.is_pronoun
    }  # fmt: skip


def _sayings(timeline: Sequence[Action], known: Collection[str | None]) -> Iterator[Link]:
    """What is said to have been done with a thing against what was seen: only of what one alone can have done, and
    only of `known` entities."""
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


def _undone(actions: Iterable[Action]) -> Iterator[Link]:
    """A state, and later its opposite: opened and shut, lit and put out."""
    last: dict[tuple[str, int], Action] = {}
    for action in actions:
        state = action.clause.state
        if (
            state is None
            or action.thing is None
            or not action.clause.done
            or action.tool is not None
            or action.agent is None
        ):
            continue
        if action.event.past:
            continue  # between then and now anybody may have changed it
        axis, side = state
        before = last.get((action.thing, axis))
        if (
            before is not None
            and before.clause.state != (axis, side)
            and before.event.chunk != action.event.chunk
            and _may_be_one(before, action)
        ):
            yield Link("undone", (before, action))
        last[action.thing, axis] = action


def _may_be_one(one: Action, other: Action) -> bool:
    """A thing with a name or an owner is one anywhere; two front doors in two places are two."""
    known = [d.clause.object is not None and (d.clause.object.owned or d.clause.object.name) for d in (one, other)]
    places = {d.event.place.lower() for d in (one, other)} - {""}
    return all(known) or "@" in (one.thing or "") or len(places) < 2


def _totals(actions: Iterable[Action]) -> Iterator[Link]:
    """The same kind of thing taken by the same entity at several times."""
    taken: dict[tuple[str, str, str], list[Action]] = defaultdict(list)
    for action in actions:
        target = action.clause.object
        if not action.does("acquire") or not action.agent or not action.thing or target is None or target.article:
            continue
        if target.number is not None and target.head not in UNCOUNTED:
            taken[action.agent, action.verb, action.thing].append(action)
    for several in taken.values():
        if len({action.event.chunk for action in several}) > 1:
            numbers = [d.clause.object.number or 0 for d in several if d.clause.object is not None]
            yield Link("total", tuple(several), sum(numbers))


def _unmasked(actions: Sequence[Action], cast: Cast) -> Iterator[Link]:
    """What a masked entity did, and the event that shows who it was."""
    acts: dict[str, Action] = {}
    for action in actions:
        if not action.masked or action.agent is None:
            continue
        if action.event.id in cast.reveals:
            act = acts.pop(action.agent, None)
            if act is not None and act.event.id != action.event.id:
                yield Link("unmasked", (act, action))
        elif action.clause.done and action.clause.object is not None and not action.does("doff", "be"):
            acts[action.agent] = action


def _chains(actions: Sequence[Action]) -> Iterator[Link]:
    """Actions of one entity, each of which makes the next possible: gets a tool, opens something with it, takes what is
    inside, hands that on."""
    before: dict[int, Action] = {}
    had: dict[tuple[str, str], Action] = {}
    opened: dict[str, Action] = {}
    leads_on: set[int] = set()
    for action in actions:
        if action.agent is None or not action.clause.done or action.meant is not None:
            continue
        enabling = None
        if action.tool is not None:
            enabling = had.get((action.agent, action.tool))
        elif action.does("acquire", "find", "seize") and action.inside is not None:
            enabling = opened.get(action.inside)
        elif action.does("transfer", "hide") and action.thing is not None:
            enabling = had.get((action.agent, action.thing))
        if enabling is not None and enabling.agent == action.agent and _follows(enabling, action):
            before[action.at] = enabling
            leads_on.add(enabling.at)
        if action.thing is not None and action.does("acquire", "find", "seize"):
            had[action.agent, action.thing] = action
        elif action.thing is not None and (action.does("transfer", "hide") or action.verb in ("lose", "drop", "leave")):
            had.pop((action.agent, action.thing), None)
        if action.tool is not None and action.inside is not None:
            opened[action.inside] = action
    for action in actions:
        if action.at in before and action.at not in leads_on:
            chain = [action]
            while chain[0].at in before:
                chain.insert(0, before[chain[0].at])
            if len(chain) >= SHORTEST_CHAIN:
                yield Link("made-possible", tuple(chain))


def _changed(actions: Sequence[Action], cast: Cast, linked: set[str]) -> Iterator[Link]:
    """An entity that changed its description, and the next thing of weight that it does in another chunk."""
    for change in actions:
        if (
            not change.does("change")
            or change.agent is None
            or not _is_description_change(change.clause, cast, change.agent)
        ):
            continue
        later = [
            d for d in actions
            if d.agent == change.agent and d.event.chunk > change.event.chunk and not d.masked and not d.event.past
            and d.thing is not None and d.clause.done
        ]  # fmt: skip
        free = [d for d in later if d.event.id not in linked]
        if later:
            yield Link("changed", (change, (free or later)[0]))


def _back(actions: Sequence[Action], cast: Cast) -> Iterator[Link]:
    """Somebody with a name or a description of their own who is gone for long, and the first thing they do when they
    are back."""
    if not actions:
        return
    long = max(LONG_GONE, (actions[-1].event.chunk - actions[0].event.chunk) // 4)
    for entity in cast.entities:
        own = entity.names or any(len(description.split()) > 1 for description, _ in entity.descriptions)
        if not own or len(entity.chunks) < LEAST_SEEN:
            continue
        for before, after in pairwise(entity.chunks):
            if after - before < long:
                continue
            left = [d for d in actions if d.agent == entity.id and d.event.chunk == before and not d.masked]
            came = [d for d in actions if d.agent == entity.id and d.event.chunk == after and not d.masked]
            if left and came and not came[0].event.past and not left[-1].event.past:
                yield Link("back", (left[-1], came[0]))


def _again(actions: Sequence[Action], found: Sequence[Link]) -> Iterator[Link]:
    """A thing of its own (somebody's, or called by more than its noun) that comes back chunks later, where no other
    link says why. Weak by itself, so it is kept in the ledger and not told."""
    linked = [set(link.events) for link in found]
    last: dict[str, Action] = {}
    for action in actions:
        for thing in sorted(action.things):
            before = last.get(thing)
            last[thing] = action
            if before is None or action.event.chunk - before.event.chunk < COMES_BACK:
                continue
            events = {before.event.id, action.event.id}
            if not any(events <= others for others in linked):
                yield Link("again", (before, action))


def _is_description_change(clause: Clause, cast: Cast, entity: str) -> bool:
    """Whether somebody is said to change from one of the descriptions that they had to another."""
    old, new = clause.of("from"), clause.of("to", "into")
    if old is None or new is None or not old.description or not new.description or clause.object is not None:
        return False
    descriptions = [set(description.split()) for description, _ in cast.entity(entity).descriptions]
    # Who is only ever called by name has no description to compare.
    return not descriptions or any(set(old.description.split()) <= description for description in descriptions)
