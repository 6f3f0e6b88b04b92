"""What `longvid bench published` does for the benchmarks with a judge: checks the data, asks, has answers judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from longvid_benchmarks.published.openended.sets import BY_NAME, HOME

if TYPE_CHECKING:
    from longvid.engine.models import Models
    from longvid.engine.request import Backend
    from longvid_benchmarks.published.openended.questions import OpenData


def run_open(
    names: Sequence[str],
    folder: Path,
    out: Path,
    *,
    wording: Path | None,
    judge: str | None,
    limit: int | None,
    check: bool,
    opened: Callable[[int], Models],
    judged: Callable[[str], Backend],
    as_json: bool,
    quiet: bool,
) -> None:
    """Ask and judge the benchmarks `names` below `folder`; `opened` opens the model for so many frames, `judged` a
    judge. Raises LongvidError, and typer.Exit with the command's status."""
    from longvid.cli.console import note
    from longvid.cli.running import INCOMPLETE, print_json
    from longvid.errors import LongvidError
    from longvid.text import counted
    from longvid.text.shown import shown
    from longvid_benchmarks.claiming import claimed
    from longvid_benchmarks.published.interrupting import interruptible
    from longvid_benchmarks.published.openended import running
    from longvid_benchmarks.published.openended.questions import listed, read_set, require_apart
    from longvid_benchmarks.published.openended.wordings import OWN, read_wordings

    wordings = OWN if wording is None else read_wordings(wording)
    sets = [of for name, of in BY_NAME.items() if name in names]
    require_apart(folder, sets)
    data = [read_set(folder, of, limit) for of in sets]
    lines = _missing(data)
    for line in lines:
        note(line)
    asked = len(listed(data))
    if check:
        typer.echo(f"{shown(folder)}: {counted(asked, 'question')} of {counted(len(data), 'benchmark')} can be asked")
        raise typer.Exit(INCOMPLETE if lines else 0)
    if not asked:
        raise LongvidError(f"{shown(folder)}: no question's video is there; fetch them as said above")
    models = opened(running.FRAMES)
    reads = None if judge is None else (judged(judge), judge)
    for name, kind in models.made_for.items():
        note(f"{name} understands nothing but a {kind}; these films are none")
    with claimed(out):
        outcome = interruptible(lambda advance: running.run(data, models, reads, wordings, out, advance), quiet)
        found = running.result(outcome, models, reads, wordings, limit)
        remarks = running.remarks(outcome, data, judge, wordings, limit)
        text = [*running.table(outcome, models.name), "", *(f"- {line}" for line in remarks)]
        written = running.write_files(out, outcome, found, text)
    if not as_json:
        typer.echo("\n".join(text))
    print_json(found)
    if not quiet:
        note(f"wrote {', '.join(path.name for path in written)} into {shown(out)}")
    partial = bool(outcome.unasked) or any(one.absent for one in data)
    _end(outcome.said, partial or any(one.value is None for one in outcome.scores), INCOMPLETE)


def _end(said: Sequence[Any], partial: bool, incomplete: int) -> None:
    if not said:
        raise typer.Exit(1)
    if partial:
        raise typer.Exit(incomplete)


def _missing(data: Sequence[OpenData]) -> list[str]:
    """What is missing, a line each."""
    lines = [f"{one.of.title}: {', '.join(one.absent)} not there; fetch {HOME}" for one in data if one.absent]
    for one in data:
        total = len(one.questions) + len(one.unasked)
        for fault, number in Counter(each.fault for each in one.unasked).items():
            first = next(each.why for each in one.unasked if each.fault == fault)
            said = {"missing": "videos missing", "empty": "videos empty"}.get(fault, "entries unusable")
            lines.append(f"{one.of.title}: {number} of {total} {said}, such as {first}")
    return lines
