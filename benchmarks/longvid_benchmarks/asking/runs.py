"""One film asked all its questions, as `longvid ask` does it, and which answers are right.

The film is given as captions, merged by one strategy, and then asked from its run folder. No language model judges.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from longvid.api import Asked, IngestSettings, Job, Session, load_strategy, merge, open_existing
from longvid.captions.imported import ImportedCaptions
from longvid.engine.models import Models
from longvid_benchmarks.compare.films import Film
from longvid_benchmarks.oracle.llm import for_story
from longvid_benchmarks.storyfilm.asked import StoryQuestion, ask_story
from longvid_benchmarks.storyfilm.story import Story


@dataclass(frozen=True, slots=True)
class Row:
    """A question, and what came of it."""

    film: str
    seed: int
    chunks: int
    captions: str
    llm: str
    kind: str
    link: str | None
    question: str
    outcome: str
    answer: str
    right: bool
    shown: bool
    """Whether passages of all chunks that answer it were among those shown."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def ask_film(
    film: Film, models: Models, strategy: str, folder: Path, advance: Callable[[float], None]
) -> list[Row]:
    """Merge `film` by `strategy` and ask it every question of its story; `advance` is told the share that is done.

    Raises LongvidError for whatever the user can mend.
    """
    story = film.story
    if story is None or not isinstance(film.source, ImportedCaptions):
        raise ValueError("questions are asked of invented stories, given as captions")
    models = for_story(models, story)
    job = Job(load_strategy(strategy)(), IngestSettings(), words=film.words, formats=("json",), directory=folder)
    report = await merge(film.source, job, models)
    rows = []
    with open_existing(Path(report.run)) as opened:
        session = Session(opened, models)
        questions = ask_story(story)
        for done, question in enumerate(questions):
            # Each for itself: what was asked before must not help.
            session.history.clear()
            asked = await session.ask(question.text)
            rows.append(_row(film, models, story, question, asked))
            advance((done + 1) / len(questions))
        session.close()
    return rows


def _row(film: Film, models: Models, story: Story, question: StoryQuestion, asked: Asked) -> Row:
    events = {event.id: event for event in story.events()}
    needed = {events[id].chunk for id in question.events}
    return Row(
        film=film.name,
        seed=story.seed,
        chunks=len(story.chunks),
        captions=film.captions,
        llm=models.llm_name,
        kind=question.kind,
        link=question.link,
        question=question.text,
        outcome=asked.status,
        answer=asked.answer,
        right=is_right(question, asked, needed),
        shown=needed <= set(asked.seen),
    )


def is_right(question: StoryQuestion, asked: Asked, chunks: set[int]) -> bool:
    """Whether `asked` answers `question`: with one of the right words and none of the wrong, or all of its evidence
    from the right chunk."""
    if question.kind == "not stated":
        return asked.status == "not shown"
    if asked.status != "answered":
        return False
    if question.kind == "when":
        return bool(asked.evidence) and {evidence.chunk for evidence in asked.evidence} <= chunks
    right, wrong = (_first(asked.answer, words) for words in (question.right, question.wrong))
    # Who does something is named before those to whom it is done; of links nothing that is wrong may be said.
    return right is not None and (wrong is None or (question.kind == "who" and right < wrong))


def _first(text: str, words: Sequence[str]) -> int | None:
    """Where the first of `words` stands in `text`; None where there is none."""
    found = [match.start() for word in words if (match := re.search(rf"\b{re.escape(word)}\b", text, re.I))]
    return min(found, default=None)
