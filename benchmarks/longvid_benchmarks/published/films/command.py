"""What `longvid bench published` does for the benchmarks of long films: checks the data, asks, has answers judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from longvid_benchmarks.published.films.sets import BY_NAME

if TYPE_CHECKING:
    from longvid_benchmarks.published.films.questions import FilmData
    from longvid_benchmarks.published.films.running import Way
    from longvid_benchmarks.published.opening import ModelOptions


def run_films(
    names: Sequence[str],
    folder: Path,
    out: Path,
    *,
    asked: ModelOptions,
    llm: str | None,
    way: Way,
    judge: str | None,
    limit: int | None,
    check: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Ask and judge the benchmarks `names` below `folder`. Raises LongvidError, typer.BadParameter for options that
    do not go together, and typer.Exit with the command's status."""
    from longvid.cli.console import note
    from longvid.cli.running import INCOMPLETE, print_json, tell_of_precision, tell_of_tracing
    from longvid.errors import LLMError, LongvidError
    from longvid.text import counted
    from longvid.text.shown import shown
    from longvid_benchmarks.claiming import claimed
    from longvid_benchmarks.published.films import running
    from longvid_benchmarks.published.films.reading import read_films
    from longvid_benchmarks.published.interrupting import interruptible

    sets = [of for name, of in BY_NAME.items() if name in names]
    if judge is not None and not running.needs_judge(sets):
        raise typer.BadParameter(f"{', '.join(one.name for one in sets)} need no judge", param_hint="'--judge'")
    data = [read_films(folder, of, limit) for of in sets]
    lines = _missing(data)
    for line in lines:
        note(line)
    total = sum(len(one.questions) for one in data)
    if check:
        typer.echo(f"{shown(folder)}: {counted(total, 'question')} of {counted(len(data), 'benchmark')} can be asked")
        raise typer.Exit(INCOMPLETE if lines else 0)
    if not total:
        raise LongvidError(f"{shown(folder)}: no question's film is there; fetch them as said above")
    models = asked.opened(running.FRAMES, llm="none" if way.clip else llm)
    if not way.clip and not models.writes:
        raise LLMError(f"{models.name} brings no LLM, and nobody would answer; name one with --llm, or --way clip")
    tell_of_precision(models, quiet=quiet)
    tell_of_tracing()
    reads = None if judge is None else (asked.judge(judge), judge)
    for name, kind in models.made_for.items():
        note(f"{name} understands nothing but a {kind}; these films are none")
    with claimed(out):
        outcome = interruptible(lambda advance: running.run(data, folder, models, reads, way, out, advance), quiet)
        found = running.result(outcome, data, models, reads, way, limit)
        remarks = running.remarks(outcome, data, judge, way, limit)
        text = [*running.table(outcome, models.name), "", *(f"- {line}" for line in remarks)]
        written = running.write_files(out, outcome, found, text)
    if not as_json:
        typer.echo("\n".join(text))
    print_json(found)
    if not quiet:
        note(f"wrote {', '.join(path.name for path in written)} into {shown(out)}")
    if not outcome.said:
        raise typer.Exit(1)
    if outcome.unasked or any(one.absent for one in data) or any(one.value is None for one in outcome.scores):
        raise typer.Exit(INCOMPLETE)


def _missing(data: Sequence[FilmData]) -> list[str]:
    """What is missing, a line each."""
    lines = [f"{one.of.title}: {', '.join(one.absent)} not there; fetch {one.of.home}" for one in data if one.absent]
    for one in data:
        for fault, number in Counter(each.fault for each in one.unasked).items():
            first = next(each.why for each in one.unasked if each.fault == fault)
            said = {"missing": "films missing", "empty": "films empty"}.get(fault, "entries unusable")
            more = f"; fetch {one.of.home}" if fault in ("missing", "empty") else ""
            lines.append(f"{one.of.title}: {number} {said}, such as {first}{more}")
    return lines
