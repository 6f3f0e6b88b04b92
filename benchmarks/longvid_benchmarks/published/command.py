"""The command `longvid bench published`: reads options, checks the data, runs, prints and writes what came of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longvid.cli import options as o
from longvid.cli import pictures as p
from longvid.cli.groups import ServerOptions
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_path
from longvid_benchmarks.published.tasks import TASKS, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from longvid_benchmarks.published.protocols import Protocol
    from longvid_benchmarks.published.running import Outcome
    from longvid_benchmarks.terminal import Advance

MVBENCH = "mvbench"
LARGEST_WORDING = 64 << 10
"""Bytes."""


class ProtocolName(StrEnum):
    official = "official"
    pllava = "pllava"
    lmms_eval = "lmms-eval"


@with_options
def published(
    *,
    tasks: Annotated[
        str,
        typer.Option("--tasks", metavar="LIST", help="mvbench for its twenty, or any of them: action_count,OS."),
    ] = MVBENCH,
    data: Annotated[
        Path,
        typer.Option("--data", metavar="DIR", parser=parse_path, help="Where its json/ and video/ lie."),
    ],
    model: o.ModelId = o.DEFAULT_MODEL,
    protocol: Annotated[
        ProtocolName, typer.Option("--protocol", help="How it is asked and shown; pllava is CogVLM2-Video's.")
    ] = ProtocolName.pllava,
    wording: Annotated[
        Path | None,
        typer.Option(
            "--wording",
            metavar="FILE",
            parser=parse_path,
            show_default=False,
            help="A prompt of your own with {question} and {options} in it, in place of the published one.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Questions of each task. [default: all]")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what is missing of the data, and ask nothing.")] = False,
    pixels: p.Pixels = None,
    label: o.LabelOption = None,
    template: o.TemplateOption = o.Template.auto,
    device: o.Device = None,
    dtype: o.DtypeOption = None,
    batch_size: o.BatchSize = None,
    asked: ServerOptions,
    out: Annotated[Path, typer.Option("-o", "--output-dir", metavar="DIR", help="Where everything goes.")] = Path(
        "bench-published"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object alone.")] = False,
    quiet: o.Quiet = False,
) -> None:
    """Ask a model the questions of MVBench by a published protocol, and set its score beside the published ones.

    Prints tables and, as the last line, one JSON object. An interrupted run goes on with the same command.

    Example: longvid bench published --data MVBench --model cogvlm2-video-llama3-base --limit 20
    """
    from longvid.cli.console import note
    from longvid.cli.running import INCOMPLETE, print_json, tell_of_precision, tell_of_tracing
    from longvid.engine.models import open_models
    from longvid.errors import LongvidError
    from longvid.text import counted
    from longvid.text.shown import shown
    from longvid_benchmarks.claiming import claimed
    from longvid_benchmarks.published import running
    from longvid_benchmarks.published.checking import read_data, report

    way = _protocol(protocol, wording)
    found = read_data(data, limit, _tasks(tasks))
    lines = report(found)
    for line in lines:
        note(line)
    if check:
        ready = counted(len(found.questions), "question")
        typer.echo(f"{shown(data)}: {ready} of {counted(len(found.tasks), 'task')} can be asked")
        raise typer.Exit(INCOMPLETE if lines else 0)
    if not found.questions:
        raise LongvidError(f"{shown(data)}: no question's video is there; fetch them as said above")
    models = open_models(
        model,
        llm="none",
        template=template.value,
        label=label.value if label else None,
        frames=way.frames,
        pixels=pixels,
        servers=asked.settings(),
        device=device,
        dtype=dtype.value if dtype else None,
        batch=batch_size,
    )
    tell_of_precision(models, quiet=quiet)
    tell_of_tracing()
    for name, kind in () if found.made else models.made_for.items():
        note(f"{name} understands nothing but a {kind}; these films are none")
    with claimed(out):
        outcome = _interruptible(lambda advance: running.run(found, way, models, out, advance), quiet)
        result = running.result(outcome, way, models, found, limit)
        sheets = running.sheets(outcome, way, found, models.name)
        remarks = running.remarks(outcome, way, found, limit)
        text = [line for sheet in sheets for line in (*sheet, "")] + [f"- {line}" for line in remarks]
        written = running.write_files(out, outcome, result, text)
    if not as_json:
        typer.echo("\n".join(text))
    print_json(result)
    if not quiet:
        note(f"wrote {', '.join(path.name for path in written)} into {shown(out)}")
    if not outcome.marked:
        raise typer.Exit(1)
    if outcome.unasked or found.absent:
        raise typer.Exit(INCOMPLETE)


def _interruptible(work: Callable[[Advance], Coroutine[Any, Any, Outcome]], quiet: bool) -> Outcome:
    """What comes of `work`; after Ctrl-C says how to go on. Raises typer.Exit then."""
    from longvid.cli.running import interrupted, run_interruptible
    from longvid.cli.streams import only_results
    from longvid_benchmarks.terminal import progress_bar

    try:
        with progress_bar("asking", quiet=quiet) as advance, only_results():
            return run_interruptible(work(advance))
    except KeyboardInterrupt as ended:
        raise interrupted(ended, "every answer is kept") from None


def _protocol(name: ProtocolName, wording: Path | None) -> Protocol:
    """The protocol called `name`, with the user's wording. Raises LongvidError for a file that is none."""
    from longvid.errors import LongvidError
    from longvid.files import read_bytes
    from longvid.text.shown import shown
    from longvid_benchmarks.published.protocols import PROTOCOLS, reworded

    way = PROTOCOLS[name.value]
    if wording is None:
        return way
    try:
        return reworded(way, read_bytes(wording, LARGEST_WORDING).decode(), shown(wording))
    except OSError as error:
        raise LongvidError(f"{shown(wording)}: {error.strerror}; give a text file") from error
    except ValueError as error:
        raise LongvidError(f"{shown(wording)}: {error}; write a prompt with {{question}} and {{options}}") from error


def _tasks(value: str) -> list[Task]:
    """The tasks that a comma-separated list names, in MVBench's order. Raises typer.BadParameter."""
    wanted = [item.strip() for item in value.split(",") if item.strip()]
    known = {name: task for task in TASKS for name in (task.name, task.short)}
    for item in wanted:
        if item != MVBENCH and item not in known:
            names = ", ".join(task.name for task in TASKS)
            raise typer.BadParameter(f"{item!r} is none of {MVBENCH}, {names}", param_hint="'--tasks'")
    if not wanted:
        raise typer.BadParameter("names no task", param_hint="'--tasks'")
    return [task for task in TASKS if MVBENCH in wanted or {task.name, task.short} & set(wanted)]
