"""`longvid batch --dry-run`: what is left to do and what it would take, by the plan of each film."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from longvid.cli.groups import MergeOptions, TalkOptions, WatchOptions

if TYPE_CHECKING:
    from longvid.batch.tasks import Task


def show_forecast(
    tasks: Sequence[Task],
    films: int,
    model: str,
    merge: MergeOptions,
    watch: WatchOptions,
    talk: TalkOptions,
    *,
    as_json: bool,
) -> None:
    """Print what doing `tasks`, of `films` in all, would take. Raises typer.Exit with 3 where a film cannot be planned,
    1 where none can."""
    from longvid.batch.forecast import forecast
    from longvid.cli.console import TerminalMonitor
    from longvid.cli.faults import unforeseen
    from longvid.cli.plan import reckon
    from longvid.cli.running import print_json, until_interrupted
    from longvid.engine.pictures import DEFAULT_PIXELS
    from longvid.files import as_text
    from longvid.pipeline.planning import IMAGE_SIZE

    prices = (watch.model_price, merge.llm_price)
    assumed = reckon(model, merge.llm_context, watch.frames, watch.pixels, watch.template, watch.label, *prices)
    shaped = assumed.models.pixels is not None or assumed.models.clip_tokens is not None
    pixels = watch.pixels or (DEFAULT_PIXELS if shaped else IMAGE_SIZE**2)
    with TerminalMonitor(quiet=talk.quiet, verbose=talk.verbose) as monitor:

        def turn(task: Task, number: int) -> TerminalMonitor:
            monitor.film(f"[{number + 1}/{len(tasks)}] {as_text(task.path)}")
            return monitor

        work = forecast(tasks, turn, unforeseen, assumed.models, pixels, assumed.template, assumed.label)
        found = until_interrupted(work)
        monitor.stop()
        for row in found["films"]:
            if "error" in row:
                monitor.error(row["error"])
    if as_json:
        print_json({**found, "left": len(tasks), "known": films - len(tasks)})
    else:
        _show(found, films - len(tasks))
    if found["failed"]:
        raise typer.Exit(1 if found["failed"] == len(tasks) else 3)


def _show(found: dict[str, Any], known: int) -> None:
    from longvid.engine.device import gigabytes
    from longvid.output import clock
    from longvid.text import counted, printable

    typer.echo("film time  chunks  watched  written  tokens read  tokens written  GB of clips  film")
    for row in found["films"]:
        if "error" not in row:
            typer.echo(f"{_figures(row, clock)}  {printable(row['path'])}")
    if known:
        typer.echo(f"{counted(known, 'film')} with a row already, or left out by --limit")
    films = counted(len(found["films"]), "film")
    typer.echo(f"{_figures(found, clock)}  {films} to do, at most; a bad answer is asked for twice")
    if found["memory_bytes"]:
        sizes = ", ".join(f"{gigabytes(size)} in {dtype}" for dtype, size in found["memory_bytes"].items())
        typer.echo(f"GPU memory for one call: {sizes}")


def _figures(row: dict[str, Any], clock: Any) -> str:
    return (
        f"{clock(row['duration']):>9}  {row['chunks']:>6}  {row['watch']:>7}  {row['write']:>7}  "
        f"{row['tokens_read']:>11}  {row['tokens_written']:>14}  {row['disk_bytes'] / 1e9:>11.3f}"
    )
