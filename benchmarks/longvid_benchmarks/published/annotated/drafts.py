"""What can be asked of one annotated video, by type: question, right answer, and where wrong answers come from. Wording
is longvid's own. Knows no other video but by the pool, no file and no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from math import inf
from pathlib import Path

from longvid_benchmarks.published.annotated.notes import DIRECTIONS, Action, Annotated

NOT_SURE = "not sure"
PLACES = ("at the beginning", "in the middle", "at the end", "throughout")
EDGE = 0.05
"""Of a video's length: by so much an action may reach into the next third of it."""
OPTIONS = {"AA": 3, "OE": 3, "OS": 3, "AC": 3, "SC": 3, "CO": 3, "MA": 3, "ER": 5}
"""Of a question, where MVBench has not four."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A question without its wrong answers."""

    short: str
    video: Path
    start: float
    end: float
    """The part that is asked about, s; to infinity where it is of all."""
    question: str
    right: str
    near: tuple[str, ...] = ()
    """Wrong answers of the same video."""
    pool: str | None = None
    """The kind of answers of other videos that are wrong here; None where there are none."""
    true: tuple[str, ...] = ()
    """What is true of this video, and so can be no wrong answer."""
    whole: bool = False
    """Whether `near` are all the options there are."""
    numeric: bool = False
    """Whether the options are numbers about the right one."""

    @property
    def options(self) -> int:
        return OPTIONS.get(self.short, 4)


Maker = Callable[[Annotated, float], Iterator[Draft]]
"""Drafts of a video of which the part that is annotated is so many seconds long."""


def _only(texts: Sequence[str]) -> set[str]:
    """Those that stand there once."""
    return {text for text, number in Counter(texts).items() if number == 1}


def _texts(one: Annotated) -> tuple[str, ...]:
    return tuple(dict.fromkeys(action.text for action in one.actions))


def _after(one: Annotated) -> Iterator[tuple[Action, Action]]:
    """Each action that happens once with the one that comes right after it, where that is beyond doubt."""
    once = _only([action.text for action in one.actions])
    for at, (this, then) in enumerate(pairwise(one.actions)):
        third = one.actions[at + 2].start if at + 2 < len(one.actions) else inf
        if {this.text, then.text} <= once and this.end <= then.start < third and _ends(one.actions[: at + 1], then):
            yield this, then


def _ends(before: Sequence[Action], then: Action) -> bool:
    return all(action.end <= then.start for action in before)


def sequence(one: Annotated, seconds: float) -> Iterator[Draft]:
    for this, then in _after(one):
        for question, right, named in (
            (f"What is done right after this: {this.text}?", then.text, this.text),
            (f"What is done right before this: {then.text}?", this.text, then.text),
        ):
            near = tuple(text for text in _texts(one) if text not in (right, named))
            yield Draft("AS", one.video, one.start, one.end, question, right, near, "actions", (named,))


def prediction(one: Annotated, seconds: float) -> Iterator[Draft]:
    for this, then in _after(one):
        near = tuple(text for text in _texts(one) if text != then.text)
        asked = "What will be done next?"
        yield Draft("AP", one.video, one.start, this.end, asked, then.text, near, "actions")


def antonym(one: Annotated, seconds: float) -> Iterator[Draft]:
    for action in one.actions:
        if action.opposite is not None and action.opposite not in _texts(one) and len(one.actions) == 1:
            near = (action.opposite, NOT_SURE)
            yield Draft("AA", one.video, one.start, one.end, "What is done here?", action.text, near, whole=True)


def fine_grained(one: Annotated, seconds: float) -> Iterator[Draft]:
    for action in one.actions:
        others = [each for each in one.actions if each is not action]
        if all(each.end <= action.start or each.start >= action.end for each in others):
            part = (one.start, one.end) if not others else (action.start, action.end)
            yield Draft("FA", one.video, *part, "What is done here?", action.text, (), "actions", _texts(one))


def unexpected(one: Annotated, seconds: float) -> Iterator[Draft]:
    odd = [action.text for action in one.actions if action.unexpected]
    if len(odd) == 1:
        near = tuple(text for text in _texts(one) if text != odd[0])
        yield Draft("UA", one.video, one.start, one.end, "What is unexpected here?", odd[0], near, "unexpected")


def existence(one: Annotated, seconds: float) -> Iterator[Draft]:
    """Only what is there: what is not comes from other videos, see `making`."""
    for thing in one.things:
        asked = f"Can this be seen: {thing.name}?"
        yield Draft("OE", one.video, one.start, one.end, asked, "yes", ("no", NOT_SURE), whole=True)


def interaction(one: Annotated, seconds: float) -> Iterator[Draft]:
    blanks = Counter(action.text.replace(action.object, "___") for action in one.actions if action.object)
    objects = tuple(dict.fromkeys(action.object for action in one.actions if action.object))
    for action in one.actions:
        if action.object and blanks[blank := action.text.replace(action.object, "___")] == 1:
            near = tuple(name for name in objects if name != action.object)
            asked = f"What belongs into the blank: {blank}?"
            yield Draft("OI", one.video, one.start, one.end, asked, action.object, near, "objects")


def direction(one: Annotated, seconds: float) -> Iterator[Draft]:
    for name, way in one.directions.items():
        near = tuple(each for each in DIRECTIONS if each != way)
        yield Draft("MD", one.video, one.start, one.end, f"Where does this move: {name}?", way, near)


def localization(one: Annotated, seconds: float) -> Iterator[Draft]:
    once = _only([action.text for action in one.actions])
    for action in one.actions:
        first, last = (action.start - one.start) / seconds, (action.end - one.start) / seconds
        places = {
            PLACES[0]: last <= 1 / 3 + EDGE,
            PLACES[1]: first >= 1 / 3 - EDGE and last <= 2 / 3 + EDGE,
            PLACES[2]: first >= 2 / 3 - EDGE,
            PLACES[3]: first <= EDGE and last >= 1 - EDGE,
        }
        right = [place for place, holds in places.items() if holds]
        if action.text in once and len(right) == 1:
            near = tuple(place for place in PLACES if place != right[0])
            asked = f"When is this done: {action.text}?"
            yield Draft("AL", one.video, one.start, one.end, asked, right[0], near, whole=True)


def transition(one: Annotated, seconds: float) -> Iterator[Draft]:
    def told(first: str, then: str) -> str:
        return f"from {first} to {then}"

    changes = [(first.text, then.text) for first, then in pairwise(one.scenes) if first.text != then.text]
    true = tuple(told(*change) for change in changes)
    for (first, then), right in zip(changes, true, strict=True):
        if len(changes) == 1:
            near = (told(then, first),)
            yield Draft("ST", one.video, one.start, one.end, "How does the scene change?", right, near, "scenes", true)


def action_count(one: Annotated, seconds: float) -> Iterator[Draft]:
    asked = [(count.question, count.count) for count in one.counts if count.of == "actions"]
    numbers = Counter(action.text for action in one.actions)
    asked += [(f"How often is this done: {text}?", number) for text, number in numbers.items() if number > 1]
    yield from (_number("AC", one, question, number) for question, number in asked)


def moving_count(one: Annotated, seconds: float) -> Iterator[Draft]:
    asked = [(count.question, count.count) for count in one.counts if count.of == "objects"]
    if one.things and all(thing.moving is not None for thing in one.things):
        asked.append(("How many objects move?", sum(thing.moving is True for thing in one.things)))
    yield from (_number("MC", one, question, number) for question, number in asked)


def _number(short: str, one: Annotated, question: str, number: int) -> Draft:
    return Draft(short, one.video, one.start, one.end, question, str(number), numeric=True)


def moving_attribute(one: Annotated, seconds: float) -> Iterator[Draft]:
    moving = [thing for thing in one.things if thing.moving]
    if len(moving) != 1 or any(thing.moving is None for thing in one.things):
        return
    for name, right, values in (
        ("colour", moving[0].colour, [thing.colour for thing in one.things]),
        ("shape", moving[0].shape, [thing.shape for thing in one.things]),
    ):
        if right is not None:
            near = tuple(dict.fromkeys(value for value in values if value is not None and value != right))
            asked = f"What is the {name} of what moves?"
            yield Draft("MA", one.video, one.start, one.end, asked, right, near, f"{name}s")


def state_change(one: Annotated, seconds: float) -> Iterator[Draft]:
    once = _only([state.object for state in one.states])
    for state in one.states:
        if state.object in once and state.before != state.after:
            asked = f"How is this at the end: {state.object}?"
            near = (state.before, NOT_SURE)
            yield Draft("SC", one.video, one.start, one.end, asked, state.after, near, whole=True)


def pose(one: Annotated, seconds: float) -> Iterator[Draft]:
    for right in one.poses[:1] if len(set(one.poses)) == 1 else ():
        yield Draft("FP", one.video, one.start, one.end, "Which pose or movement is it?", right, (), "poses", one.poses)


def order(one: Annotated, seconds: float) -> Iterator[Draft]:
    if 2 < len(one.order) == len(set(one.order)) < 7:
        right = ", ".join(one.order)
        near = tuple(", ".join(each) for each in permutations(one.order) if each != one.order)
        yield Draft("CO", one.video, one.start, one.end, "In which order do these appear?", right, near)


def asked(one: Annotated, seconds: float) -> Iterator[Draft]:
    for pair in one.pairs:
        whole, pool = bool(pair.options), f"answers {pair.short}"
        yield Draft(
            pair.short, one.video, one.start, one.end, pair.question, pair.answer, pair.options,
            None if whole else pool, whole=whole,
        )  # fmt: skip


MAKERS: Sequence[Maker] = (
    sequence, prediction, antonym, fine_grained, unexpected, existence, interaction, direction, localization,
    transition, action_count, moving_count, moving_attribute, state_change, pose, order, asked,
)  # fmt: skip
NEEDS: Mapping[str, str] = {
    "AS": "a video with actions one after the other",
    "AP": "a video with actions one after the other",
    "AA": "a video of one action with its `opposite`",
    "FA": "actions that no other overlaps",
    "UA": "a video with one action that is `unexpected`, and other actions",
    "OE": "`objects` of several videos",
    "OI": "actions with their `object`",
    "OS": "`qa` of its type",
    "MD": "`directions`",
    "AL": "actions within a third of the video, or all over it",
    "ST": "a video with two `scenes`",
    "AC": "`counts` of actions, or an action that is done again",
    "MC": "`counts` of objects, or `objects` with `moving`",
    "MA": "`objects` of which one is `moving`, with `colour` or `shape`",
    "SC": "`states`",
    "FP": "`poses`",
    "CO": "an `order` of three to six",
    "EN": "`qa` of its type",
    "ER": "`qa` of its type",
    "CI": "`qa` of its type",
}
"""What a type is made of."""


def answers_of(one: Annotated) -> Iterator[tuple[str, str]]:
    """What other videos can be asked wrongly with: its kind and the words."""
    yield from (("actions", action.text) for action in one.actions)
    yield from (("unexpected", action.text) for action in one.actions if action.unexpected)
    yield from (("objects", action.object) for action in one.actions if action.object)
    yield from (("things", thing.name) for thing in one.things)
    yield from (("colours", thing.colour) for thing in one.things if thing.colour)
    yield from (("shapes", thing.shape) for thing in one.things if thing.shape)
    yield from (("poses", pose) for pose in one.poses)
    yield from (("scenes", f"from {first.text} to {then.text}") for first, then in pairwise(one.scenes))
    yield from ((f"answers {pair.short}", pair.answer) for pair in one.pairs)
