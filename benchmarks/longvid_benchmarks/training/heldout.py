"""Held-out figures of the small models, over films that they have never seen, each with a 95 % interval over films.

The captioner is asked in every way the tool asks: captions and event lines, each sampler, both labels; beside them
questions about when, who and in what look. The LLM merges gold captions of eight chunks. What is asked of a film
follows from its seed alone. Knows how to measure; `tables` shows it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from longvid.cogvlm2.estimates import LABELS, Label
from longvid.cogvlm2.sampling import SAMPLERS, Sampler
from longvid.engine.prompts import CAPTION_TOKENS, EVENTS_TOKENS
from longvid.pipeline.job import auto_words
from longvid.strategy import Chunk, Limits, Strategy, StrategyConfig
from longvid.strategy.registry import load
from longvid_benchmarks.oracle.author import Author
from longvid_benchmarks.oracle.replies import reply
from longvid_benchmarks.stats import mean_of
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.scorer import Scorer
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.training import evaluation, watching
from longvid_benchmarks.training.evaluation import LLM_TOKENS, QUESTION_TOKENS, Tally, answers
from longvid_benchmarks.training.example import Example
from longvid_benchmarks.training.offline_context import OfflineContext
from longvid_benchmarks.training.views import View, whole
from longvid_benchmarks.training.writing import CAN, CONTEXT

TOLD, QUESTIONS = ("caption", "events"), ("when", "who", "look")
LIMITS = {"caption": CAPTION_TOKENS, "events": EVENTS_TOKENS}
"""Tokens of an answer, as the tool allows them."""
LENGTH, MERGED = 14, 8
"""Chunks of a film that is watched, and of one whose captions are merged."""
CONFUSIONS = 16
"""So many are kept, the most frequent ones."""

Progress = Callable[[float, float], None]


@dataclass(frozen=True, slots=True)
class Films:
    """Which films: `films` seeds from `first` on, of which `chunks` of 14 chunks are watched. `film` draws frames as
    large as a film's and scales them, as the pipeline does; else they are drawn at the model's size."""

    films: int
    first: int
    chunks: int = 4
    film: bool = True

    @property
    def seeds(self) -> range:
        return range(self.first, self.first + self.films)


@dataclass(frozen=True, slots=True)
class _Clip:
    """One view of a film with its frames, which are drawn once for all that is asked about it."""

    seed: int
    view: View
    frames: npt.NDArray[np.uint8]


def captioner(model: Any, processor: Any, films: Films, progress: Progress) -> dict[str, Any]:
    """What the captioner tells of `films`: recall and precision a chunk by way of asking, seconds, questions, words by
    class, and the words that are mistaken for others of their class."""
    stories = [invent(seed, LENGTH) for seed in films.seeds]
    told: dict[tuple[str, str, str], dict[int, Tally]] = {}
    timed: dict[int, list[bool]] = {}
    answered: dict[tuple[str, str], dict[int, list[bool]]] = {}
    done, cells = 0, len(SAMPLERS) * len(LABELS) * len(TOLD + QUESTIONS)
    for sampler in SAMPLERS:
        clips = [clip for story in stories for clip in _clips(story, films, sampler, processor.image_size)]
        for label in LABELS:
            for task in TOLD + QUESTIONS:
                asked = _asked(task, clips, label, processor)
                limit = LIMITS.get(task, QUESTION_TOKENS)
                said = answers(model, processor, [example for _, example in asked], limit)
                for (seed, example), text in zip(asked, said, strict=True):
                    if task in TOLD:
                        tally = told.setdefault((task, sampler, label), {}).setdefault(seed, Tally())
                        _count(tally, example, text)
                    else:
                        answered.setdefault((task, label), {}).setdefault(seed, []).append(
                            evaluation.is_right(example, text)
                        )
                    if task == "events":
                        timed.setdefault(seed, []).extend(
                            evaluation.seconds_within(example.answer, text, evaluation.step_of(example))
                        )
                done += 1
                progress(done, cells)
    return {
        **_told(told),
        "line_seconds": _over_films(timed),
        "questions": [
            {"task": task, "label": label, **_over_films(rows)} for (task, label), rows in sorted(answered.items())
        ],
        **_words(tally for of_film in told.values() for tally in of_film.values()),
    }


def _clips(story: Story, films: Films, sampler: Sampler, size: int) -> list[_Clip]:
    views = [whole(story, chunk, sampler) for chunk in random.Random(story.seed).sample(story.chunks, films.chunks)]
    return [_Clip(story.seed, view, view.film_frames(size) if films.film else view.frames(size)) for view in views]


def _asked(task: str, clips: Sequence[_Clip], label: Label, processor: Any) -> list[tuple[int, Example]]:
    """(seed of the film, the question about one of its clips), without clips that have nothing to ask about."""
    found = []
    for clip in clips:
        rng = random.Random(f"{task} {clip.seed} {clip.view.chunk.index}")
        asked = watching.TASKS[task](clip.view, rng, processor.count_text)
        if asked is not None and asked[1]:
            found.append((clip.seed, Example(task, *asked, clip.frames, clip.view.seconds, label)))
    return found


def _count(tally: Tally, example: Example, said: str) -> None:
    split = evaluation.sentences_of if example.task == "caption" else evaluation.lines_without_second
    tally.add(split(example.answer), split(said))


def _told(told: Mapping[tuple[str, str, str], Mapping[int, Tally]]) -> dict[str, Any]:
    """Recall and precision a chunk: of each way of asking, and of captions and of event lines in all."""
    rows, by_task = [], {}
    for (task, sampler, label), of_film in told.items():
        rows.append({"task": task, "sampler": sampler, "label": label, **_recall_precision([of_film])})
    for task in TOLD:
        by_task[task] = _recall_precision([of_film for key, of_film in told.items() if key[0] == task])
    return {**by_task, "by_way": rows}


def _recall_precision(ways: Sequence[Mapping[int, Tally]]) -> dict[str, Any]:
    def interval(name: str) -> dict[str, Any]:
        values = [
            [getattr(tally, name) / tally.chunks for tally in (way[seed] for way in ways if seed in way)]
            for seed in sorted({seed for way in ways for seed in way})
        ]
        return _interval([sum(of_film) / len(of_film) for of_film in values])

    return {"recall": interval("recall"), "precision": interval("precision")}


def _over_films(rows: Mapping[int, Sequence[bool]]) -> dict[str, Any]:
    """The share of what is right, as a mean over films, and how much was asked."""
    shares = [sum(of_film) / len(of_film) for of_film in rows.values() if of_film]
    return {"asked": sum(map(len, rows.values())), "right": _interval(shares) if shares else None}


def _interval(values: Sequence[float]) -> dict[str, Any]:
    found = asdict(mean_of(values))
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}


def _words(tallies: Iterable[Tally]) -> dict[str, Any]:
    """Words of captions and event lines by class, and the confusions within a class."""
    words: dict[str, list[int]] = {}
    confusions: Counter[tuple[str, str, str]] = Counter()
    for tally in tallies:
        for kind, (of, hit) in tally.words.items():
            counts = words.setdefault(kind, [0, 0])
            counts[0], counts[1] = counts[0] + of, counts[1] + hit
        for (kind, wanted, found), count in tally.confusions.items():
            # Words of two classes that stand in one place are a sentence left out, not one word taken for another.
            if found != "-" and evaluation.kind_of(found) == kind and kind != "verb":
                confusions[kind, wanted, found] += count
    return {
        "words": {kind: {"of": of, "right": round(hit / of, 4)} for kind, (of, hit) in sorted(words.items())},
        "confusions": [[*which, count] for which, count in confusions.most_common(CONFUSIONS)],
    }


def llm(model: Any, processor: Any, films: Films, progress: Progress) -> dict[str, Any]:
    """What the LLM makes of gold captions of eight chunks, beside a perfect LLM with as many words."""
    stories = [invent(seed, MERGED) for seed in films.seeds]
    asked = [_merge(story, lambda text: int(processor.count(text, template="chat"))) for story in stories]
    said: list[str] = []
    for start in range(0, len(asked), evaluation.BATCH):
        said += answers(model, processor, asked[start : start + evaluation.BATCH], LLM_TOKENS)
        progress(len(said), len(asked))
    recall, precision, links = [], [], []
    for story, example, text in zip(stories, asked, said, strict=True):
        scorer = Scorer(story)
        ours, best = scorer.score(text), scorer.score(example.answer)
        recall.append(ours.fact_recall / best.fact_recall if best.fact_recall else 1.0)
        precision.append(ours.fact_precision)
        links.append(ours.link_recall / best.link_recall if best.link_recall else 1.0)
    return {
        "chunks": MERGED,
        "words": round(sum(_words_of(story) for story in stories) / len(stories)),
        "fact_recall_of_limit": _interval(recall),
        "fact_precision": _interval(precision),
        "link_recall_of_limit": _interval(links),
        "exact": round(sum(text == example.answer for text, example in zip(said, asked, strict=True)) / len(said), 4),
    }


def _words_of(story: Story) -> int:
    """The length that the tool asks for when nobody names one."""
    return auto_words(story.chunks[-1].end)


def _merge(story: Story, count: Callable[[str], int]) -> Example:
    """The prompt by which map-reduce merges the gold captions of `story`, and what a perfect LLM answers."""
    author = Author(story)
    context = OfflineContext(
        [Chunk(c.index, c.start, c.end, ((c.start, c.end),), ()) for c in story.chunks],
        gold.captions(story),
        [""] * len(story.chunks),
        write=lambda prompt, tokens: reply(author, prompt),
        ask=lambda index, question: "",
        count=count,
        limits=Limits(context=CONTEXT, caption=CAPTION_TOKENS, max_concurrency=8, words=_words_of(story)),
        capabilities=CAN,
    )
    kind: type[Strategy[StrategyConfig]] = load("map-reduce")
    context.run(kind(kind.Config()))
    return Example("map-reduce reduce", *context.asked[-1])
