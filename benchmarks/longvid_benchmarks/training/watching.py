"""Examples about clips: captions and event lines in the tool's prompts, told of other chunks or not, and questions.

Every answer is what gold says of the frames that are shown, and nothing else: an event that no frame shows is not told,
and a line's second is that of the first frame that shows its event.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from longvid.cogvlm2.estimates import Label
from longvid.engine.prompts import CAPTION, EVENTS
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.story import Chunk, Event, Story
from longvid_benchmarks.storyfilm.wording import event_sentence, figure_phrase
from longvid_benchmarks.training.example import Example
from longvid_benchmarks.training.telling import carried_prompt, list_of, named, numbered, outlined
from longvid_benchmarks.training.views import View

Asked = tuple[str, str] | None
"""A prompt and its answer; none where the clip has nothing to ask about."""
Count = Callable[[str], int]
"""Tokens of a text."""


def caption(view: View, rng: random.Random, count: Count) -> Asked:
    return CAPTION, gold.caption(view.story, view.seen())


def event_lines(view: View, rng: random.Random, count: Count) -> Asked:
    return EVENTS, lines_of(view.story, view.seen())


def carried_caption(view: View, rng: random.Random, count: Count) -> Asked:
    """A caption, told of the rest of the film by a carry."""
    way = rng.choice(("previous", "cast"))
    prompt = carried_prompt(view.story, view.chunk.index, CAPTION, way, count, lines=False)
    return prompt, gold.caption(view.story, named(view.story, view.seen(), prompt))


def carried_lines(view: View, rng: random.Random, count: Count) -> Asked:
    """Event lines, told of the rest of the film by a carry."""
    way = rng.choice(("previous", "cast"))
    prompt = carried_prompt(view.story, view.chunk.index, EVENTS, way, count, lines=True)
    return prompt, lines_of(view.story, named(view.story, view.seen(), prompt))


def reread(view: View, rng: random.Random, count: Count) -> Asked:
    """A second look in the light of an outline."""
    prompt = outlined(view.story, view.chunk.index, rng)
    return prompt, gold.caption(view.story, named(view.story, view.seen(), prompt))


def look(view: View, rng: random.Random, count: Count) -> Asked:
    """Who does what, out of a list: the question with which the ledger looks again."""
    seen = view.seen()
    asked = _asked(view.story, seen, rng, 2)
    if not asked:
        return None
    called = list_of(view.story, seen, rng, rng.randint(1, 3))
    questions, lines = [], []
    for number, event in enumerate(asked, 1):
        who = figure_phrase(view.story, event, event.roles["agent"], "appearance").rstrip(",")
        what = event_sentence(view.story, event, "appearance")[len(who) :].strip(" ,.")
        when = f" at second {event.start - seen.start:.0f}" if rng.random() < 0.7 else ""
        questions.append(f"who {what}{when}")
        bare = event.looks[event.roles["agent"]].phrase()
        lines.append(f"{number} | {called.get(bare, 'somebody else')}")
    told = "; ".join(called.values())
    return prompts.WATCHING["look"].format(cast=told, questions=numbered(questions)), "\n".join(lines)


def when(view: View, rng: random.Random, count: Count) -> Asked:
    """At which second something happens."""
    seen = view.seen()
    asked = _asked(view.story, seen, rng, 1)
    if not asked:
        return None
    sentence = event_sentence(view.story, asked[0], "appearance")
    return prompts.WHEN.format(sentence=sentence), f"{asked[0].start - seen.start:.0f}"


def who(view: View, rng: random.Random, count: Count) -> Asked:
    """Who does something."""
    asked = _asked(view.story, view.seen(), rng, 1)
    if not asked:
        return None
    said = figure_phrase(view.story, asked[0], asked[0].roles["agent"], "appearance").rstrip(",")
    what = event_sentence(view.story, asked[0], "appearance")[len(said) :].strip(" ,.")
    return prompts.WHO.format(what=what), f"{said[0].upper()}{said[1:]}."


def lines_of(story: Story, chunk: Chunk) -> str:
    """The event lines of `chunk` as one text."""
    return "\n".join(gold.event_lines(story, chunk))


def _asked(story: Story, chunk: Chunk, rng: random.Random, most: int) -> list[Event]:
    """At most so many events of `chunk`, in order, of which nobody else there does the same."""
    told = [_what(story, event) for event in chunk.events]
    able = [event for event, what in zip(chunk.events, told, strict=True) if told.count(what) == 1]
    chosen = rng.sample(able, min(most, len(able)))
    return [event for event in able if event in chosen]


def _what(story: Story, event: Event) -> str:
    who = figure_phrase(story, event, event.roles["agent"], "appearance").rstrip(",")
    return event_sentence(story, event, "appearance")[len(who) :]


TASKS: dict[str, Callable[[View, random.Random, Count], Asked]] = {
    "caption": caption,
    "events": event_lines,
    "carried caption": carried_caption,
    "carried events": carried_lines,
    "reread": reread,
    "look": look,
    "when": when,
    "who": who,
}


def examples(
    tasks: Sequence[str],
    view: View,
    rng: random.Random,
    size: int,
    *,
    label: Label,
    count: Count,
    film: bool = False,
) -> list[Example]:
    """An example of each of `tasks` about `view`, whose frames are drawn once; but none where there is nothing to ask
    or to answer, or the same was asked.

    `film` draws the frames as large as the film's, which takes longer.
    """
    asked: dict[str, tuple[str, str]] = {}
    for task in tasks:
        found = TASKS[task](view, rng, count)
        if found is not None and found[1]:
            asked.setdefault(found[0], (task, found[1]))
    if not asked:
        return []
    frames = view.film_frames(size) if film else view.frames(size)
    return [Example(task, prompt, answer, frames, view.seconds, label) for prompt, (task, answer) in asked.items()]
