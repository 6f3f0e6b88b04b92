"""What is learnt when, and the examples of each batch: they follow from the seed and the number of the batch alone.

Perception begins with single frames around one event, then short stretches, then whole chunks, since a frame costs a
twentieth of a chunk. Writing begins with copying, of which all of its tasks are made, and goes on with short films.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from longvid.cogvlm2.estimates import LABELS, Label
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.training import watching, writing
from longvid_benchmarks.training.earlier import ROLE_BEFORE
from longvid_benchmarks.training.example import TRAIN, Example, Role
from longvid_benchmarks.training.renaming import renamed
from longvid_benchmarks.training.sizes import IMAGE
from longvid_benchmarks.training.thinning import thinned
from longvid_benchmarks.training.views import FULL, any_sampler, part, pick, stretch, whole

FILM_SHARE, SINGLE_FILM_SHARE = 0.6, 0.4
"""Share of the clips, and of the single frames, that are drawn as large as a film's picture and scaled as the tool
scales it: ten times the drawing, which is a hundredth of a second a clip, and what a film shows is learnt by it."""
PART_SHARE, PAD_SHARE = 0.2, 0.06
"""Share of the clips that are shorter than a chunk, as the first and last of a film may be; and of the others, those
that show the whole width of the picture."""
BLOCK = 24
FILMS: dict[Role, int] = {"captioner": 64, "llm": 16}
"""So many batches take their examples from so many films: inventing one takes longer than drawing a few frames, and as
long as all that a strategy asks about it."""
POOL = 12
"""So many batches of writing are cut out of examples sorted by length, so that little is padding."""

LINKS, FILLERS = (0.2, 1.0), (0.05, 0.5)
"""Shares of these that a thinned film keeps."""
ONCE = 0.8
"""Share of the thinned films in which every name is shown once."""
MOST_OF_ONE = 8
"""Examples from one strategy's run over one film."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Part of a curriculum.

    Attributes:
        batches: how many; the last stage of each does not end. Of one that stands beside another it says nothing.
        rows: a batch: clips, or examples in writing.
        tasks: what is asked, with its share; of the LLM: the strategies that ask, or COPY.
        frames: of a clip; one of these numbers a batch. FULL is a whole chunk.
        chunks: fewest and most of a film.
        thin: share of the films that are thinned for the LLM.
        words: least and most that are asked for, as shares of the reference's.
        asked: how many of `tasks` are asked about each whole chunk beside BOTH; 0: one of `tasks` a batch.
        longest: tokens of a prompt with its answer; longer ones are left out.
        beside: stages of which it takes its examples in turn with its own, POOL batches of each.
    """

    name: str
    batches: int
    rows: int
    tasks: Mapping[str, float] = field(hash=False)
    frames: tuple[int, ...] = ()
    chunks: tuple[int, int] = (10, 16)
    asked: int = 0
    thin: float = 0.0
    words: tuple[float, float] = (0.5, 1.3)
    longest: int = 2048
    beside: tuple[Stage, ...] = ()


FOR_EVER = 1_000_000
SINGLE, SINGLE_ROWS = {"caption": 0.9, "events": 0.1}, 48
"""What is asked about single frames, and how many of them a batch beside batches of clips."""
QUESTIONS, SHORT_ROWS, ASKED = {"when": 3.0, "who": 2.0, "look": 1.5}, 16, 6
"""What is asked about few frames beside whole chunks, of how many clips and how often each. To find in a clip what a
question names is learnt where there is little to find it in: of whole chunks alone it was not learnt at all."""
WHOLE_CLIPS = {
    "caption": 0.45,
    "events": 0.35,
    "carried caption": 0.05,
    "carried events": 0.04,
    "reread": 0.03,
    "look": 0.03,
    "when": 0.03,
    "who": 0.02,
}
BOTH = ("caption", "events")
ASKED_TOO = {
    "carried caption": 0.7,
    "carried events": 0.7,
    "reread": 0.6,
    "look": 1.5,
    "when": 3.0,
    "who": 2.0,
}
"""What needs both what is seen and what is told comes last: it can only be learnt by eyes that see. Then all that is
asked about a clip stands in one row, and nine examples cost as much as four."""
ALL_STRATEGIES = dict.fromkeys(writing.STRATEGIES, 1.0)
COPY = {"copy": 1.0}
MERGING = {**{name: 1.0 for name in writing.STRATEGIES if "ledger" not in name}, "ledger": 0.3, "copy": 0.6}
COPYING_TOO = {**ALL_STRATEGIES, "copy": 4.0}
"""Copying out of a short prompt does not teach to copy out of a long one."""

MEDIUM = Stage("medium", 0, 12, {**MERGING, "copy": 0.3}, chunks=(4, 9), thin=1.0, words=(0.7, 1.6), longest=450)
"""Who somebody is and what came before is learnt where little else has to be read, and little to be left out."""
LONG = Stage("long", 0, 4, COPYING_TOO, chunks=(10, 40), thin=0.3)
"""Of an hour's film a prompt is as long as the context allows."""

CURRICULA: dict[Role, tuple[Stage, ...]] = {
    "captioner": (
        Stage("frame", 3200, 48, SINGLE, frames=(1,)),
        Stage("short", 200, 32, {"caption": 0.8, "events": 0.2}, frames=(2, 3, 5)),
        # Single frames go on: one costs a sixth of a clip for each name or object that it teaches.
        Stage("clip", 3100, 16, WHOLE_CLIPS, frames=(1, FULL)),
        Stage("told", FOR_EVER, 8, ASKED_TOO, frames=(1, 5, 8, 12, 16, FULL, FULL), asked=7),
    ),
    "llm": (
        Stage("copy", 1000, 16, COPY, chunks=(2, 5), longest=400),
        Stage("dense", 3800, 16, MERGING, chunks=(2, 6), thin=1.0, words=(1.1, 1.6), longest=260),
        # What is learnt of short prompts alone is not done in long ones, and of long ones alone it is not learnt.
        Stage("film", FOR_EVER, 6, COPYING_TOO, chunks=(6, 16), thin=0.6, longest=1100, beside=(MEDIUM, LONG, MEDIUM)),
    ),
}


def stage_of(role: Role, number: int) -> Stage:
    """The stage to which batch `number` belongs."""
    ends = 0
    for stage in CURRICULA[role]:
        ends += stage.batches
        if number < ends:
            break
    turns = (stage, *stage.beside)
    return turns[number // POOL % len(turns)]


def first_of(role: Role, name: str | None) -> int:
    """Number of the first batch of the stage `name`; none is the last stage. Raises KeyError for a name of none."""
    stages = CURRICULA[role]
    at = {stage.name: number for number, stage in enumerate(stages)}[name or stages[-1].name]
    return sum(stage.batches for stage in stages[:at])


def examples_of(processor: Any, role: Role, seed: int, number: int) -> list[Example]:
    """The examples of batch `number` for the tokenizer of `processor`; all have frames, or none has."""
    rng = random.Random(f"{ROLE_BEFORE[role]} {seed} {number}")
    stage = stage_of(role, number)
    films = _Films(role, seed, number, stage)
    if role == "captioner":
        return _about_clips(processor, stage, rng, films)
    return _pool(processor, stage, seed, number // POOL)[number % POOL]


@dataclass(frozen=True, slots=True)
class _Films:
    """The films from which one batch may take its examples."""

    role: Role
    seed: int
    number: int
    stage: Stage

    def any(self, rng: random.Random) -> Story:
        return _film(self.seed, self.number // BLOCK, rng.randrange(FILMS[self.role]), self.stage.chunks)


@lru_cache(maxsize=2 * max(FILMS.values()))
def _film(seed: int, block: int, index: int, chunks: tuple[int, int]) -> Story:
    rng = random.Random(f"films {seed} {block} {index}")
    return invent(rng.choice(TRAIN), rng.randint(*chunks))


def _about_clips(processor: Any, stage: Stage, rng: random.Random, films: _Films) -> list[Example]:
    """Examples with one label and one number of frames, of one task or as many about each clip: so that rows are about
    equally long."""
    count, label = rng.choice(stage.frames), rng.choice(LABELS)
    tasks, rows, always, asked = stage.tasks, stage.rows, BOTH if stage.asked else (), stage.asked
    if count < max(stage.frames) == FULL:
        tasks, rows, always, asked = (SINGLE, SINGLE_ROWS, (), 0) if count == 1 else (QUESTIONS, SHORT_ROWS, (), ASKED)
        # Numbers of few frames do not say when each is.
        label = label if count == 1 else "seconds"
    names, shares = list(tasks), list(tasks.values())
    task = rng.choices(names, shares)
    made: list[Example] = []
    clips = 0
    while clips < rows:
        questions = [*always, *rng.choices(names, shares, k=asked)] if asked else task
        examples = _about_clip(processor, questions, count, label, rng, films.any(rng))
        made += examples
        clips += bool(examples)
    return made


def _about_clip(
    processor: Any, tasks: Sequence[str], count: int, label: Label, rng: random.Random, story: Story
) -> list[Example]:
    chunk = pick(story.chunks, rng)
    if count < FULL:
        view = stretch(story, chunk, rng, count)
    elif label == "seconds" and rng.random() < PART_SHARE:
        # Numbered frames would not say how long the part is.
        view = part(story, chunk, rng)
    else:
        view = whole(story, chunk, any_sampler(rng), fit="pad" if rng.random() < PAD_SHARE else "crop")
    film = rng.random() < (FILM_SHARE if count > 1 else SINGLE_FILM_SHARE)
    return watching.examples(tasks, view, rng, IMAGE, label=label, count=processor.count_text, film=film)


@lru_cache(maxsize=2)
def _pool(processor: Any, stage: Stage, seed: int, block: int) -> list[list[Example]]:
    """The examples of POOL batches, out of what some strategies ask about some films; those of a batch are of like
    length."""
    rng = random.Random(f"pool {seed} {block}")
    films = _Films("llm", seed, block * POOL, stage)

    def count(text: str) -> int:
        return int(processor.count(text, template="chat"))

    pool: list[tuple[int, Example]] = []
    while len(pool) < POOL * stage.rows:
        story = films.any(rng)
        strategy = rng.choices(list(stage.tasks), list(stage.tasks.values()))[0]
        if strategy in COPY:
            asked = writing.copying(story, rng)
        else:
            if rng.random() < stage.thin:
                once = rng.random() < ONCE
                story = thinned(story, rng, rng.uniform(*LINKS), rng.uniform(*FILLERS), once=once)
            words = max(30, round(len(gold.reference(story).split()) * rng.uniform(*stage.words)))
            asked = writing.examples(story, strategy, words, rng, count)
        # The ledger asks many small questions, a tree a few large ones: neither may drown the other.
        for example in (renamed(example, rng) for example in rng.sample(asked, min(len(asked), MOST_OF_ONE))):
            length = count(example.prompt) + int(processor.count_text(example.answer))
            if length <= stage.longest:
                pool.append((length, example))
    pool = rng.sample(pool, POOL * stage.rows)
    pool.sort(key=lambda item: (item[0], item[1].prompt))
    cut = [[example for _, example in pool[start : start + stage.rows]] for start in range(0, len(pool), stage.rows)]
    rng.shuffle(cut)
    return cut
