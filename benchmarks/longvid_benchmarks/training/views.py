"""What a clip shows of a chunk: a stretch of it, the moments that a sampler takes, and the events seen at these.

Every play of StoryFilm can be told at each of its moments, so an event is seen as soon as one frame shows it whole.
Knows stories and pictures, no prompts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from longvid.cogvlm2.frames import resize_frame
from longvid.cogvlm2.sampling import SAMPLERS, Sampler, sample_times
from longvid_benchmarks.storyfilm.generator import FRAME
from longvid_benchmarks.storyfilm.pictures import Fit, clip, whole_shot
from longvid_benchmarks.storyfilm.story import Chunk, Event, Story

FULL = 24
"""Frames of a whole chunk, as the published model sees it."""
SHOWN = 0.35
"""Seconds inside an event from which on its figures have appeared: half of their fading in, and out."""
FILM_HEIGHT = 360
"""Rows of a rendered film."""


@dataclass(frozen=True, slots=True)
class View:
    """A stretch of one chunk as a model sees it: `times` are film seconds, `start` is where the clip begins."""

    story: Story
    chunk: Chunk
    start: float
    times: tuple[float, ...]
    fit: Fit = "crop"

    @property
    def seconds(self) -> tuple[float, ...]:
        """When each frame is shown, from the start of the clip."""
        return tuple(time - self.start for time in self.times)

    def first_seen(self, event: Event) -> float | None:
        """Film second of the first frame that shows `event`; None where no frame does."""
        seen = (time for time in self.times if event.start + SHOWN <= time <= event.end - SHOWN)
        return next(seen, None)

    def seen(self) -> Chunk:
        """The chunk with the events that are seen alone, each beginning when it is first seen; times as in the film,
        the chunk beginning with the clip."""
        events = [(event, self.first_seen(event)) for event in self.chunk.events]
        kept = tuple(replace(event, start=time) for event, time in events if time is not None)
        return replace(self.chunk, start=self.start, events=kept)

    def frames(self, size: int) -> npt.NDArray[np.uint8]:
        """uint8 RGB [T, size, size, 3], drawn at this size."""
        return clip(self.story, self.chunk, size=size, fit=self.fit, times=self.times)

    def film_frames(self, size: int) -> npt.NDArray[np.uint8]:
        """The same from pictures of the film's own size through the model's resize; an encoder alone is missing."""
        shot = whole_shot(self.story, self.chunk, FILM_HEIGHT)
        return np.stack([resize_frame(shot.frame(time), size, self.fit) for time in self.times])


def whole(story: Story, chunk: Chunk, sampler: Sampler = "uniform", count: int = FULL, fit: Fit = "crop") -> View:
    """The whole chunk, as `longvid summarize` samples it."""
    times = sample_times(sampler, chunk.start, chunk.end, (), FRAME, count)
    return View(story, chunk, chunk.start, tuple(times), fit)


def stretch(story: Story, chunk: Chunk, rng: random.Random, count: int) -> View:
    """`count` frames of a part of the chunk that shows a rare kind of event as likely as a frequent one."""
    event = rng.choices(chunk.events, [_weight(event) for event in chunk.events])[0]
    middle = rng.uniform(event.start + SHOWN, event.end - SHOWN)
    if count == 1:
        return View(story, chunk, middle, (middle,))
    step = rng.uniform(1.0, 3.0)
    start = max(chunk.start, min(middle - rng.random() * step * (count - 1), chunk.end - step * count))
    times = sample_times("uniform", start, min(chunk.end, start + step * count), (), FRAME, count)
    return View(story, chunk, start, tuple(times))


def part(story: Story, chunk: Chunk, rng: random.Random) -> View:
    """A part of the chunk, from 12 s on, as a clip of its own with as many frames."""
    length = rng.uniform(12.0, chunk.end - chunk.start)
    start = rng.uniform(chunk.start, chunk.end - length)
    times = sample_times("uniform", start, start + length, (), FRAME, FULL)
    return View(story, chunk, start, tuple(times))


def any_sampler(rng: random.Random) -> Sampler:
    """Mostly the default one."""
    return rng.choices(SAMPLERS, [SAMPLER_SHARES[name] for name in SAMPLERS])[0]


SAMPLER_SHARES: dict[Sampler, float] = {"uniform": 0.5, "scene": 0.3, "first": 0.2}
WEIGHTS: dict[str, float] = dict.fromkeys(("walk", "greet", "dance", "sleep", "jump"), 0.3) | dict.fromkeys(
    ("change", "unmask", "claim", "unlock", "take", "switch"), 2.0
)
"""How much likelier a stretch is laid around an event of a kind; 1 for the others."""
TAGGED, WITH_THING = 5.0, 2.0
"""And if it shows a name, or an object: sixty names and seventy objects are learnt last."""


def _weight(event: Event) -> float:
    tagged = TAGGED if event.tags else 1.0
    return WEIGHTS.get(event.predicate, 1.0) * tagged * (WITH_THING if "object" in event.roles else 1.0)


def pick(chunks: Sequence[Chunk], rng: random.Random) -> Chunk:
    """One of `chunks`, likelier one with rare events."""
    return rng.choices(chunks, [0.1 + sum(map(_weight, chunk.events)) for chunk in chunks])[0]
