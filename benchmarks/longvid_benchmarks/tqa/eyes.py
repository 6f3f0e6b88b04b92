"""Captioners of single frames that know the story: perfect ones, and ones whose eyes are bad.

A frame that cannot be told apart from another gets the same caption, as from any model. Knows no language model.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from longvid.engine.request import Raw, Request
from longvid.film import read_clip
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import VERSION
from longvid_benchmarks.storyfilm.story import Chunk, Story
from longvid_benchmarks.storyfilm.vocabulary import COLOURS
from longvid_benchmarks.storyfilm.wording import seen_sentence
from longvid_benchmarks.tqa.truth import seen_at

PERFECT, NOISY = "perfect", "noisy"
SIZE = 112
"""Pixels of a side of what they are shown: as `storyfilm-tiny`, so that a film is read once for all."""
LEFT_OUT, MISCOLOURED, INVENTED = 0.10, 0.10, 0.10
"""Shares of frames in which bad eyes leave an event out, tell it in a wrong colour, or see one that is not there."""


class Eyes:
    """Implements `Backend` for the frames of one film, whose times their clips tell."""

    context, batch = 1 << 30, 256

    def __init__(self, story: Story, kind: str) -> None:
        self._story, self._kind = story, kind
        film = [story.seed, len(story.chunks), story.level]
        self.identity: Mapping[str, object] = {"class": f"{kind} eyes", "v": 1, "storyfilm": VERSION, "film": film}

    def count(self, request: Request) -> int:
        return 0

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Raw:
        if request.clip is None:
            raise ValueError("eyes write nothing")
        time = float(read_clip(request.clip.path).times[0])
        seen = seen_at(self._story, time)
        text = gold.caption(self._story, seen) if self._kind == PERFECT else self._badly(seen, time)
        return Raw(text, "stop", 0, len(text.split()))

    def _badly(self, seen: Chunk, time: float) -> str:
        rng = random.Random(f"bad eyes {self._story.seed} {time:.3f}")
        told = [gold.caption(self._story, seen).partition(". ")[0].rstrip(".") + "."]
        told += [seen_sentence(self._story, event, "appearance") for event in seen.events if rng.random() >= LEFT_OUT]
        if rng.random() < INVENTED:
            told.append(seen_sentence(self._story, rng.choice(self._story.events()), "appearance"))
        if rng.random() < MISCOLOURED:
            at = rng.randrange(len(told))
            if colours := [word for word in told[at].replace(",", "").split() if word in COLOURS]:
                told[at] = told[at].replace(rng.choice(colours), rng.choice(sorted(COLOURS)), 1)
        return " ".join(told)
