"""Questions to a story in free words: who, when, what, links between distant scenes, and what is not stated.

Every question has one answer, told by the events that it names; those that are not stated look like the others. Of a
deed that happens twice nothing is asked.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from longvid_benchmarks.storyfilm.questions import NOT_STATED, questions
from longvid_benchmarks.storyfilm.story import Event, Story
from longvid_benchmarks.storyfilm.wording import event_sentence, link_sentence

T = TypeVar("T")
Kind = Literal["who", "when", "what", "link", "not stated"]
EACH = 6
"""Questions of who, when and what of each film; of links all."""
NOT_STATED_OF = 12
"""Questions of each film that it does not answer."""
DEEDS = ("hide", "find", "give", "steal", "use", "unlock", "take")
"""Predicates that who, when and what are asked of: each has a thing."""
BASES = {"hides": "hide", "finds": "find", "gives": "give", "steals": "steal", "lifts": "lift", "opens": "open"}
BASES |= {"takes": "take"}


@dataclass(frozen=True, slots=True)
class StoryQuestion:
    """A question to a story."""

    kind: Kind
    text: str
    events: tuple[str, ...] = ()
    """Ids of the events that answer it together."""
    right: tuple[str, ...] = ()
    """Any of these in an answer is right; empty for `when` and `not stated`."""
    wrong: tuple[str, ...] = ()
    """None of these may be in an answer."""
    named: tuple[str, ...] = ()
    """Figures that the question calls by name."""
    sentence: str | None = None
    """The sentence that tells a link by itself."""
    link: str | None = None
    """What kind of link it is."""


def ask_story(story: Story) -> list[StoryQuestion]:
    """The questions of `story`, the same ones every time."""
    rng = random.Random(f"asked {story.seed} {len(story.chunks)}")
    told = [(event, *_deed(story, event)) for event in story.events() if _is_plain(event)]
    rests = [rest for _, _, rest in told]
    whole = [(who, rest) for _, who, rest in told]
    once = [(event, who, rest) for event, who, rest in told if rests.count(rest) == 1]
    by_name = [(event, who, rest) for event, who, rest in told if whole.count((who, rest)) == 1]
    found = [
        *(_who(story, event, rest) for event, _, rest in _some(rng, once)),
        *(_when(event, who, rest) for event, who, rest in _some(rng, by_name)),
        *_some(rng, list(_what(story, told))),
        *_links(story),
    ]
    texts = {question.text for question in found}
    none = [question for question in _not_stated(story, rng) if question.text not in texts]
    return [*found, *rng.sample(none, min(NOT_STATED_OF, len(none)))]


def _some(rng: random.Random, items: list[T]) -> list[T]:
    return rng.sample(items, min(EACH, len(items)))


def _is_plain(event: Event) -> bool:
    return event.predicate in DEEDS and not event.masked and not event.said


def _deed(story: Story, event: Event) -> tuple[str, str]:
    """Who does it, by name, and the rest of its sentence: "hides the white cup in the chest in the beach"."""
    name = story.figure(event.roles["agent"]).name
    return name, event_sentence(story, event).removeprefix(name).strip(" .")


def _base(rest: str) -> str:
    verb, _, after = rest.partition(" ")
    return f"{BASES[verb]} {after}"


def _who(story: Story, event: Event, rest: str) -> StoryQuestion:
    agent = event.roles["agent"]
    right = (story.figure(agent).name, event.looks[agent].phrase())
    return StoryQuestion("who", f"Who {rest}?", (event.id,), right, _others(story, event), _in(story, rest))


def _when(event: Event, who: str, rest: str) -> StoryQuestion:
    return StoryQuestion("when", f"When does {who} {_base(rest)}?", (event.id,), named=(event.roles["agent"],))


def _what(story: Story, told: list[tuple[Event, str, str]]) -> Iterator[StoryQuestion]:
    """Of deeds that are told apart without their thing."""
    without = [(who, rest.replace(_thing(story, event), "", 1)) for event, who, rest in told]
    for (event, who, _), key in zip(told, without, strict=True):
        if without.count(key) == 1:
            text = f"What does {who} {' '.join(_base(key[1]).split())}?"
            wrong = tuple(t.phrase() for t in story.things if t.phrase() != _thing(story, event))
            named = (event.roles["agent"], *_in(story, key[1]))
            yield StoryQuestion("what", text, (event.id,), (_thing(story, event),), wrong, named)


def _links(story: Story) -> Iterator[StoryQuestion]:
    links = iter(story.links)
    for row in questions(story):
        if row["kind"] == "none":
            continue
        link = next(links)
        right = row["options"][row["answer"]]
        wrong = [option for option in row["options"] if option not in (right, NOT_STATED)]
        if link.kind == "promise-broken":
            right, wrong = "never", []
        if link.kind == "false-claim":
            # The answer may say who was blamed.
            wrong = wrong[1:] if len(wrong) > 1 else []
        sentence = link_sentence(story, link)
        named = _in(story, row["question"])
        yield StoryQuestion("link", row["question"], link.events, (right,), tuple(wrong), named, sentence, link.kind)


def _not_stated(story: Story, rng: random.Random) -> list[StoryQuestion]:
    """Questions of the same looks about what nobody does."""
    found = [row["question"] for row in questions(story) if row["kind"] == "none"]
    deeds = [_deed(story, event) for event in story.events() if _is_plain(event)]
    rests, whole = {rest for _, rest in deeds}, set(deeds)
    things, figures = [thing.phrase() for thing in story.things], [figure.name for figure in story.figures]
    places = sorted({chunk.place for chunk in story.chunks})
    # What is only said to have been stolen is no deed, but a story may speak of it.
    spoken = {event.roles["object"] for event in story.events() if event.predicate in ("claim", "promise", "plan")
              and "object" in event.roles}  # fmt: skip
    quiet = [thing.phrase() for thing in story.things if thing.id not in spoken] or things
    for _ in range(4 * NOT_STATED_OF):
        thing, place = rng.choice(things), rng.choice(places)
        name, other = rng.sample(figures, 2)
        rest = rng.choice(
            [f"hides {thing} in the chest in the {place}", f"lifts {thing}", f"gives {rng.choice(quiet)} to {other}"]
        )
        if rest not in rests:
            found.append(f"Who {rest}?")
        if (name, rest) not in whole:
            found.append(f"When does {name} {_base(rest)}?")
        if not any(who == name and f"in the {place}" in deed and deed.startswith("hides") for who, deed in deeds):
            found.append(f"What does {name} hide in the chest in the {place}?")
        if not any(who == name and deed.endswith(f"to {other}") for who, deed in deeds):
            found.append(f"What does {name} give to {other}?")
    return [StoryQuestion("not stated", text) for text in dict.fromkeys(found)]


def _thing(story: Story, event: Event) -> str:
    return story.thing(event.roles["object"]).phrase()


def _others(story: Story, event: Event) -> tuple[str, ...]:
    """Names of those who have no part in `event`."""
    return tuple(figure.name for figure in story.figures if figure.id not in event.looks)


def _in(story: Story, text: str) -> tuple[str, ...]:
    """Ids of the figures that `text` names."""
    words: Iterable[str] = text.replace(",", " ").replace("?", " ").replace(".", " ").split()
    return tuple(figure.id for figure in story.figures if figure.name in words)
