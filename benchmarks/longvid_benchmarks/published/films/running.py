"""A run of the benchmarks of long films: films are watched, questions asked, answers judged where that is needed.

films/             the run folders of films, where each is watched once: what a run that goes on takes up
answers.sqlite     answers about clips, and every reply of a judge
answers.jsonl      a line a question: what was asked, the right answer, what was said
judgements.jsonl   a line a judgement: the judge's prompt, its reply to the letter, and what was read of it
results.json       the result that is printed too
table.md           the tables
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longvid.engine.models import Models
from longvid.engine.request import Backend
from longvid.errors import RunError
from longvid.files import make_empty
from longvid.run import Store, canonical
from longvid_benchmarks.markdown import aligned
from longvid_benchmarks.published.films.asking import Said, by_clip, by_film, subtitles_of
from longvid_benchmarks.published.films.judging import Judged, judge_prompt, read_verdict, reply_tokens
from longvid_benchmarks.published.films.questions import Asked, FilmData
from longvid_benchmarks.published.films.scores import scores
from longvid_benchmarks.published.films.sets import ROWS, FilmSet
from longvid_benchmarks.published.openended.judging import replies
from longvid_benchmarks.published.openended.running import NO_JUDGE
from longvid_benchmarks.published.openended.scores import Score
from longvid_benchmarks.published.questions import Unasked
from longvid_benchmarks.published.running import write_all
from longvid_benchmarks.published.watching_films import FilmWatcher
from longvid_benchmarks.terminal import Advance

FRAMES = 24


@dataclass(frozen=True, slots=True)
class Way:
    """How films are watched."""

    clip: bool
    """One clip of each film, in place of all of it in chunks."""
    strategy: str = "ledger"
    looks: int = 2
    subtitles: Path | None = None
    """In place of the data's own."""

    @property
    def name(self) -> str:
        return "clip" if self.clip else "film"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    said: tuple[Said, ...]
    judged: tuple[Judged, ...]
    unasked: tuple[Unasked, ...]
    told: tuple[str, ...]
    """What whoever reads the answers should know."""

    @property
    def scores(self) -> list[Score]:
        return scores(self.said, self.judged)


async def run(
    data: Sequence[FilmData],
    folder: Path,
    models: Models,
    judge: tuple[Backend, str] | None,
    way: Way,
    out: Path,
    advance: Advance,
) -> Outcome:
    """Ask the questions of `data`, which lies in `folder`, and let `judge`, a model and its name, read the answers that
    need one; all is kept in `out`.

    Raises LongvidError where a model or the judge cannot answer.
    """
    try:
        make_empty(out / "answers.sqlite")
        for left in (out / "clips").glob("*.clip"):  # of a run that was killed
            left.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"{out} cannot be written: {error.strerror}; choose another -o DIR") from error
    told: list[str] = []
    found: list[Said | Unasked] = []
    with Store(out / "answers.sqlite") as store:
        if way.clip:
            asked = [question for one in data for question in one.questions]
            found = await by_clip(models, FRAMES, asked, store, out / "clips", advance)
        else:
            for one in data:
                lines = way.subtitles or subtitles_of(folder, one.of, out / "subtitles" / one.of.name)
                watcher = FilmWatcher(models, out / "films", way.strategy, FRAMES, way.looks, lines, tell=told.append)
                found += await by_film(watcher, one.questions, advance)
        said = tuple(one for one in found if isinstance(one, Said))
        judged = () if judge is None else await _judgements(said, judge, store, advance)
    unasked = (*(each for one in data for each in one.unasked), *(one for one in found if isinstance(one, Unasked)))
    return Outcome(said, tuple(judged), unasked, tuple(told))


async def _judgements(
    said: Sequence[Said], judge: tuple[Backend, str], store: Store, advance: Advance
) -> tuple[Judged, ...]:
    found: list[Judged] = []
    for tokens in sorted({reply_tokens(one.asked.of) for one in said}):
        wanted = [
            (one, prompt)
            for one in said
            if reply_tokens(one.asked.of) == tokens and (prompt := judge_prompt(one)) is not None
        ]
        told = await replies(*judge, store, [prompt for _, prompt in wanted], tokens, advance)
        found += [
            Judged(one, prompt, reply, read_verdict(one, reply))
            for (one, prompt), reply in zip(wanted, told, strict=True)
        ]
    return tuple(found)


def result(
    outcome: Outcome,
    data: Sequence[FilmData],
    models: Models,
    judge: tuple[Backend, str] | None,
    way: Way,
    limit: int | None,
) -> dict[str, Any]:
    """The JSON of a run. Accuracies are in percent."""
    mine = {one.name for one in outcome.scores}
    return {
        "benchmark": "films",
        "tasks": [one.of.name for one in data],
        "model": models.name,
        "llm": None if way.clip else models.llm_name,
        "identity": dict(models.captioner_identity),
        "way": way.name,
        "strategy": None if way.clip else way.strategy,
        "looks": None if way.clip else way.looks,
        "frames": FRAMES,
        "judge": None if judge is None else {"name": judge[1], "identity": dict(judge[0].identity)},
        "wording": {one.of.name: one.of.wording for one in data},
        "published_wording": True,
        "limit": limit,
        "asked": len(outcome.said),
        "judged": len(outcome.judged),
        "unread": sum(one.verdict is None for one in outcome.judged),
        "scores": [one.as_json() for one in outcome.scores],
        "unasked": dict(Counter(one.fault for one in outcome.unasked)),
        "published": [
            {"model": row.model, "name": row.of, "value": row.score, "source": row.source}
            for row in ROWS
            if row.of in mine
        ],
    }


def table(outcome: Outcome, model: str) -> list[str]:
    """Ours beside what was published, a line a figure."""
    mine = outcome.scores
    names = list(dict.fromkeys(row.model for row in ROWS if row.of in {one.name for one in mine}))
    published = {(row.model, row.of): f"{row.score:.2f}" for row in ROWS}
    head = ("", model, "95 %", "of", "unread", "unread as wrong", *names)
    rows = []
    for one in mine:
        ends = "-" if one.interval is None else f"{one.interval[0]:.2f} to {one.interval[1]:.2f}"
        rows.append(
            (
                one.name,
                "-" if one.value is None else f"{one.value:.2f}",
                ends,
                str(one.of),
                str(one.unread),
                "-" if one.as_wrong is None else f"{one.as_wrong:.2f}",
                *(published.get((name, one.name), "-") for name in names),
            )
        )
    return aligned([head, *rows]) if rows else []


def remarks(outcome: Outcome, data: Sequence[FilmData], judge: str | None, way: Way, limit: int | None) -> list[str]:
    """What a reader of the table must know."""
    lines = []
    if way.clip:
        lines.append(f"each question was asked of {FRAMES} frames from all over its film, in the published words")
    else:
        lines.append(
            f"each film was watched once ({way.strategy}), and the published words stand behind what is known of it: a "
            "published figure beside it is of a model that was shown frames"
        )
    judges = {one.of.title: one.of.judge for one in data if one.of.judge is not None}
    if judges:
        lines.append(NO_JUDGE if judge is None else f"judge: {judge}; a score is worth something beside its judge's")
        lines += [f"{title}: published figures are by {name}" for title, name in judges.items()]
    published = {row.of for row in ROWS} & {one.name for one in outcome.scores}
    if published and (limit is not None or outcome.unasked or any(one.absent for one in data)):
        lines.append("published figures are of all questions; these are of a part")
    lines += sorted({f"{row.model}: {row.source}" for row in ROWS if row.of in published})
    if unread := [one for one in outcome.judged if one.verdict is None]:
        shown = " ".join(unread[0].reply.split())[:80]
        lines.append(f"{len(unread)} of {len(outcome.judged)} replies cannot be read, such as {shown!r}: left out")
    lines += [f"{one.of.title}: {', '.join(one.absent)} not there" for one in data if one.absent]
    for fault, number in Counter(one.fault for one in outcome.unasked).items():
        first = next(one for one in outcome.unasked if one.fault == fault)
        lines.append(f"not asked, {fault}: {number}, such as {first.task.name} {first.number}: {first.why}")
    return [*lines, *outcome.told]


def write_files(out: Path, outcome: Outcome, found: dict[str, Any], lines: Sequence[str]) -> list[Path]:
    """Write what came of a run into `out`. Raises RunError."""
    told = [*map(_line, outcome.said), *map(_unasked, outcome.unasked)]
    wanted = {
        "answers.jsonl": "".join(f"{line}\n" for line in told),
        "judgements.jsonl": "".join(f"{_judged(one)}\n" for one in outcome.judged),
        "results.json": json.dumps(found, indent=1) + "\n",
        "table.md": "".join(f"{line}\n" for line in lines),
    }
    return write_all(out, wanted)


def _place(asked: Asked) -> dict[str, Any]:
    return {"benchmark": asked.of.name, "part": asked.part, "number": asked.number, "film": asked.film.name}


def _line(one: Said) -> str:
    asked = one.asked
    told = {**_place(asked), "question": asked.text, "candidates": list(asked.candidates), "answer": asked.answer}
    return canonical({**told, "said": one.text})


def _judged(one: Judged) -> str:
    read = None if one.verdict is None else dict(one.verdict)
    return canonical({**_place(one.said.asked), "prompt": one.prompt, "reply": one.reply, "read": read})


def _unasked(one: Unasked) -> str:
    return canonical({"task": one.task.name, "number": one.number, "fault": one.fault, "why": one.why})


def needs_judge(sets: Sequence[FilmSet]) -> bool:
    """Whether any of `sets` has answers that only a judge can read."""
    return any(one.judge is not None for one in sets)
