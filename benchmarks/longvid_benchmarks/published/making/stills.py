"""The control: a question of each of the nine classes that one frame answers, so that who sees but does not follow what
happens can be told from who does not see. Each clip is a single act."""

from __future__ import annotations

from collections.abc import Callable

from longvid_benchmarks.published.making.actions import ALONE, alone
from longvid_benchmarks.published.making.item import Item, others
from longvid_benchmarks.published.making.states import POSES
from longvid_benchmarks.published.making.world import Act, Cast, Scene
from longvid_benchmarks.storyfilm.story import Event
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, NAMES, PLACES, SHAPES

SECONDS = 8.0
"""Of the act."""
MOST_COINS = 3


def _still(
    cast: Cast, act: Act, question: str, right: str, wrong: tuple[str, ...], tells: Callable[[Event], str]
) -> Item:
    """An item whose answer `tells` finds in the first act, whoever sees no more."""
    scene = Scene(cast.place(), (act,))
    return Item((scene,), question, right, wrong, lambda sight: tells(sight.events[0]))


def action(cast: Cast, number: int) -> Item:
    """What somebody does."""
    who, doing = cast.figures[0].id, sorted(ALONE)[number % len(ALONE)]
    wrong = others(cast, list(ALONE.values()), ALONE[doing], 3)
    question = f"What does {cast.look(who)} do?"
    return _still(cast, alone(cast, doing, who, SECONDS), question, ALONE[doing], wrong, lambda e: ALONE[e.predicate])


def things(cast: Cast, number: int) -> Item:
    """What somebody holds up."""
    who, what = cast.figures[0].id, cast.things[number % len(cast.things)]
    wrong = others(cast, [thing.phrase() for thing in cast.things], what.phrase(), 3)
    act = Act("use", {"agent": who, "object": what.id}, SECONDS)
    question = f"Which object does {cast.look(who)} hold up?"
    return _still(cast, act, question, what.phrase(), wrong, lambda e: cast.thing(e.roles["object"]))


def position(cast: Cast, number: int) -> Item:
    """Who of two stands on one side."""
    people = [figure.id for figure in cast.figures[:4]]
    side, role = (("left", "agent"), ("right", "to"))[number % 2]
    act = Act("greet", {"agent": people[0], "to": people[1]}, SECONDS)
    right = cast.look(act.roles[role])
    wrong = tuple(cast.look(who) for who in people if who != act.roles[role])
    return _still(cast, act, f"Who stands on the {side}?", right, wrong, lambda e: cast.look(e.roles[role]))


def scene(cast: Cast, number: int) -> Item:
    """Where it is."""
    who, place = cast.figures[0].id, PLACES[number % len(PLACES)]
    act = alone(cast, cast.rng.choice(sorted(ALONE)), who, SECONDS)
    wrong = others(cast, PLACES, place, 3)
    return Item((Scene(place, (act,)),), "Where is it?", place, wrong, lambda sight: sight.places[0])


def count(cast: Cast, number: int) -> Item:
    """How many coins there are."""
    coins = 1 + number % MOST_COINS
    act = Act("collect", {"agent": cast.figures[0].id, "count": str(coins)}, SECONDS)
    wrong = tuple(str(other) for other in range(1, MOST_COINS + 1) if other != coins)
    return _still(cast, act, "How many coins are there?", str(coins), wrong, lambda e: e.roles["count"])


def attribute(cast: Cast, number: int) -> Item:
    """The colour, or the shape, of the only figure."""
    colour = number % 2 == 0
    look = cast.figures[0].look
    right, pool = (look.colour, list(COLOURS)) if colour else (look.shape, list(SHAPES))
    act = alone(cast, cast.rng.choice(["jump", "dance", "walk"]), cast.figures[0].id, SECONDS)

    def tells(event: Event) -> str:
        seen = event.looks[event.roles["agent"]]
        return seen.colour if colour else seen.shape

    question = f"What is the {'colour' if colour else 'shape'} of the figure?"
    return _still(cast, act, question, right, others(cast, pool, right, 3), tells)


def pose(cast: Cast, number: int) -> Item:
    """The pose of somebody."""
    doing = sorted(POSES)[number % len(POSES)]
    who = cast.figures[0].id
    roles = {"use": {"object": cast.things[0].id}, "greet": {"to": cast.figures[1].id}}
    act = Act(doing, {"agent": who} | roles.get(doing, {}), SECONDS)
    wrong = others(cast, list(POSES.values()), POSES[doing], 3)
    return _still(cast, act, f"In which pose is {cast.look(who)}?", POSES[doing], wrong, lambda e: POSES[e.predicate])


def text(cast: Cast, number: int) -> Item:
    """The name that is written above the only figure."""
    del number
    who = cast.figures[0].id
    act = Act(cast.rng.choice(["jump", "walk", "dance"]), {"agent": who}, SECONDS, named=True)
    wrong = others(cast, NAMES, cast.name(who), 3, [cast.name(figure.id) for figure in cast.figures[1:]])
    question = "Which name is written above the figure?"
    return _still(cast, act, question, cast.name(who), wrong, lambda e: cast.name(e.tags[0]))


def cognition(cast: Cast, number: int) -> Item:
    """Who will get what somebody promises: a picture in a bubble stands for what is to come."""
    people = [figure.id for figure in cast.figures[:5]]
    who, to = people[0], people[1 + number % 4]
    what = cast.things[0]
    act = Act("promise", {"agent": who, "object": what.id, "to": to}, SECONDS)
    wrong = tuple(cast.look(other) for other in people[1:] if other != to)
    question = f"To whom does {cast.look(who)} want to give {what.phrase()}?"
    return _still(cast, act, question, cast.look(to), wrong, lambda e: cast.look(e.roles["to"]))
