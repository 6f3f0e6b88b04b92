"""The truth about a clip of a generated film: what is seen at a second, whether that changes, whether a pair is right.

Knows the story alone, neither captions nor models.
"""

from __future__ import annotations

from dataclasses import replace

from longvid.text.lexical import terms
from longvid.training.tqa.clip import Clip
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.story import Chunk, Event, Story
from longvid_benchmarks.storyfilm.wording import seen_sentence

SHOWN = 0.35
"""Seconds inside an event from which on its figures have appeared: half of their fading in, and out."""
NEUTRAL = terms("happen happens seen start starts begin begins become becomes exactly moment")
"""Words of a question that claim nothing of the film."""


def chunk_at(story: Story, time: float) -> Chunk:
    """The chunk that is shown at `time`, film seconds."""
    return next((chunk for chunk in story.chunks if time < chunk.end), story.chunks[-1])


def seen_at(story: Story, time: float) -> Chunk:
    """The chunk that is shown at `time`, with those of its events that can be told from one frame of then."""
    chunk = chunk_at(story, time)
    events = tuple(event for event in chunk.events if event.start + SHOWN <= time <= event.end - SHOWN)
    return replace(chunk, events=events)


def changes(story: Story, clip: Clip) -> bool:
    """Whether one second of `clip` shows other events, or another place, than the one before."""
    seen = [gold.caption(story, seen_at(story, clip.start + second)) for second in range(clip.frames)]
    return len(set(seen)) > 1


def first_second(story: Story, clip: Clip, event: Event) -> int | None:
    """The first second of `clip` at which `event` is seen; None where it never is, or from the first second on."""
    seen = (second for second in range(clip.frames) if event in seen_at(story, clip.start + second).events)
    return next(seen, None) or None


def is_right(story: Story, clip: Clip, slack: int = 0) -> bool:
    """Whether the pair of `clip` asks about an event of the story, and no other, that is first seen in the second that
    its answer names, or within `slack` seconds of it. Every content word of the question must be true of that event."""
    if clip.pair is None or clip.second is None:
        return False
    asked = terms(clip.pair.question) - NEUTRAL
    meant = {
        first_second(story, clip, event)
        for second in range(clip.frames)
        for event in seen_at(story, clip.start + second).events
        if asked and asked <= _words(story, event)
    }
    (second, *others) = meant or {None}
    return not others and second is not None and abs(second - clip.second) <= slack


def _words(story: Story, event: Event) -> frozenset[str]:
    sentences = [seen_sentence(story, event, "appearance"), seen_sentence(story, event, "named")]
    return terms(" ".join([*sentences, story.chunks[event.chunk].place]))
