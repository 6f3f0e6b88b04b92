"""Questions of MVBench's class Action: sequence, prediction, antonym, fine-grained action, unexpected action."""

from __future__ import annotations

from collections.abc import Sequence

from longvid_benchmarks.published.making.item import Item, others
from longvid_benchmarks.published.making.world import Act, Cast, Scene, Sight
from longvid_benchmarks.storyfilm.story import Event

ALONE = {"jump": "jumps", "dance": "dances", "walk": "walks along", "sleep": "sleeps", "use": "holds something up"}
"""What anybody can do alone, and how it is told."""


def alone(cast: Cast, predicate: str, agent: str, seconds: float = 4.0) -> Act:
    """`agent` does what `predicate` of ALONE says."""
    roles = {"agent": agent} | ({"object": cast.things[-1].id} if predicate == "use" else {})
    return Act(predicate, roles, seconds)


def _told(events: Sequence[Event]) -> list[str]:
    return [ALONE[event.predicate] for event in events]


def sequence(cast: Cast, number: int) -> Item:
    """What somebody does right after, or right before, something else; all options are seen."""
    who = cast.figures[0].id
    acts = cast.rng.sample(sorted(ALONE), len(ALONE))
    after = number % 2 == 0
    at = cast.rng.randrange(len(acts) - 1) + (0 if after else 1)
    asked, right = ALONE[acts[at]], ALONE[acts[at + (1 if after else -1)]]

    def read(sight: Sight) -> str | None:
        told = _told(sight.of(who))
        place = told.index(asked) + (1 if after else -1) if asked in told else -1
        return told[place] if 0 <= place < len(told) else None

    return Item(
        (Scene(cast.place(), (cast.prelude(), *(alone(cast, one, who) for one in acts))),),
        f"What does {cast.look(who)} do right {'after' if after else 'before'} it {asked}?",
        right,
        tuple(told for told in ALONE.values() if told not in (asked, right)),
        read,
        unseen=(Scene(cast.place(), (alone(cast, "jump", cast.figures[1].id),)),),
    )


def prediction(cast: Cast, number: int) -> Item:
    """What comes next where three acts take turns; the video shows it behind the part that is asked about."""
    who, place = cast.figures[0].id, cast.place()
    turn = cast.rng.sample(sorted(ALONE), 3)
    shown = [turn[at % 3] for at in range(4 + number % 3)]
    right = turn[len(shown) % 3]

    def read(sight: Sight) -> str | None:
        told = _told(sight.of(who))
        turns = [told[at] == told[at + 3] for at in range(len(told) - 3)]
        return told[len(told) - 3] if turns and all(turns) else None

    return Item(
        (Scene(place, (cast.prelude(), *(alone(cast, one, who) for one in shown))),),
        f"What will {cast.look(who)} do next?",
        ALONE[right],
        others(cast, list(ALONE.values()), ALONE[right], 3, [ALONE[one] for one in turn]),
        read,
        unseen=(Scene(place, (alone(cast, right, who),)),),
    )


def antonym(cast: Cast, number: int) -> Item:
    """An act or its opposite: into the chest, or out of it."""
    who, what = cast.figures[0].id, cast.things[0]
    told = {"hide": "puts it into the chest", "find": "takes it out of the chest"}
    done = sorted(told)[number % 2]

    def read(sight: Sight) -> str | None:
        found = [event.predicate for event in sight.of(who) if event.roles.get("object") == what.id]
        return told[found[0]] if found else None

    return Item(
        (Scene(cast.place(), (cast.prelude(), Act(done, {"agent": who, "object": what.id}))),),
        f"What does {cast.look(who)} do with {what.phrase()}?",
        told[done],
        (*(one for key, one in told.items() if key != done), "not sure"),
        read,
    )


def fine_grained(cast: Cast, number: int) -> Item:
    """What one of three does, each of whom does something else."""
    people = [figure.id for figure in cast.figures[:3]]
    acts = cast.rng.sample(sorted(ALONE), 3)
    who = people[number % 3]
    right = ALONE[acts[number % 3]]

    def read(sight: Sight) -> str | None:
        return next(iter(_told(sight.of(who))), None)

    doing = [alone(cast, act, agent) for act, agent in zip(acts, people, strict=True)]
    return Item(
        (Scene(cast.place(), (cast.prelude(), *doing)),),
        f"What does {cast.look(who)} do?",
        right,
        others(cast, list(ALONE.values()), right, 3, [ALONE[act] for act in acts]),
        read,
    )


def unexpected(cast: Cast, number: int) -> Item:
    """The one act that breaks a row of the same; no other option is seen."""
    who = cast.figures[0].id
    usual, odd = cast.rng.sample(sorted(ALONE), 2)
    acts = [usual] * 4
    acts.insert(2 + number % 2, odd)

    def read(sight: Sight) -> str | None:
        told = _told(sight.of(who))
        once = [one for one in told if told.count(one) == 1]
        return once[0] if len(told) > 2 and len(once) == 1 else None

    return Item(
        (Scene(cast.place(), (cast.prelude(), *(alone(cast, one, who) for one in acts))),),
        f"What unexpected thing does {cast.look(who)} do?",
        ALONE[odd],
        tuple(told for key, told in ALONE.items() if key not in (usual, odd)),
        read,
    )
