"""How each kind of link is laid into a story: which events, in which chunks, with whom and what.

Every function draws chunks and roles at random and raises NoRoom where they do not fit; nothing is booked on the stage
before all of it is known to fit. Gaps are drawn evenly on a logarithmic scale, so that near and far links both occur.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from longvid_benchmarks.storyfilm.casting import NoRoom, Stage
from longvid_benchmarks.storyfilm.vocabulary import DEVICES

MOST_SALIENT = 4
"""Events of links in one chunk; a chunk has room for six, the others are fillers and introductions."""


@dataclass(eq=False, slots=True)
class Draft:
    """An event before its time and looks are known."""

    chunk: int
    predicate: str
    roles: dict[str, str]
    masked: bool = False

    @property
    def on_screen(self) -> list[str]:
        """Figures that take part themselves (not as a look in a bubble)."""
        roles = ["agent"] if self.predicate in ("promise", "claim") else ["agent", "to", "of"]
        return [self.roles[role] for role in roles if role in self.roles]

    @property
    def in_person(self) -> list[str]:
        """Those of them who are seen as themselves: all but a masked agent."""
        return [id for id in self.on_screen if not (self.masked and id == self.roles["agent"])]

    @property
    def in_bubble(self) -> list[str]:
        """Figures whose look is shown in a speech bubble."""
        role = {"promise": "to", "claim": "accused"}.get(self.predicate)
        return [self.roles[role]] if role else []


@dataclass(eq=False, slots=True)
class DraftLink:
    kind: str
    drafts: list[Draft]
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Book:
    """What has been laid out so far."""

    stage: Stage
    drafts: list[list[Draft]]
    links: list[DraftLink] = field(default_factory=list)
    flashbacks: set[int] = field(default_factory=set)
    disguises: list[tuple[int, int]] = field(default_factory=list)
    """Chunks from a masked act to the unmasking; they never overlap, or nobody could tell two masked figures apart."""

    def has_room(self, chunk: int) -> bool:
        return chunk not in self.flashbacks and len(self.drafts[chunk]) < MOST_SALIENT

    def add(self, kind: str, drafts: list[Draft], **detail: Any) -> None:
        for draft in drafts:
            self.put(draft)
        self.links.append(DraftLink(kind, drafts, detail))

    def put(self, draft: Draft) -> None:
        self.drafts[draft.chunk].append(draft)
        self.stage.see(draft.chunk, *draft.in_person, *draft.in_bubble)

    def chunks(self, count: int, *, same_place: tuple[int, int] | None = None, first: int = 0) -> list[int]:
        """`count` chunks of one plot in order, with room; those at the positions `same_place` play in one place."""
        stage, rng = self.stage, self.stage.rng
        for _ in range(80):
            plot = rng.choice(stage.plots)
            able = [c for c in range(first, stage.n) if stage.plots[c] == plot and self.has_room(c)]
            if len(able) < count:
                continue
            whole = math.exp(rng.uniform(0, math.log(max(1, stage.n - 1))))
            begin = rng.choice(able[: len(able) - count + 1])
            end = min((c for c in able if c > begin), key=lambda c: abs(c - begin - whole), default=None)
            inner = [c for c in able if end is not None and begin < c < end]
            if end is None or len(inner) < count - 2:
                continue
            chosen = [begin, *sorted(rng.sample(inner, count - 2)), end] if count > 1 else [begin]
            if same_place is None or stage.places[chosen[same_place[0]]] == stage.places[chosen[same_place[1]]]:
                return chosen
        raise NoRoom("no chunks fit")


def handover_use(book: Book) -> None:
    a, b = book.chunks(2)
    plot = book.stage.plots[a]
    held = book.stage.object_for(a, plot)
    giver, taker = _cast(book, [a], [a, b], plot, held.holder)
    thing = held.thing.id
    book.add(
        "handover-use",
        [
            Draft(a, "give", {"agent": giver, "object": thing, "to": taker}),
            Draft(b, "use", {"agent": taker, "object": thing}),
        ],
    )
    book.stage.keep(held, b, taker)


def hidden_found(book: Book) -> None:
    a, b = book.chunks(2, same_place=(0, 1))
    plot = book.stage.plots[a]
    held = book.stage.object_for(a, plot)
    hider, finder = _cast(book, [a], [b], plot, held.holder)
    thing = held.thing.id
    book.add(
        "hidden-found",
        [
            Draft(a, "hide", {"agent": hider, "object": thing}),
            Draft(b, "find", {"agent": finder, "object": thing}),
        ],
    )
    book.stage.keep(held, b, finder)


def promise_kept(book: Book) -> None:
    a, b = book.chunks(2)
    plot = book.stage.plots[a]
    held = book.stage.object_for(a, plot)
    giver, taker = _cast(book, [a, b], [a, b], plot, held.holder)
    roles = {"agent": giver, "object": held.thing.id, "to": taker}
    book.add("promise-kept", [Draft(a, "promise", dict(roles)), Draft(b, "give", dict(roles))])
    book.stage.keep(held, b, taker)


def promise_broken(book: Book) -> None:
    # At least one more chunk must follow, or nobody could tell that the promise was never kept.
    a, _ = book.chunks(2)
    plot = book.stage.plots[a]
    held = book.stage.new_object()
    giver, taker = book.stage.cast([a], plot, 2)
    roles = {"agent": giver, "object": held.thing.id, "to": taker}
    book.add("promise-broken", [Draft(a, "promise", roles)])
    book.stage.keep(held, a, None)


def state_flipped(book: Book) -> None:
    a, b = book.chunks(2, same_place=(0, 1))
    stage = book.stage
    plot = stage.plots[a]
    device, before = stage.new_device(stage.places[a], list(DEVICES))
    one = stage.cast([a], plot, 1)[0]
    two = stage.cast([b], plot, 1, without=[one])[0]
    states = DEVICES[device.kind]
    after = states[1] if before == states[0] else states[0]
    book.add(
        "state-flipped",
        [
            Draft(a, "switch", {"agent": one, "device": device.id, "state": after}),
            Draft(b, "switch", {"agent": two, "device": device.id, "state": before}),
        ],
    )


def count(book: Book) -> None:
    stage = book.stage
    times = 3 if stage.n >= 9 and stage.rng.random() < 0.5 else 2
    chunks = book.chunks(times)
    counters = {draft.roles["agent"] for link in book.links if link.kind == "count" for draft in link.drafts}
    agent = stage.cast(chunks, stage.plots[chunks[0]], 1, without=counters)[0]
    # Never the same number twice: two equal sentences would be one fact to a reader.
    numbers = stage.rng.sample((1, 2, 3), times)
    drafts = [
        Draft(chunk, "collect", {"agent": agent, "count": str(number)})
        for chunk, number in zip(chunks, numbers, strict=True)
    ]
    book.add("count", drafts, total=sum(numbers))


def returns_changed(book: Book) -> None:
    a, b = book.chunks(2)
    stage = book.stage
    plot = stage.plots[a]
    unable = stage.constant | set(stage.changed) | set(stage.earliest)
    agent = stage.cast([a, b], plot, 1, without=unable)[0]
    later = [c for c in range(a + 1, stage.n) if stage.plots[c] == plot and c != b and book.has_room(c)]
    seen = stage.rng.choice(later) if later else b
    own = stage.new_object()
    other = stage.new_object(without=[own.thing.id])
    old = stage.figures[agent].look
    new = stage.new_look(shape=old.shape, mark=old.mark)
    double = stage.add_lookalike(agent, a)
    stage.changed[agent] = (a, new.colour)
    book.add(
        "returns-changed",
        [
            Draft(a, "change", {"agent": agent, "colour": new.colour}),
            Draft(b, "use", {"agent": agent, "object": own.thing.id}),
        ],
        old=old.colour,
        new=new.colour,
        lookalike=double.id,
    )
    book.put(Draft(seen, "use", {"agent": double.id, "object": other.thing.id}))
    stage.keep(own, b, None)
    stage.keep(other, seen, None)


def alias_revealed(book: Book) -> None:
    stage = book.stage
    a, b = book.chunks(2)
    if any(a <= end and begin <= b for begin, end in book.disguises):
        raise NoRoom("another masked figure is about")
    plot = stage.plots[a]
    seen = stage.present[a] | stage.present[b]
    agent = stage.cast([a, b], plot, 1, without=seen)[0]
    victim = stage.cast([a], plot, 1, without=[agent])[0]
    # The figure must have been seen under its name before, or nobody could say who was unmasked.
    met = any(agent in stage.present[c] for c in range(b))
    earlier = [c for c in range(b) if c != a and book.has_room(c) and stage.may_be(agent, c)]
    if not met and not earlier:
        raise NoRoom("nobody would know the unmasked one")
    held = stage.new_object()
    for chunk in (a, b):
        stage.banned[chunk].add(agent)
    book.disguises.append((a, b))
    book.add(
        "alias-revealed",
        [
            Draft(a, "steal", {"agent": agent, "object": held.thing.id, "of": victim}, masked=True),
            Draft(b, "unmask", {"agent": agent}, masked=True),
        ],
    )
    if not met:
        book.put(Draft(stage.rng.choice(earlier), "walk", {"agent": agent}))
    stage.keep(held, a, None)


def false_claim(book: Book) -> None:
    a, b = book.chunks(2)
    stage = book.stage
    plot = stage.plots[a]
    held = stage.new_object()
    thief, victim = stage.cast([a], plot, 2)
    speaker, accused = stage.cast([b], plot, 2, without=[thief, victim])
    thing = held.thing.id
    book.add(
        "false-claim",
        [
            Draft(a, "steal", {"agent": thief, "object": thing, "of": victim}),
            Draft(b, "claim", {"agent": speaker, "object": thing, "accused": accused}),
        ],
    )
    stage.keep(held, b, None)


def causal_chain(book: Book) -> None:
    a, b, c, d = book.chunks(4, same_place=(1, 2))
    stage = book.stage
    plot = stage.plots[a]
    key = stage.new_object(kinds=("key",))
    prize = stage.new_object(without=[key.thing.id])
    agent = stage.cast([a, b, c, d], plot, 1)[0]
    taker = stage.cast([d], plot, 1, without=[agent])[0]
    device = stage.new_device(stage.places[b], ("gate",), state="closed")[0].id
    book.add(
        "causal-chain",
        [
            Draft(a, "find", {"agent": agent, "object": key.thing.id}),
            Draft(b, "unlock", {"agent": agent, "device": device, "object": key.thing.id}),
            Draft(c, "take", {"agent": agent, "object": prize.thing.id, "device": device}),
            Draft(d, "give", {"agent": agent, "object": prize.thing.id, "to": taker}),
        ],
    )
    stage.keep(key, b, None)
    stage.keep(prize, d, taker)


def flashback(book: Book) -> None:
    stage, rng = book.stage, book.stage.rng
    for _ in range(40):
        late = [c for c in range(max(1, stage.n // 3), stage.n) if not book.drafts[c] or c in book.flashbacks]
        late = [c for c in late if len(book.drafts[c]) < 2]
        if not late:
            break
        shown = rng.choice(late)
        place, plot = stage.places[shown], stage.plots[shown]
        found = [c for c in range(shown) if (stage.places[c], stage.plots[c]) == (place, plot) and book.has_room(c)]
        if not found:
            continue
        a = rng.choice(found)
        held = stage.new_object()
        hider = stage.cast([shown], plot, 1, without={*stage.changed, *stage.earliest})[0]
        finder = stage.cast([a], plot, 1, without=[hider])[0]
        known = [c for c in range(shown) if book.has_room(c) and c != a and stage.may_be(hider, c)]
        seen_before = any(hider in stage.present[c] for c in range(shown))
        if not seen_before and not known:
            continue
        book.flashbacks.add(shown)
        stage.constant.add(hider)
        book.add(
            "flashback",
            [
                Draft(a, "find", {"agent": finder, "object": held.thing.id}),
                Draft(shown, "hide", {"agent": hider, "object": held.thing.id}),
            ],
        )
        if not seen_before:
            book.put(Draft(known[-1], "walk", {"agent": hider}))
        stage.keep(held, shown, None)
        return
    raise NoRoom("no chunk for a flashback")


def _cast(book: Book, first: list[int], second: list[int], plot: int, holder: str | None) -> tuple[str, str]:
    """Two figures: one for the chunks `first` (`holder`, if somebody has the object already), one for `second`."""
    stage = book.stage
    if holder is None:
        one = stage.cast(first, plot, 1)[0]
    elif any(holder in stage.banned[chunk] for chunk in first):
        raise NoRoom("the holder cannot be there")
    else:
        one = holder
    return one, stage.cast(second, plot, 1, without=[one])[0]


KINDS: dict[str, Callable[[Book], None]] = {
    "flashback": flashback,
    "causal-chain": causal_chain,
    "alias-revealed": alias_revealed,
    "returns-changed": returns_changed,
    "hidden-found": hidden_found,
    "state-flipped": state_flipped,
    "count": count,
    "promise-kept": promise_kept,
    "false-claim": false_claim,
    "handover-use": handover_use,
    "promise-broken": promise_broken,
}
"""In the order in which they are tried: the choosy ones first."""
