"""The films of the benchmark: a story with its captions at one level, or a film of the user's own.

Every strategy gets the same evidence about a film. `lines`: event lines, and for who asks for a caption the same events
in the same order as sentences; `captions`: the sentences alone. Knows no strategy and no score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from longvid.captions.imported import ImportedCaptions
from longvid.errors import LongvidError, RunError
from longvid.text import sentences
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.checks import check
from longvid_benchmarks.storyfilm.film import render, write_subtitles
from longvid_benchmarks.storyfilm.generator import VERSION, invent
from longvid_benchmarks.storyfilm.mentions import words as words_of
from longvid_benchmarks.storyfilm.questions import questions
from longvid_benchmarks.storyfilm.scorer import EXTRA, TOLERANCE
from longvid_benchmarks.storyfilm.speech import cues
from longvid_benchmarks.storyfilm.story import Story

Captions = Literal["gold", "appearance", "noisy", "model"]
"""Gold calls everyone by name; appearance by looks, as a viewer sees it; noisy is that with losses and mistakes; model
is what a model says of the rendered film."""
Evidence = Literal["lines", "captions"]
LEVELS: dict[Captions, gold.Level] = {"gold": "named", "appearance": "appearance", "noisy": "noisy"}
KINDS: tuple[Captions, ...] = get_args(Captions)
HEIGHT = 360
"""Rows of a rendered film."""


@dataclass(frozen=True, slots=True)
class Question:
    """Multiple choice, answered from the summary alone."""

    text: str
    options: tuple[str, ...]
    answer: int


@dataclass(frozen=True, slots=True)
class Film:
    """One film as every strategy gets it, and what its summaries are held against."""

    name: str
    """Names its folder: a single, harmless part of a path."""
    captions: str
    evidence: str
    source: ImportedCaptions | Path
    """What is said of its chunks, or the video to watch."""
    digest: str
    """Of all that its summaries are held against: part of a row's key."""
    words: int | None = None
    """How long its summary should be; None grows with the film."""
    seed: int | None = None
    chunks: int | None = None
    """None where only watching will tell."""
    story: Story | None = None
    synopsis: str | None = None
    facts: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    rate: int = 12
    """Frames a second of a story that has to be drawn."""
    said: float = 0.0
    """Share of a story's promises, claims, names and plans that only words tell."""

    @property
    def budget(self) -> int | None:
        """Words of a summary that count, as the scorer grants them over the length that was asked for."""
        return None if self.words is None else int(self.words * TOLERANCE) + EXTRA

    @property
    def asked(self) -> int | None:
        """The length where it is not each story's own: runs of other lengths are other runs."""
        own = self.story is not None and self.synopsis is not None and self.words == words_of(self.synopsis)
        return None if own else self.words

    @property
    def ceiling(self) -> str | None:
        """The best summary that is known: the synopsis, whole sentences within the budget."""
        if self.synopsis is None or self.budget is None:
            return self.synopsis
        kept: list[str] = []
        for sentence in sentences(self.synopsis):
            if words_of(" ".join([*kept, sentence])) > self.budget:
                break
            kept.append(sentence)
        return " ".join(kept)


def story_film(
    seed: int,
    chunks: int,
    captions: Captions,
    evidence: Evidence,
    words: int | None,
    folder: Path,
    rate: int,
    said: float = 0.0,
) -> Film:
    """The story of `seed` with `chunks` chunks. Its length is that of the gold reference unless `words` says other.

    A share `said` of it is only heard: captions that are given have the dialogue beside them, a video its subtitles.
    With captions of a model the source is a video in `folder` with `rate` frames a second, which `prepare` draws, once
    for all benchmarks that share `folder`. Raises LongvidError for a seed whose story breaks its promises: what cannot
    be understood measures nothing.
    """
    story = _story(seed, chunks, said)
    reference = gold.reference(story)
    heard = f"-said{said}" if said else ""
    name = f"storyfilm-{seed}-{chunks}{heard}"
    source = folder / name / f"film-{rate}.mp4" if captions == "model" else _imported(story, captions, evidence)
    return Film(
        name=name,
        captions=captions,
        evidence="model" if captions == "model" else evidence,
        source=source,
        digest=f"storyfilm {VERSION} {seed} {chunks}{heard}",
        words=words_of(reference) if words is None else words,
        seed=seed,
        chunks=chunks,
        story=story,
        synopsis=reference,
        facts=tuple(row["text"] for row in gold.facts(story) if row["salient"]),
        questions=tuple(Question(row["question"], tuple(row["options"]), row["answer"]) for row in questions(story)),
        rate=rate,
        said=said,
    )


def prepare(film: Film, progress: Callable[[float, float], None]) -> None:
    """Draw the video of a story that is to be watched, where it is not there yet.

    Raises RunError when it cannot be written.
    """
    if film.story is not None and isinstance(film.source, Path) and not film.source.exists():
        try:
            film.source.parent.mkdir(parents=True, exist_ok=True)
            if film.said:
                write_subtitles(film.story, film.source.with_suffix(".srt"))
            render(film.story, film.source, height=HEIGHT, rate=film.rate, progress=progress)
        except OSError as error:
            raise RunError(f"cannot write {film.source}: {error.strerror}; choose another -o DIR") from error


@cache
def _story(seed: int, chunks: int, said: float) -> Story:
    story = invent(seed, chunks, said=said)
    broken = check(story)
    if broken:
        raise LongvidError(
            f"seed {seed} with {chunks} chunks breaks its promises ({broken[0]}); leave it out of --seeds"
        )
    return story


def _imported(story: Story, captions: Captions, evidence: Evidence) -> ImportedCaptions:
    level = LEVELS[captions]
    times = [(chunk.start, chunk.end) for chunk in story.chunks]
    name = f"{captions}-{evidence}.jsonl"
    if evidence == "captions":
        return ImportedCaptions.of(name, times, gold.captions(story, level), dialogue=cues(story))
    lines = [gold.event_lines(story, chunk, level) for chunk in story.chunks]
    return ImportedCaptions.of(name, times, gold.captions(story, level), lines, cues(story))
