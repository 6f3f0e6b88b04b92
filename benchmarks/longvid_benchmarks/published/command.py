"""The command `longvid bench published`: reads options, checks the data, runs, prints and writes what came of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli import options as o
from longvid.cli import pictures as p
from longvid.cli.groups import ServerOptions
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_path
from longvid_benchmarks.published.openended.sets import BY_NAME
from longvid_benchmarks.published.tasks import STILLS, TASKS, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from longvid.engine.models import Models
    from longvid.engine.request import Backend
    from longvid_benchmarks.published.protocols import Protocol

MVBENCH, STILL = "mvbench", "still"
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
        typer.Option(
            "--tasks",
            metavar="LIST",
            help="mvbench for its twenty, still for the control, or any of them: AC,OS; or some of videochatgpt, "
            "msvd-qa, msrvtt-qa, activitynet-qa.",
        ),
    ] = MVBENCH,
    data: Annotated[
        Path,
        typer.Option("--data", metavar="DIR", parser=parse_path, help="Where its json/ and video/ lie."),
    ],
    model: o.ModelId = o.DEFAULT_MODEL,
    protocol: Annotated[
        ProtocolName | None,
        typer.Option(
            "--protocol",
            help="How MVBench is asked and shown; pllava is CogVLM2-Video's. [default: pllava]",
            show_default=False,
        ),
    ] = None,
    wording: Annotated[
        Path | None,
        typer.Option(
            "--wording",
            metavar="FILE",
            parser=parse_path,
            show_default=False,
            help="A prompt of your own with {question} and {options} in it, in place of the published one; for open "
            "answers a JSON object of prompts.",
        ),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option("--judge", metavar="ID", help="A model that reads open-ended answers.", show_default=False),
    ] = None,
    letters: Annotated[
        bool,
        typer.Option("--letters", help="Also take the option whose letter is likeliest; for models computed here."),
    ] = False,
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
    """Ask a model the questions of a published benchmark, and set its score beside the published ones.

    Prints tables and, as the last line, one JSON object. An interrupted run goes on with the same command.

    Example: longvid bench published --data MVBench --model cogvlm2-video-llama3-base --limit 20
    """
    from longvid.cli.console import note
    from longvid.cli.running import INCOMPLETE, print_json, tell_of_precision, tell_of_tracing
    from longvid.engine.models import open_llm_models, open_models
    from longvid.errors import LongvidError
    from longvid.text import counted
    from longvid.text.shown import shown
    from longvid_benchmarks.claiming import claimed
    from longvid_benchmarks.published import running
    from longvid_benchmarks.published.checking import read_data, report
    from longvid_benchmarks.published.interrupting import interruptible
    from longvid_benchmarks.published.openended.command import is_open, run_open

    def opened(frames: int) -> Models:
        found = open_models(
            model,
            llm="none",
            template=template.value,
            label=label.value if label else None,
            frames=frames,
            pixels=pixels,
            servers=asked.settings(),
            device=device,
            dtype=dtype.value if dtype else None,
            batch=batch_size,
        )
        tell_of_precision(found, quiet=quiet)
        tell_of_tracing()
        return found

    def judging(name: str) -> Backend:
        return open_llm_models(name, device=device, servers=asked.settings()).llm

    if is_open(names := _listed(tasks)):
        for given, option in ((protocol, "--protocol"), (letters or None, "--letters")):
            if given is not None:
                raise typer.BadParameter("is for tasks with options; open answers have none", param_hint=f"'{option}'")
        return run_open(
            names,
            data,
            out,
            wording=wording,
            judge=judge,
            limit=limit,
            check=check,
            opened=opened,
            judged=judging,
            as_json=as_json,
            quiet=quiet,
        )
    if judge is not None:
        raise typer.BadParameter("MVBench needs no judge", param_hint="'--judge'")
    way = _protocol(protocol or ProtocolName.pllava, wording)
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
    models = opened(way.frames)
    for name, kind in () if found.made else models.made_for.items():
        note(f"{name} understands nothing but a {kind}; these films are none")
    with claimed(out):
        outcome = interruptible(lambda advance: running.run(found, way, models, out, advance, letters=letters), quiet)
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
    wanted = _listed(value)
    every = (*TASKS, *STILLS)
    known = {name for task in every for name in (task.name, task.short)}
    for item in wanted:
        if item not in (MVBENCH, STILL) and item not in known:
            names = ", ".join([MVBENCH, STILL, *BY_NAME, *(task.name for task in every)])
            raise typer.BadParameter(f"{item!r} is none of {names}", param_hint="'--tasks'")
    named = {name for item in wanted for name in {MVBENCH: _names(TASKS), STILL: _names(STILLS)}.get(item, [item])}
    found = [task for task in every if {task.name, task.short} & named]
    if not found:
        raise typer.BadParameter("names no task", param_hint="'--tasks'")
    if any(task in STILLS for task in found) and any(task in TASKS for task in found):
        raise typer.BadParameter(
            "the control is asked apart: its score is no part of MVBench's", param_hint="'--tasks'"
        )
    return found


def _listed(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _names(tasks: Sequence[Task]) -> list[str]:
    return [task.name for task in tasks]
