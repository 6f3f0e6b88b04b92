"""A run of one pair of captioner and language model over generated films, and what of it is true.

Films are rendered once; their run folders hold the answers of all pairs, so a run that was killed goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longvid.engine.models import Models
from longvid.pipeline.progress import Silent
from longvid.training.tqa.clip import FilmClips
from longvid.training.tqa.film import clips_from
from longvid.training.tqa.funnel import Funnel
from longvid.training.tqa.making import Made, deliver, settled
from longvid.training.tqa.settings import TQASettings
from longvid_benchmarks.storyfilm.film import render
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.terminal import Advance
from longvid_benchmarks.tqa import eyes, writer
from longvid_benchmarks.tqa.truth import changes, is_right

HEIGHT = 180
"""Rows of a film; what the captioners are shown is smaller."""
UNFILTERED = ("uncaptioned", "filter unreadable", "no change")
"""Where clips end that the filter does not let through."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    right: int
    of: int

    def __str__(self) -> str:
        return f"{self.right / self.of:.3f} ({self.right}/{self.of})" if self.of else "-"


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one pair of models."""

    captions: str
    llm: str
    funnel: Funnel
    filter_precision: Share
    """Of the clips that the filter let through those that change."""
    filter_recall: Share
    """Of the clips that change those that it let through."""
    written: Share
    """Of all pairs that were written those that are right, whatever the rules say of them."""
    kept: Share
    """Of those that are kept."""
    kept_near: Share
    """The same, right within a second."""
    lost: Share
    """Of the right ones those that are not kept, near-duplicates but for."""

    def shares(self) -> tuple[Share, ...]:
        """In the order of the table."""
        return self.filter_precision, self.filter_recall, self.written, self.kept, self.kept_near, self.lost

    def as_json(self) -> dict[str, Any]:
        names = ("filter_precision", "filter_recall", "written", "kept", "kept_near", "lost")
        shares = {name: [share.right, share.of] for name, share in zip(names, self.shares(), strict=True)}
        return {"captions": self.captions, "llm": self.llm, "funnel": self.funnel.as_json(), **shares}


def rendered(folder: Path, seed: int, chunks: int, advance: Advance, done: int, films: int) -> Path:
    """The film of `seed` in `folder`, rendered unless it is there."""
    path = folder / f"{seed}-{chunks}.mp4"
    if not path.exists():
        advance(done, films, f"rendering {seed}")
        folder.mkdir(parents=True, exist_ok=True)
        render(invent(seed, chunks), path, height=HEIGHT)
    return path


def models_of(captions: str, llm: str, story: Story, opened: Callable[[str], Models]) -> Models:
    """The models that a row names, for a film of `story`; `opened` gives those that know no story."""
    base = opened(captions) if captions not in (eyes.PERFECT, eyes.NOISY) else None
    watches = eyes.Eyes(story, captions) if base is None else base.captioner
    writes = writer.Writer(llm) if llm in (writer.PERFECT, writer.CARELESS) else opened(llm).llm
    if watches is None:
        raise ValueError(f"{captions} watches nothing")
    return Models(
        captions,
        dict(watches.identity),
        watches,
        writes,
        llm,
        image_size=eyes.SIZE if base is None else base.image_size,
        caption_tokens=1000 if base is None else base.caption_tokens,
        events_tokens=0,
    )


async def run_row(
    captions: str,
    llm: str,
    films: Sequence[tuple[Story, Path]],
    folder: Path,
    settings: TQASettings,
    opened: Callable[[str], Models],
    advance: Advance,
    *,
    write: bool = False,
) -> Row:
    """What a row makes of `films`, held against their stories; run folders are in `folder`, and where it is to `write`
    it the data set too."""
    found: list[FilmClips] = []
    stories: dict[str, Story] = {}
    for done, (story, path) in enumerate(films):
        advance(done, len(films), f"{captions}, {llm}")
        models = models_of(captions, llm, story, opened)
        found.append(await clips_from(path, folder / "runs", models, settings, Silent()))
        stories[found[-1].film] = story
    made = settled(found, (), settings)
    if write:
        advance(len(films), len(films), f"{captions}, {llm}: writing")
        data = folder / f"{captions}+{llm}"
        data.mkdir(parents=True, exist_ok=True)
        await deliver(made, data, Silent())
    return _scored(captions, llm, made, stories)


def _scored(captions: str, llm: str, made: Made, stories: dict[str, Story]) -> Row:
    clips = made.clips
    passed = [clip for clip in clips if clip.outcome not in UNFILTERED]
    change = {clip.name for clip in clips if changes(stories[clip.film], clip)}
    right = {clip.name for clip in clips if is_right(stories[clip.film], clip)}
    near = {clip.name for clip in clips if is_right(stories[clip.film], clip, 1)}
    kept = [clip for clip in clips if clip.outcome == "kept"]
    distinct = [clip for clip in clips if clip.outcome != "near-duplicate" and clip.name in right]
    return Row(
        captions,
        llm,
        made.funnel,
        Share(sum(clip.name in change for clip in passed), len(passed)),
        Share(sum(clip.name in change for clip in passed), len(change)),
        Share(len(right), sum(clip.pair is not None for clip in clips)),
        Share(sum(clip.name in right for clip in kept), len(kept)),
        Share(sum(clip.name in near for clip in kept), len(kept)),
        Share(sum(clip.outcome != "kept" for clip in distinct), len(distinct)),
    )
