"""An exact reader of gold captions: from what is said by appearance back to who did what, and to every link.

It knows the canonical sentences and the rules of the world, not the story: that it gets everything back shows that a
story can be understood from its captions at all. It is also the upper bound for every merge strategy.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from longvid.film import Cue
from longvid_benchmarks.storyfilm.hearing import Heard, understood
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, DEVICES, MARKS, NUMBERS, OBJECTS, PLACES, SHAPES, SWITCHES

LOOK = (
    rf"the (?:masked figure|(?:{'|'.join(COLOURS)}) "
    rf"(?:(?:{'|'.join(mark for mark in MARKS if mark != 'plain')}) )?(?:{'|'.join(SHAPES)}))"
)
FIGURE = rf"(?:(?:[A-Z][a-z]+), )?{LOOK},?"
THING = rf"the (?:{'|'.join(COLOURS)}) (?:{'|'.join(OBJECTS)})"
DEVICE = rf"the (?:{'|'.join(DEVICES)}) in the (?:{'|'.join(PLACES)})"
STATES = {(verb, kind): state for (kind, state), verb in SWITCHES.items()}

PATTERNS = {
    "give": rf"(?P<agent>{FIGURE}) gives (?P<object>{THING}) to (?P<to>{FIGURE})",
    "use": rf"(?P<agent>{FIGURE}) lifts (?P<object>{THING})",
    "hide": rf"(?P<agent>{FIGURE}) hides (?P<object>{THING}) in the chest in the \w+",
    "find": rf"(?P<agent>{FIGURE}) finds (?P<object>{THING}) in the chest in the \w+",
    "promise": rf"(?P<agent>{FIGURE}) promises to give (?P<object>{THING}) to (?P<to>{FIGURE})",
    "steal": rf"(?P<agent>{FIGURE}) steals (?P<object>{THING}) from (?P<of>{FIGURE})",
    "unlock": rf"(?P<agent>{FIGURE}) opens (?P<device>{DEVICE}) with (?P<object>{THING})",
    "switch": rf"(?P<agent>{FIGURE}) (?P<state>{'|'.join(SWITCHES.values())}) (?P<device>{DEVICE})",
    "collect": rf"(?P<agent>{FIGURE}) picks up (?P<count>{'|'.join(NUMBERS)}) coins?",
    "change": rf"(?P<agent>{FIGURE}) changes from \w+ to (?P<colour>\w+)",
    "unmask": rf"(?P<agent>{FIGURE}) takes off the mask and is (?P<unmasked>{LOOK})",
    "claim": rf"(?P<agent>{FIGURE}) says that (?P<accused>{FIGURE}) stole (?P<object>{THING})",
    "take": rf"(?P<agent>{FIGURE}) takes (?P<object>{THING}) out of (?P<device>{DEVICE})",
    "speak": rf"(?P<agent>{FIGURE}) says something",
    "greet": rf"(?P<agent>{FIGURE}) greets (?P<to>{FIGURE})",
    "dance": rf"(?P<agent>{FIGURE}) dances",
    "sleep": rf"(?P<agent>{FIGURE}) sleeps",
    "jump": rf"(?P<agent>{FIGURE}) jumps",
    "walk": rf"(?P<agent>{FIGURE}) walks past",
}
COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
PEOPLE = ("agent", "to", "of", "accused")
MASKED = "the masked figure"


@dataclass(slots=True)
class Seen:
    """An event as read: figures by what stands for them, first a look, at the end a name."""

    chunk: int
    predicate: str
    roles: dict[str, str]
    flashback: bool
    masked: bool


@dataclass(frozen=True, slots=True)
class Solved:
    """All events with names for figures, and links as (kind, positions of their events)."""

    events: tuple[Seen, ...]
    links: frozenset[tuple[str, tuple[int, ...]]]


def solve(captions: Sequence[str], dialogue: Sequence[Sequence[Cue]] = ()) -> Solved:
    """Events and links from captions by appearance and what is said in each chunk. Raises ValueError for a sentence
    that is not canonical."""
    events: list[Seen] = []
    owners: dict[str, str] = {}
    disguised: list[Seen] = []
    for chunk, caption in enumerate(captions):
        opening, *rest = [part for part in re.split(r"(?<=\.)\s+", caption) if part]
        past = opening.startswith("A flashback")
        here = [_read(sentence, chunk, past) for sentence in rest]
        if dialogue:
            heard = Heard.of(dialogue[chunk])
            owners.update(heard.names)
            _listen(here, heard.lines)
        # A look in a bubble may belong to somebody who is tagged later in the same chunk.
        coming = {look: name for seen, tags in here for look, name in tags}
        for seen, tags in here:
            owners.update(tags)
            known = {**coming, **owners}
            for role in PEOPLE:
                if role in seen.roles and seen.roles[role] != MASKED:
                    seen.roles[role] = known.get(seen.roles[role], seen.roles[role])
            if seen.predicate == "change":
                _repaint(owners, seen)
            if seen.masked:
                disguised.append(seen)
            if seen.predicate == "unmask":
                look = seen.roles.pop("unmasked")
                for one in disguised:
                    one.roles["agent"] = known.get(look, look)
                disguised.clear()
            events.append(seen)
    # Somebody may be unmasked before the film has shown a name for that look.
    for seen in events:
        for role in PEOPLE:
            if role in seen.roles:
                seen.roles[role] = owners.get(seen.roles[role], seen.roles[role])
    return Solved(tuple(events), frozenset(_links(events)))


def _read(sentence: str, chunk: int, past: bool) -> tuple[Seen, list[tuple[str, str]]]:
    """An event with looks in its roles, and the (look, name) pairs that tags show."""
    text = sentence[0].lower() + sentence[1:-1] if sentence.startswith("The ") else sentence[:-1]
    for predicate, pattern in COMPILED.items():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        roles, tags = {}, []
        for role, value in match.groupdict().items():
            if role in PEOPLE:
                name, _, look = value.rstrip(",").rpartition(", ")
                roles[role] = look
                if name:
                    tags.append((look, name))
            else:
                roles[role] = value
        if predicate == "switch":
            kind = roles["device"].split()[1]
            roles["state"] = STATES[roles["state"], kind]
        if predicate == "collect":
            roles["count"] = str(NUMBERS.index(roles["count"]))
        return Seen(chunk, predicate, roles, past, roles["agent"] == MASKED), tags
    raise ValueError(f"not a canonical sentence: {sentence!r}")


def _listen(here: list[tuple[Seen, list[tuple[str, str]]]], lines: Sequence[Cue]) -> None:
    """Fill in what is said by those who speak, one after the other."""
    speaking = [(seen, tags) for seen, tags in here if seen.predicate in ("speak", "promise", "claim")]
    for (seen, tags), cue in zip(speaking, lines, strict=True):
        if cue.speaker is not None:
            tags.append((seen.roles["agent"], cue.speaker))
        told = understood(cue.text)
        if told is None:
            continue
        predicate, roles = told
        if seen.predicate in ("speak", predicate):
            name = roles.pop("name", None)
            if name is not None:
                tags.append((seen.roles["agent"], name))
            seen.predicate = predicate
            seen.roles |= roles


def _repaint(owners: dict[str, str], seen: Seen) -> None:
    """Give the figure that changes its new look; its old one belongs to nobody until a tag says otherwise."""
    name, colour = seen.roles["agent"], seen.roles["colour"]
    for look in [look for look, owner in owners.items() if owner == name]:
        del owners[look]
        words = look.split()
        owners[" ".join([words[0], colour, *words[2:]])] = name


def _links(events: Sequence[Seen]) -> Iterator[tuple[str, tuple[int, ...]]]:
    by_object: dict[str, list[int]] = defaultdict(list)
    by_device: dict[str, list[int]] = defaultdict(list)
    collected: dict[str, list[int]] = defaultdict(list)
    for index, event in enumerate(events):
        if event.predicate == "plan":
            continue  # nothing happens to what is only spoken of
        if "object" in event.roles:
            by_object[event.roles["object"]].append(index)
        if "device" in event.roles:
            by_device[event.roles["device"]].append(index)
        if event.predicate == "collect":
            collected[event.roles["agent"]].append(index)
    for indices in by_object.values():
        yield from _object_links(events, indices)
    for indices in by_device.values():
        switches = [i for i in indices if events[i].predicate == "switch"]
        yield from (("state-flipped", (a, b)) for a, b in zip(switches[::2], switches[1::2], strict=False))
    yield from (("count", tuple(indices)) for indices in collected.values() if len(indices) > 1)
    yield from _chains(events, by_object, by_device)
    yield from _disguises(events)
    yield from _changes(events, by_object)
    yield from _plans(events)


def _object_links(events: Sequence[Seen], indices: Sequence[int]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for place, index in enumerate(indices):
        event = events[index]
        after = indices[place + 1] if place + 1 < len(indices) else None
        then = events[after] if after is not None else None
        if event.predicate == "promise":
            kept = then is not None and then.predicate == "give" and then.roles == event.roles
            yield ("promise-kept", (index, after)) if kept and after is not None else ("promise-broken", (index,))
        if then is None or after is None:
            continue
        if event.predicate == "give" and then.predicate == "use" and then.roles["agent"] == event.roles["to"]:
            yield "handover-use", (index, after)
        if event.predicate == "hide" and then.predicate == "find":
            yield "hidden-found", (index, after)
        if event.predicate == "find" and then.predicate == "hide" and then.flashback:
            yield "flashback", (index, after)
        if event.predicate == "steal" and then.predicate == "claim" and then.roles["accused"] != event.roles["agent"]:
            yield "false-claim", (index, after)


def _chains(
    events: Sequence[Seen], by_object: dict[str, list[int]], by_device: dict[str, list[int]]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    for index, event in enumerate(events):
        if event.predicate != "unlock":
            continue
        found = _first(i for i in by_object[event.roles["object"]] if events[i].predicate == "find" and i < index)
        taken = _first(i for i in by_device[event.roles["device"]] if events[i].predicate == "take" and i > index)
        if found is None or taken is None:
            continue
        prize = by_object[events[taken].roles["object"]]
        given = _first(i for i in prize if events[i].predicate == "give" and i > taken)
        if given is not None:
            yield "causal-chain", (found, index, taken, given)


def _disguises(events: Sequence[Seen]) -> Iterator[tuple[str, tuple[int, ...]]]:
    act: int | None = None
    for index, event in enumerate(events):
        if event.masked and event.predicate != "unmask":
            act = index
        elif event.predicate == "unmask" and act is not None:
            yield "alias-revealed", (act, index)
            act = None


def _changes(events: Sequence[Seen], by_object: dict[str, list[int]]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for index, event in enumerate(events):
        if event.predicate != "change":
            continue
        later = _first(
            i
            for i in range(index + 1, len(events))
            if events[i].predicate == "use"
            and events[i].roles["agent"] == event.roles["agent"]
            and events[i].chunk > event.chunk
            and len(by_object[events[i].roles["object"]]) == 1
        )
        if later is not None:
            yield "returns-changed", (index, later)


def _plans(events: Sequence[Seen]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for index, event in enumerate(events):
        if event.predicate != "plan":
            continue
        roles = {role: value for role, value in event.roles.items() if role not in ("deed", "place")}
        done = _first(
            i
            for i in range(index + 1, len(events))
            if events[i].predicate == event.roles["deed"] and events[i].roles == roles
        )
        if done is not None:
            yield "plan-carried-out", (index, done)


def _first(indices: Iterable[int]) -> int | None:
    return next(iter(indices), None)
