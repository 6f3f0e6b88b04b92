"""Questions of counts, attributes, poses, characters and cognition."""

from __future__ import annotations

from itertools import pairwise

from longvid_benchmarks.published.making.actions import alone
from longvid_benchmarks.published.making.item import Item, others
from longvid_benchmarks.published.making.objects import SHORT
from longvid_benchmarks.published.making.world import Act, Cast, Scene, Sight
from longvid_benchmarks.storyfilm.story import Device, Event
from longvid_benchmarks.storyfilm.vocabulary import DEVICES

POSES = {
    "sleep": "lying down",
    "use": "with both arms raised",
    "greet": "waving",
    "walk": "striding along",
}


def action_count(cast: Cast, number: int) -> Item:
    """How often somebody does something: two to four times."""
    who, beside = cast.figures[0].id, cast.figures[1].id
    what, else_ = cast.rng.sample(["jump", "dance", "sleep"], 2)
    times = 2 + number % 3

    def read(sight: Sight) -> str | None:
        done = [event for event in sight.of(who) if event.predicate == what]
        return str(len(done)) if sight.whole else None

    # Somebody else is between, so that two times are not one long one.
    acts = [
        alone(cast, what if turn == 0 and at < times else else_, who if turn == 0 and at < times else beside, SHORT)
        for at in range(4)
        for turn in range(2)
    ]
    return Item(
        (Scene(cast.place(), (cast.prelude(SHORT), *acts)),),
        f"How many times does {cast.look(who)} {what}?",
        str(times),
        tuple(str(count) for count in (2, 3, 4) if count != times),
        read,
    )


def moving_count(cast: Cast, number: int) -> Item:
    """How many figures walk: one to four."""
    count = 1 + number % 4
    doing = ["walk"] * count + [cast.rng.choice(["jump", "dance", "sleep"]) for _ in range(4 - count)]
    cast.rng.shuffle(doing)

    def read(sight: Sight) -> str | None:
        walking = {event.roles["agent"] for event in sight.events if event.predicate == "walk"}
        return str(len(walking)) if sight.whole else None

    acts = [alone(cast, act, figure.id) for act, figure in zip(doing, cast.figures, strict=False)]
    return Item(
        (Scene(cast.place(), (cast.prelude(), *acts)),),
        "How many figures walk along?",
        str(count),
        tuple(str(other) for other in (1, 2, 3, 4) if other != count),
        read,
    )


def moving_attribute(cast: Cast, number: int) -> Item:
    """The colour, or the shape, of the one that walks."""
    people = cast.figures[:3]
    walker = people[number % 3]
    colour = number % 2 == 0
    acts = [
        alone(cast, "walk" if one is walker else cast.rng.choice(["jump", "dance", "sleep"]), one.id) for one in people
    ]

    def told(id: str) -> str:
        look = next(figure for figure in cast.figures if figure.id == id).look
        return look.colour if colour else look.shape

    def read(sight: Sight) -> str | None:
        return next((told(event.roles["agent"]) for event in sight.events if event.predicate == "walk"), None)

    return Item(
        (Scene(cast.place(), (cast.prelude(), *acts)),),
        f"What is the {'colour' if colour else 'shape'} of the figure that walks along?",
        told(walker.id),
        tuple(told(one.id) for one in people if one is not walker),
        read,
    )


def state_change(cast: Cast, number: int) -> Item:
    """The state of a device in the end: it is switched once or twice, so its first state does not tell it."""
    kind, place = cast.rng.choice(sorted(DEVICES)), cast.place()
    device = Device("d0", kind, place)
    cast.devices.append(device)
    first = number % 2
    twice = number // 2 % 2 == 1
    states = DEVICES[kind]

    def switch(agent: str, state: str) -> Act:
        return Act("switch", {"agent": agent, "device": device.id, "state": state})

    acts = [switch(cast.figures[0].id, states[1 - first]), alone(cast, "dance", cast.figures[1].id)]
    acts.append(switch(cast.figures[2].id, states[first]) if twice else alone(cast, "jump", cast.figures[2].id))

    def read(sight: Sight) -> str | None:
        switched = [event.roles["state"] for event in sight.events if event.predicate == "switch"]
        return switched[-1] if sight.whole and switched else None

    right = states[first] if twice else states[1 - first]
    return Item(
        (Scene(place, (cast.prelude(), *acts), ((device.id, states[first]),)),),
        f"What is the state of the {kind} when the video ends?",
        right,
        (next(state for state in states if state != right), "I don't know"),
        read,
    )


def pose(cast: Cast, number: int) -> Item:
    """The pose of one of three who have different ones."""
    people = [figure.id for figure in cast.figures[:3]]
    acts = cast.rng.sample(sorted(POSES), 3)
    at = number % 3
    roles = {"use": {"object": cast.things[0].id}, "greet": {"to": cast.figures[3].id}}

    def read(sight: Sight) -> str | None:
        return next((POSES[event.predicate] for event in sight.of(people[at])), None)

    doing = [Act(act, {"agent": who} | roles.get(act, {})) for act, who in zip(acts, people, strict=True)]
    return Item(
        (Scene(cast.place(), (cast.prelude(), *doing)),),
        f"In which pose is {cast.look(people[at])}?",
        POSES[acts[at]],
        others(cast, list(POSES.values()), POSES[acts[at]], 3),
        read,
    )


def order(cast: Cast, number: int) -> Item:
    """In which order four names are shown."""
    del number
    people = [figure.id for figure in cast.figures[:4]]
    acts = [Act(cast.rng.choice(["jump", "walk", "dance"]), {"agent": who}, named=True) for who in people]

    def told(ids: list[str]) -> str:
        return ", ".join(cast.name(id) for id in ids)

    def read(sight: Sight) -> str | None:
        shown = [event.tags[0] for event in sight.events if event.tags]
        return told(shown) if sight.whole else None

    wrong: list[str] = []
    while len(wrong) < 2:
        other = told(cast.rng.sample(people, 4))
        if other not in (told(people), *wrong):
            wrong.append(other)
    return Item(
        (Scene(cast.place(), (cast.prelude(), *acts)),),
        "In which order are the names shown?",
        told(people),
        tuple(wrong),
        read,
    )


def episode(cast: Cast, number: int) -> Item:
    """Who has a thing in the end, after it went through several hands; another thing goes another way."""
    people = [figure.id for figure in cast.figures[:5]]
    hands = cast.rng.sample(people, 3 + number % 2)
    what, beside = cast.things[0], cast.things[1]
    gives = [Act("give", {"agent": a, "to": b, "object": what.id}) for a, b in pairwise(hands)]
    a, b = cast.rng.sample(people, 2)
    gives.insert(cast.rng.randrange(len(gives) + 1), Act("give", {"agent": a, "to": b, "object": beside.id}))

    def read(sight: Sight) -> str | None:
        given = [event.roles["to"] for event in sight.events if event.roles.get("object") == what.id]
        return cast.look(given[-1]) if sight.whole and given else None

    return Item(
        (Scene(cast.place(), (cast.prelude(), *gives)),),
        f"Who has {what.phrase()} in the end?",
        cast.look(hands[-1]),
        tuple(cast.look(who) for who in people if who != hands[-1]),
        read,
        unseen=(Scene(cast.place(), (Act("give", {"agent": hands[-1], "to": hands[0], "object": what.id}),)),),
    )


def counterfactual(cast: Cast, number: int) -> Item:
    """Who could not have acted without somebody before: what is found was hidden, and what is taken out of a gate was
    behind a lock. Two such chains and an act that needs nothing are seen; the question names no act, so that words
    alone tell nothing."""
    place = cast.place()
    gate = Device("d0", "gate", place)
    cast.devices.append(gate)
    unlocks, takes, hides, finds, free = cast.rng.sample([figure.id for figure in cast.figures[:5]], 5)
    key, inside, hidden = cast.things[:3]
    acts = [
        Act("unlock", {"agent": unlocks, "device": gate.id, "object": key.id}),
        Act("take", {"agent": takes, "object": inside.id, "device": gate.id}),
    ]
    # Each chain in its order; the two of them, and the free act, in any.
    at = cast.rng.randrange(len(acts) + 1)
    acts.insert(at, Act("hide", {"agent": hides, "object": hidden.id}))
    acts.insert(cast.rng.randrange(at + 1, len(acts) + 1), Act("find", {"agent": finds, "object": hidden.id}))
    acts.insert(cast.rng.randrange(len(acts) + 1), alone(cast, cast.rng.choice(["jump", "dance", "walk"]), free))
    who, right = (unlocks, takes) if number % 2 == 0 else (hides, finds)

    def needs(event: Event, before: Event) -> bool:
        if (before.predicate, event.predicate) == ("unlock", "take"):
            return event.roles["device"] == before.roles["device"]
        found = (before.predicate, event.predicate) == ("hide", "find")
        return found and event.roles["object"] == before.roles["object"]

    def read(sight: Sight) -> str | None:
        pairs = ((before, event) for before in sight.of(who) for event in sight.events if needs(event, before))
        return next((cast.look(event.roles["agent"]) for _, event in pairs), None)

    asked = cast.look(who)
    return Item(
        (Scene(place, (cast.prelude(), *acts), ((gate.id, "closed"),)),),
        f"Who could not have done what it did if {asked} had not done what it did?",
        cast.look(right),
        tuple(cast.look(one) for one in (unlocks, takes, hides, finds, free) if one not in (who, right)),
        read,
    )
