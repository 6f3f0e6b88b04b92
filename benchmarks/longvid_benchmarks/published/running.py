"""A run of MVBench from data to result: who is asked, what came of it, and the files that it leaves.

answers.sqlite   every answer, by the hash of all that decides it: what a run that goes on takes up
answers.jsonl    a line a question: the option chosen, the right one, what the model said, what each scorer says
results.json     the result that is printed too
table.md         the tables
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longvid.engine.likelihood import require_likely
from longvid.engine.models import Models
from longvid.errors import RunError
from longvid.files import make_empty, write_whole
from longvid.run import Store, canonical
from longvid.text import counted
from longvid_benchmarks.published import tables
from longvid_benchmarks.published.asking import Answered, Asking
from longvid_benchmarks.published.checking import Data
from longvid_benchmarks.published.figures import ROWS
from longvid_benchmarks.published.letters import likeliest
from longvid_benchmarks.published.likelihoods import Likelihoods
from longvid_benchmarks.published.protocols import Protocol
from longvid_benchmarks.published.questions import Unasked
from longvid_benchmarks.published.scoring import Marked, mark
from longvid_benchmarks.published.tallies import Tally, by_class, by_task, over_all
from longvid_benchmarks.published.tasks import STILLS, TASKS
from longvid_benchmarks.published.wordings import letter
from longvid_benchmarks.terminal import Advance


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    marked: tuple[Marked, ...]
    unasked: tuple[Unasked, ...]
    cached: int
    """Answers that an earlier run had."""

    @property
    def all(self) -> Tally:
        return over_all(self.marked, self.unasked)


async def run(
    data: Data, protocol: Protocol, models: Models, folder: Path, advance: Advance, *, letters: bool = False
) -> Outcome:
    """Ask the questions of `data`, and with `letters` how likely each option's letter is; answers are kept in `folder`.

    Raises LongvidError where the model cannot answer.
    """
    likely = require_likely(models.captioner, models.name) if letters else None
    try:
        make_empty(folder / "answers.sqlite")
        for left in (folder / "clips").glob("*.clip"):  # of a run that was killed
            left.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}; choose another -o DIR") from error
    with Store(folder / "answers.sqlite") as store:
        measured = None if likely is None else Likelihoods(likely, models.captioner_identity, store)
        found = await Asking(models, protocol, store, folder / "clips", measured).all(data.questions, advance)
    answered = [one for one in found if isinstance(one, Answered)]
    return Outcome(
        tuple(mark(one.question, one.text, one.logprobs) for one in answered),
        (*data.unasked, *(one for one in found if isinstance(one, Unasked))),
        sum(one.cached for one in answered),
    )


def comparable(protocol: Protocol, data: Data) -> bool:
    """Whether published scores may stand beside those of a run."""
    return protocol.wording.published and not _generated(data)


def _generated(data: Data) -> bool:
    """Whether the questions are about generated films: a folder of them may have lost its mark."""
    return data.made or any(one.task in STILLS for one in data.tasks)


def name_of(data: Data) -> str:
    """What the questions of `data` are called together."""
    if any(one.task in STILLS for one in data.tasks):
        return "storyfilm-still"
    if data.annotated:
        return "annotated-mvbench"
    return "storyfilm-mvbench" if data.made else "mvbench"


def result(outcome: Outcome, protocol: Protocol, models: Models, data: Data, limit: int | None) -> dict[str, Any]:
    """The JSON of a run. Shares are of 1, published scores in percent as they were printed."""
    return {
        "benchmark": name_of(data),
        "model": models.name,
        "identity": dict(models.captioner_identity),
        "protocol": {
            "name": protocol.name,
            "frames": protocol.frames,
            "sampling": protocol.sampling,
            "max_tokens": protocol.max_tokens,
            "scorer": protocol.scorer,
            "wording": protocol.wording.source,
            "published_wording": protocol.wording.published,
        },
        "limit": limit,
        "all": outcome.all.as_json(),
        "tasks": [one.as_json() for one in by_task(outcome.marked, outcome.unasked)],
        "classes": [one.as_json() for one in by_class(outcome.marked, outcome.unasked)],
        "absent": [task.name for task in data.absent],
        "unasked": dict(Counter(one.fault for one in outcome.unasked)),
        "cached": outcome.cached,
        "published": [
            {
                "model": row.model,
                "protocol": row.protocol,
                "source": row.source,
                "mean": row.mean,
                "mean_of_asked": row.mean_of(_asked(outcome)),
                "tasks": row.scores,
            }
            for row in ROWS
        ]
        if comparable(protocol, data)
        else [],
    }


def sheets(outcome: Outcome, protocol: Protocol, data: Data, model: str) -> list[list[str]]:
    """The tables, each as lines."""
    tasks, kinds = by_task(outcome.marked, outcome.unasked), by_class(outcome.marked, outcome.unasked)
    found = [tables.ours(tasks, outcome.all, "task"), tables.ours(kinds, outcome.all, "class")]
    if comparable(protocol, data):
        found.append(tables.beside(tasks, kinds, outcome.all, model))
    return found


def remarks(outcome: Outcome, protocol: Protocol, data: Data, limit: int | None) -> list[str]:
    """What a reader of the tables must know."""
    lines = []
    if not protocol.wording.published:
        lines.append(f"the wording is not a published one ({protocol.wording.source}): no score stands beside it")
    if _generated(data):
        what = "made of annotations" if data.annotated else "about generated films"
        lines.append(f"the questions are {what}: no published score is of them")
    if comparable(protocol, data):
        lines += tables.sources()
    if comparable(protocol, data) and (limit is not None or outcome.unasked):
        lines.append("published scores are of all questions of a task; these are of a part")
    if comparable(protocol, data) and (asked := len(_asked(outcome))) < len(TASKS):
        lines.append(f"published scores of classes and of all are here means over the {counted(asked, 'task')} asked")
    if tied := outcome.all.tied:
        lines.append(f"by letter, {counted(tied, 'question')} with several likeliest letters: counted as wrong")
    for fault, number in Counter(one.fault for one in outcome.unasked).items():
        first = next(one for one in outcome.unasked if one.fault == fault)
        lines.append(f"not asked, {fault}: {number}, such as {first.task.name} {first.number}: {first.why}")
    return lines


def _asked(outcome: Outcome) -> list[str]:
    """The letters of the tasks of which a question was asked."""
    return [one.name for one in by_task(outcome.marked, outcome.unasked) if one.asked]


def write_files(folder: Path, outcome: Outcome, found: dict[str, Any], lines: Sequence[str]) -> list[Path]:
    """Write what came of a run into `folder`. Raises RunError."""
    told = [*map(_line, outcome.marked), *map(_unasked, outcome.unasked)]
    wanted = {
        "answers.jsonl": "".join(f"{line}\n" for line in told),
        "results.json": json.dumps(found, indent=1) + "\n",
        "table.md": "".join(f"{line}\n" for line in lines),
    }
    return write_all(folder, wanted)


def write_all(folder: Path, wanted: Mapping[str, str]) -> list[Path]:
    """Write texts by their names into `folder`. Raises RunError."""
    try:
        for name, text in wanted.items():
            write_whole(folder / name, text.encode(errors="backslashreplace"))
    except OSError as error:
        raise RunError(f"cannot write to {folder}: {error.strerror}; every answer is kept, so run it again") from error
    return [folder / name for name in wanted]


def _line(one: Marked) -> str:
    return canonical(
        {
            "task": one.question.task.name,
            "number": one.question.number,
            "chosen": None if one.choice is None else letter(one.choice),
            "answer": letter(one.question.answer),
            "right": one.right,
            "said": one.text,
            "scorers": dict(one.others),
            **_letters(one),
        }
    )


def _letters(one: Marked) -> dict[str, Any]:
    if one.logprobs is None:
        return {}
    place = likeliest(one.logprobs)
    return {
        "likeliest": None if place is None else letter(place),
        "logprobs": [round(each, 4) for each in one.logprobs],
    }


def _unasked(one: Unasked) -> str:
    return canonical({"task": one.task.name, "number": one.number, "fault": one.fault, "why": one.why})
