"""What a model told of a film, held against its story: acts told, how much of it is true, and whether its seconds are.

Counted by the scorer of generated films, which credits plain sentences; free prose is under-credited, in every way of
watching alike. Knows no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from longvid.captions.events import parse_events
from longvid_benchmarks.storyfilm.scorer import Scorer
from longvid_benchmarks.storyfilm.story import Event, Story
from longvid_benchmarks.watch.ways import Part

WORDS = 1_000_000
"""No caption is cut: a budget that none uses up."""
SLACK = 1.5
"""Seconds beside an act that count as within: half of the step between two of 24 frames of a minute, and rounding."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of one part."""

    part: Part
    times: tuple[float, ...]
    """Of the frames that were shown, s from the start of the part."""
    caption: str
    events: str
    """Event lines, each with a second."""


@dataclass(frozen=True, slots=True)
class FilmScore:
    """What came of one film."""

    told: float
    """Share of the acts that matter which the captions tell."""
    true: float
    """Share of true claims among those that captions make."""
    timed: int
    """Event lines of an act that this part shows, with a second."""
    placed: int
    """Of those, how many name a second of that act."""
    by_number: int
    """The same where what stands there is read as the number of a frame."""


def score_film(story: Story, told: Sequence[Told]) -> FilmScore:
    """Hold all that was `told` of `story` against it."""
    scorer = Scorer(story, WORDS)
    whole = scorer.score("\n\n".join(one.caption for one in told))
    events = {event.id: event for event in scorer.salient}
    timed = placed = by_number = 0
    for one in told:
        for line in parse_events(one.events, 0).events:
            found = [events[id] for id in scorer.score(f"{line.who} {line.what}.").facts_told]
            shown = [event for event in found if event.start < one.part.end and event.end > one.part.start]
            if line.second is None or not shown:
                continue
            timed += 1
            placed += _within(shown, one.part.start + line.second)
            at = int(line.second)
            by_number += at < len(one.times) and _within(shown, one.part.start + one.times[at])
    return FilmScore(whole.fact_recall, whole.fact_precision, timed, placed, by_number)


def _within(events: Sequence[Event], second: float) -> bool:
    return any(event.start - SLACK <= second <= event.end + SLACK for event in events)
