"""A run of the benchmarks with a judge: questions are asked, answers judged where a judge is named, all of it kept.

answers.sqlite     every answer and every reply, by the hash of all that decides it: what a run that goes on takes up
answers.jsonl      a line a question: what was asked, the right answer, what the model said
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
from longvid_benchmarks.published.asking import Answered, Asking
from longvid_benchmarks.published.openended.judging import Judge, Judged
from longvid_benchmarks.published.openended.questions import Open, OpenData, listed
from longvid_benchmarks.published.openended.scores import Score, scores
from longvid_benchmarks.published.openended.sets import QA, ROWS, VCG
from longvid_benchmarks.published.openended.wordings import ASK, ASK_LONG, Wordings
from longvid_benchmarks.published.protocols import Protocol
from longvid_benchmarks.published.questions import Question, Unasked
from longvid_benchmarks.published.running import write_all
from longvid_benchmarks.published.wordings import Wording
from longvid_benchmarks.terminal import Advance

FRAMES = 24
SHORT_TOKENS, LONG_TOKENS = 64, 256
"""Of an answer."""
NO_JUDGE = "no judge, no score: name one with --judge; the answers are kept"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    said: tuple[tuple[Open, tuple[str, ...]], ...]
    judged: tuple[Judged, ...]
    unasked: tuple[Unasked, ...]
    cached: int
    """Answers that an earlier run had."""

    @property
    def scores(self) -> list[Score]:
        return scores(self.judged, self.said)


async def run(
    data: Sequence[OpenData],
    models: Models,
    judge: tuple[Backend, str] | None,
    wordings: Wordings,
    folder: Path,
    advance: Advance,
) -> Outcome:
    """Ask the questions of `data` and let `judge`, a model and its name, read the answers; all is kept in `folder`.

    Raises LongvidError where the model or the judge cannot answer.
    """
    try:
        make_empty(folder / "answers.sqlite")
        for left in (folder / "clips").glob("*.clip"):  # of a run that was killed
            left.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}; choose another -o DIR") from error
    texts: dict[tuple[str, int, str], str] = {}
    unasked = [one for each in data for one in each.unasked]
    cached = 0
    with Store(folder / "answers.sqlite") as store:
        for name, tokens in ((ASK, SHORT_TOKENS), (ASK_LONG, LONG_TOKENS)):
            part = [each for each in data if (each.of is VCG) == (name == ASK_LONG)]
            asking = Asking(models, protocol(name, tokens, wordings), store, folder / "clips")
            for one in await asking.all(listed(part), advance):
                if isinstance(one, Answered):
                    texts[_place(one.question)] = one.text.strip()
                    cached += one.cached
                else:
                    unasked.append(one)
        said = [
            (question, tuple(texts[_place(one)] for one in question.asked))
            for each in data
            for question in each.questions
            if all(_place(one) in texts for one in question.asked)
        ]
        judged: list[Judged] = []
        if judge is not None:
            judged = await Judge(*judge, wordings, store).all(said, advance)
    return Outcome(tuple(said), tuple(judged), tuple(unasked), cached)


def protocol(name: str, tokens: int, wordings: Wordings) -> Protocol:
    """How a question is put: the template `name`; frames as CogVLM2-Video was shown them."""
    words = Wording("", "", "", "", "", wordings.source, published=False, template=wordings.templates[name])
    return Protocol(name, words, FRAMES, "minute", tokens, "judge")


def _place(question: Question) -> tuple[str, int, str]:
    return question.task.name, question.number, question.text


def result(
    outcome: Outcome, models: Models, judge: tuple[Backend, str] | None, wordings: Wordings, limit: int | None
) -> dict[str, Any]:
    """The JSON of a run. Accuracies are in percent, scores from 0 to 5."""
    return {
        "benchmark": "open-ended",
        "model": models.name,
        "identity": dict(models.captioner_identity),
        "judge": None if judge is None else {"name": judge[1], "identity": dict(judge[0].identity)},
        "wording": wordings.source,
        "published_wording": False,
        "limit": limit,
        "asked": len(outcome.said),
        "judged": len(outcome.judged),
        "unread": sum(one.verdict is None for one in outcome.judged),
        "scores": [one.as_json() for one in outcome.scores],
        "unasked": dict(Counter(one.fault for one in outcome.unasked)),
        "cached": outcome.cached,
        "comparable": False,
        "published": [{"model": row.model, "name": row.of, "value": row.score, "source": row.source} for row in ROWS],
    }


def table(outcome: Outcome, model: str) -> list[str]:
    """Ours beside what was published, a line a figure."""
    published = {row.of: f"{row.score:.2f}" for row in ROWS}
    head = ("", model, "95 %", "of", "unread", "unread as wrong", f"{ROWS[0].model}, published")
    rows = []
    for one in outcome.scores:
        ends = "-" if one.interval is None else f"{one.interval[0]:.2f} to {one.interval[1]:.2f}"
        wrong = "-" if one.as_wrong is None else f"{one.as_wrong:.2f}"
        rows.append(
            (
                one.name,
                "-" if one.value is None else f"{one.value:.2f}",
                ends,
                str(one.of),
                str(one.unread),
                wrong,
                published.get(one.name, "-"),
            )
        )
    return aligned([head, *rows]) if rows else []


def remarks(
    outcome: Outcome, data: Sequence[OpenData], judge: str | None, wordings: Wordings, limit: int | None
) -> list[str]:
    """What a reader of the table must know."""
    lines = [NO_JUDGE] if judge is None else [f"judge: {judge}; accuracies in percent, scores from 0 to 5"]
    lines.append(
        f"questions and judge are put in words of {wordings.source}, not in published ones, and published figures are "
        "of judges that are gone (gpt-3.5-turbo): they are there for orientation, no difference is of models alone"
    )
    if limit is not None or outcome.unasked or any(one.absent for one in data):
        lines.append("published figures are of all questions; these are of a part")
    lines += sorted({f"{row.model}: {row.source}" for row in ROWS})
    if unread := [one for one in outcome.judged if one.verdict is None]:
        shown = " ".join(unread[0].reply.split())[:80]
        lines.append(f"{len(unread)} of {len(outcome.judged)} replies cannot be read, such as {shown!r}: left out")
    lines += [f"{one.of.title}: {', '.join(one.absent)} not there" for one in data if one.absent]
    for fault, number in Counter(one.fault for one in outcome.unasked).items():
        first = next(one for one in outcome.unasked if one.fault == fault)
        lines.append(f"not asked, {fault}: {number}, such as {first.task.name} {first.number}: {first.why}")
    return lines


def write_files(folder: Path, outcome: Outcome, found: dict[str, Any], lines: Sequence[str]) -> list[Path]:
    """Write what came of a run into `folder`. Raises RunError."""
    told = [*(_line(*one) for one in outcome.said), *map(_unasked, outcome.unasked)]
    wanted = {
        "answers.jsonl": "".join(f"{line}\n" for line in told),
        "judgements.jsonl": "".join(f"{_judged(one)}\n" for one in outcome.judged),
        "results.json": json.dumps(found, indent=1) + "\n",
        "table.md": "".join(f"{line}\n" for line in lines),
    }
    return write_all(folder, wanted)


def _line(question: Open, texts: tuple[str, ...]) -> str:
    return canonical(
        {
            "benchmark": question.of.name,
            "file": question.asked[0].task.short,
            "number": question.asked[0].number,
            "questions": [one.text for one in question.asked],
            "answer": question.answer,
            "said": list(texts),
        }
    )


def _judged(one: Judged) -> str:
    read = None if one.verdict is None else {"score": one.verdict.score, "right": one.verdict.right}
    place = {"benchmark": one.question.of.name, "number": one.question.asked[0].number}
    axis = "accuracy" if one.axis == QA else one.axis
    return canonical({**place, "axis": axis, "prompt": one.prompt, "reply": one.reply, "read": read})


def _unasked(one: Unasked) -> str:
    return canonical({"task": one.task.name, "number": one.number, "fault": one.fault, "why": one.why})
