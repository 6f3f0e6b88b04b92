"""The types of MVBench that StoryFilm can show, each with its maker, and those that it cannot."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from longvid_benchmarks.published.making import actions, objects, states, stills
from longvid_benchmarks.published.making.item import Item, Maker
from longvid_benchmarks.published.making.world import Cast
from longvid_benchmarks.published.tasks import TASKS, Task
from longvid_benchmarks.storyfilm.story import Story

VERSION = 1
"""Raise it when a seed would give other questions or other films."""

MAKERS: Mapping[str, Maker] = {
    "AS": actions.sequence,
    "AP": actions.prediction,
    "AA": actions.antonym,
    "FA": actions.fine_grained,
    "UA": actions.unexpected,
    "OE": objects.existence,
    "OI": objects.interaction,
    "MD": objects.direction,
    "AL": objects.localization,
    "ST": objects.transition,
    "AC": states.action_count,
    "MC": states.moving_count,
    "MA": states.moving_attribute,
    "SC": states.state_change,
    "FP": states.pose,
    "CO": states.order,
    "ER": states.episode,
    "CI": states.counterfactual,
    "S1": stills.action,
    "S2": stills.things,
    "S3": stills.position,
    "S4": stills.scene,
    "S5": stills.count,
    "S6": stills.attribute,
    "S7": stills.pose,
    "S8": stills.text,
    "S9": stills.cognition,
}
"""By the two letters of a task, in MVBench's order; the control behind them."""
LEFT_OUT: Mapping[str, str] = {
    "OS": "nothing in this world is covered and moved about",
    "EN": "its camera does not move",
}
MADE = tuple(task for task in TASKS if task.short in MAKERS)


@dataclass(frozen=True, slots=True)
class Made:
    """One question with its film and its options in their order."""

    task: Task
    number: int
    item: Item
    story: Story
    """All of the video."""
    end: float
    """Where the part ends that is asked about, s; it begins at 0."""
    candidates: tuple[str, ...]

    @property
    def answer(self) -> int:
        return self.candidates.index(self.item.right)


def make(task: Task, seed: int, count: int) -> list[Made]:
    """`count` questions of `task` from `seed`: the right option stands in each place as often as in any other."""
    items: list[tuple[Item, Cast]] = []
    for number in range(count):
        cast = Cast.draw(random.Random(f"mvbench {VERSION} {seed} {task.short} {number}"))
        items.append((MAKERS[task.short](cast, number), cast))
    rng = random.Random(f"places {VERSION} {seed} {task.short}")
    options = 1 + len(items[0][0].wrong) if items else 1
    places = [at % options for at in range(count)]
    rng.shuffle(places)
    return [
        _placed(task, number, seed, item, cast, place, rng)
        for number, ((item, cast), place) in enumerate(zip(items, places, strict=True))
    ]


def _placed(task: Task, number: int, seed: int, item: Item, cast: Cast, place: int, rng: random.Random) -> Made:
    candidates = rng.sample(item.wrong, len(item.wrong))
    candidates.insert(place, item.right)
    end = cast.film(seed, item.scenes).chunks[-1].end
    # What is only seen behind the end has a video of its own to be in where the task is of a part.
    scenes = (*item.scenes, *(item.unseen if task.bound else ()))
    return Made(task, number, item, cast.film(seed, scenes), end, tuple(candidates))
