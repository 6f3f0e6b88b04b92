"""Questions of objects, positions and scenes: existence, interaction, direction, localization, transition."""

from __future__ import annotations

from longvid_benchmarks.published.making.actions import ALONE, alone
from longvid_benchmarks.published.making.item import Item, others
from longvid_benchmarks.published.making.world import Act, Cast, Scene, Sight
from longvid_benchmarks.storyfilm.vocabulary import PLACES

DIRECTIONS = {
    "give": "It moves to the right.",
    "steal": "It moves to the left.",
    "hide": "It moves down.",
    "find": "It moves up.",
    "use": "It does not move.",
}
"""Which way an object goes in each act, as the film draws it."""
PARTS = ("at the beginning", "in the middle", "at the end", "throughout the video")
SHORT = 3.0
"""Seconds of an act where there are many."""


def existence(cast: Cast, number: int) -> Item:
    """Whether something is held up. Where it is not, its colour and its kind are, on two other things."""
    people = [figure.id for figure in cast.figures[:2]]
    one, two = cast.rng.sample(cast.things, 2)
    while one.colour == two.colour or one.kind == two.kind:
        one, two = cast.rng.sample(cast.things, 2)
    there = number % 2 == 0
    colour, kind = (one.colour, one.kind) if there else (one.colour, two.kind)

    def read(sight: Sight) -> str | None:
        seen = {event.roles.get("object") for event in sight.events}
        if any(thing.id in seen for thing in cast.things if (thing.colour, thing.kind) == (colour, kind)):
            return "yes"
        return "no" if sight.whole else None

    acts = [Act("use", {"agent": who, "object": what.id}) for who, what in zip(people, (one, two), strict=True)]
    # The pair that is asked for may be in nobody's hands only if nobody holds it.
    return Item(
        (Scene(cast.place(), (cast.prelude(), *acts)),),
        f"Is a {colour} {kind} held up in the video?",
        "yes" if there else "no",
        ("no" if there else "yes", "not sure"),
        read,
    )


def interaction(cast: Cast, number: int) -> Item:
    """Which object one of three holds up; two of the other options are seen."""
    people, things = [figure.id for figure in cast.figures[:3]], cast.things[:3]
    who, right = people[number % 3], things[number % 3].phrase()

    def read(sight: Sight) -> str | None:
        return next((cast.thing(event.roles["object"]) for event in sight.of(who)), None)

    acts = [Act("use", {"agent": agent, "object": what.id}) for agent, what in zip(people, things, strict=True)]
    return Item(
        (Scene(cast.place(), (cast.prelude(), *acts)),),
        f"Which object does {cast.look(who)} hold up?",
        right,
        others(cast, [thing.phrase() for thing in cast.things], right, 3, [thing.phrase() for thing in things]),
        read,
        unseen=(Scene(cast.place(), (Act("use", {"agent": who, "object": cast.things[4].id}),)),),
    )


def direction(cast: Cast, number: int) -> Item:
    """Which way an object goes, beside one that goes another way."""
    one, two = cast.figures[0].id, cast.figures[1].id
    what, beside = cast.things[0], cast.things[1]
    moves = list(DIRECTIONS)
    asked = moves[number % len(moves)]
    other = cast.rng.choice([move for move in moves if move != asked])

    def act(move: str, thing: str) -> Act:
        to = {"give": {"to": two}, "steal": {"of": two}}.get(move, {})
        return Act(move, {"agent": one, "object": thing} | to)

    def read(sight: Sight) -> str | None:
        found = [event.predicate for event in sight.events if event.roles.get("object") == what.id]
        return DIRECTIONS[found[0]] if found else None

    acts = [act(asked, what.id), act(other, beside.id)]
    cast.rng.shuffle(acts)
    return Item(
        (Scene(cast.place(), (cast.prelude(), *acts)),),
        f"In which direction does {what.phrase()} move?",
        DIRECTIONS[asked],
        others(cast, list(DIRECTIONS.values()), DIRECTIONS[asked], 3, [DIRECTIONS[other]]),
        read,
    )


def localization(cast: Cast, number: int) -> Item:
    """In which part of the video somebody does something: in one third, or in all."""
    who, beside = cast.figures[0].id, cast.figures[1].id
    what, else_ = cast.rng.sample(["jump", "dance", "sleep"], 2)
    part = number % len(PARTS)
    doing = [part in (third, 3) for third in (0, 0, 1, 1, 2, 2)]

    def read(sight: Sight) -> str | None:
        after = [event for event in sight.events if event.predicate != "collect"]
        when = [at * 3 // len(after) for at, event in enumerate(after) if event.roles["agent"] == who]
        if not when:
            return None
        return PARTS[3] if len(when) == len(after) > 1 else PARTS[when[0]]

    acts = [alone(cast, what if one else else_, who if one else beside, SHORT) for one in doing]
    place = cast.place()
    return Item(
        (Scene(place, (cast.prelude(2.0), *acts)),),
        f"In which part of the video does {cast.look(who)} {what}?",
        PARTS[part],
        others(cast, PARTS, PARTS[part], 3),
        read,
        unseen=(Scene(place, (alone(cast, what, who, SHORT),)),),
    )


def transition(cast: Cast, number: int) -> Item:
    """How the place changes the second time; the first place is in no option."""
    first, one, two, other = cast.rng.sample(PLACES, 4)

    def told(before: str, after: str) -> str:
        return f"from the {before} to the {after}"

    def read(sight: Sight) -> str | None:
        return told(*sight.places[-2:]) if len(sight.places) > 2 else None

    acts = cast.rng.sample(sorted(ALONE), 2)
    shown = [alone(cast, act, cast.figures[0].id) for act in acts]
    scenes = zip((first, one, two), (cast.prelude(), *shown), strict=True)
    return Item(
        tuple(Scene(place, (act,)) for place, act in scenes),
        "How does the scene change the second time?",
        told(one, two),
        # Each place but the one that all options share is in two: no option stands out among them.
        (told(two, one), told(one, other), told(other, one)),
        read,
    )
