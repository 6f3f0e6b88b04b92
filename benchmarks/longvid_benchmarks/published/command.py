"""The command `longvid bench published`: reads options, checks the data, runs, prints and writes what came of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli import options as o
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_path
from longvid_benchmarks.published.films.sets import BY_NAME as FILMS
from longvid_benchmarks.published.openended.sets import BY_NAME as OPEN
from longvid_benchmarks.published.opening import ModelOptions
from longvid_benchmarks.published.tasks import STILLS, TASKS, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from longvid.engine.models import Models
    from longvid_benchmarks.published.protocols import Protocol

MVBENCH, STILL = "mvbench", "still"
LARGEST_WORDING = 64 << 10
"""Bytes."""


class WayName(StrEnum):
    film = "film"
    clip = "clip"


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
            "msvd-qa, msrvtt-qa, activitynet-qa; or some of moviechat, sf20k, sf20k-open, mf2, mlvu-gen.",
        ),
    ] = MVBENCH,
    data: Annotated[
        Path,
        typer.Option("--data", metavar="DIR", parser=parse_path, help="Its data: files of questions, and videos."),
    ],
    asked: ModelOptions,
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
    way: Annotated[
        WayName | None,
        typer.Option(
            "--way",
            help="How long films are watched: once in chunks, or one clip for each question. [default: film]",
            show_default=False,
        ),
    ] = None,
    llm: o.LLMName = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            metavar="NAME",
            help="Whose facts and summary of a long film are sought in. [default: ledger]",
            show_default=False,
        ),
    ] = None,
    looks: Annotated[
        int | None,
        typer.Option(
            "--looks",
            metavar="N",
            min=0,
            max=16,
            help="Chunks of a long film that are looked at again for each question. [default: 2]",
            show_default=False,
        ),
    ] = None,
    subtitles: Annotated[
        Path | None,
        typer.Option(
            "--subtitles",
            metavar="DIR",
            parser=parse_path,
            show_default=False,
            help="NAME.srt or NAME.vtt for long films. [default: those of the data, else beside or inside each film]",
        ),
    ] = None,
    letters: Annotated[
        bool,
        typer.Option("--letters", help="Also take the option whose letter is likeliest; for models computed here."),
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Questions of each task. [default: all]")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what is missing of the data, and ask nothing.")] = False,
    label: o.LabelOption = None,
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
    from longvid.errors import LongvidError
    from longvid.text import counted
    from longvid.text.shown import shown
    from longvid_benchmarks.claiming import claimed
    from longvid_benchmarks.published import running
    from longvid_benchmarks.published.checking import read_data, report
    from longvid_benchmarks.published.films.command import run_films
    from longvid_benchmarks.published.films.running import Way
    from longvid_benchmarks.published.interrupting import interruptible
    from longvid_benchmarks.published.openended.command import run_open

    def opened(frames: int) -> Models:
        found = asked.opened(frames, label.value if label else None)
        tell_of_precision(found, quiet=quiet)
        tell_of_tracing()
        return found

    names = _listed(tasks)
    kind = _kind(names)
    if kind is not MVBENCH:
        _refuse({"--protocol": protocol, "--letters": letters or None}, "is for MVBench's questions")
    if kind is not FILMS:
        given = {"--way": way, "--llm": llm, "--strategy": strategy, "--looks": looks, "--subtitles": subtitles}
        _refuse(given, "is for long films")
    if kind is FILMS:
        _refuse({"--wording": wording, "--label": label}, "is not for long films: they are asked in published words")
        if way is WayName.clip:
            given = {"--llm": llm, "--strategy": strategy, "--looks": looks, "--subtitles": subtitles}
            _refuse(given, "is for --way film")
        chosen = Way(way is WayName.clip, strategy or "ledger", 2 if looks is None else looks, subtitles)
        return run_films(
            names,
            data,
            out,
            asked=asked,
            llm=llm,
            way=chosen,
            judge=judge,
            limit=limit,
            check=check,
            as_json=as_json,
            quiet=quiet,
        )
    if kind is OPEN:
        return run_open(
            names,
            data,
            out,
            wording=wording,
            judge=judge,
            limit=limit,
            check=check,
            opened=opened,
            judged=asked.judge,
            as_json=as_json,
            quiet=quiet,
        )
    _refuse({"--judge": judge}, "MVBench needs none")
    put = _protocol(protocol or ProtocolName.pllava, wording)
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
    models = opened(put.frames)
    for name, kind in () if found.made and not found.annotated else models.made_for.items():
        note(f"{name} understands nothing but a {kind}; these films are none")
    with claimed(out):
        outcome = interruptible(lambda advance: running.run(found, put, models, out, advance, letters=letters), quiet)
        result = running.result(outcome, put, models, found, limit)
        sheets = running.sheets(outcome, put, found, models.name)
        remarks = running.remarks(outcome, put, found, limit)
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
            names = ", ".join([MVBENCH, STILL, *OPEN, *FILMS, *(task.name for task in every)])
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


def _kind(names: Sequence[str]) -> object:
    """Of which kind the benchmarks `names` are: OPEN, FILMS, or MVBENCH for all others. Raises typer.BadParameter where
    they are of several."""
    kinds = [next((kind for kind in (OPEN, FILMS) if name in kind), MVBENCH) for name in names]
    for name, kind in zip(names, kinds, strict=True):
        if kind is not kinds[0]:
            raise typer.BadParameter(f"{names[0]} and {name} are asked apart", param_hint="'--tasks'")
    return kinds[0] if kinds else MVBENCH


def _refuse(given: Mapping[str, object], why: str) -> None:
    """Raise typer.BadParameter for an option that is given."""
    for option, value in given.items():
        if value is not None:
            raise typer.BadParameter(why, param_hint=f"'{option}'")


def _listed(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _names(tasks: Sequence[Task]) -> list[str]:
    return [task.name for task in tasks]
