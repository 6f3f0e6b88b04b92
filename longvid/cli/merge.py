"""`longvid merge`: another merge of a run's stored captions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli import options as o

if TYPE_CHECKING:
    from longvid.cli.terminal import TerminalMonitor
    from longvid.output import Report


def merge(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders that summarize made.", show_default=False, readable=False),
    ],
    strategy: o.StrategyName = "hierarchical",
    writer: o.WriterId = None,
    length: o.Length = "auto",
    device: o.Device = None,
    dtype: o.DtypeOption = None,
    batch_size: o.BatchSize = None,
    seed: o.Seed = 0,
    formats: o.Formats = "md,json",
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Merge the captions stored in each RUN again, with another strategy, writer or length.

    Watches nothing: the film need not be there any more.

    Example: longvid merge film.longvid --strategy refine
    """
    from longvid.cli.running import print_json, run_films
    from longvid.engine.models import reopen_models
    from longvid.output.markdown import render_summary
    from longvid.pipeline import Job
    from longvid.pipeline import merge as merge_run
    from longvid.reading import ReadSettings
    from longvid.run.folder import stored_settings
    from longvid.strategy.registry import load

    wanted = o.parse_formats(formats)
    chosen = load(strategy)
    words = o.read_length(length, strategy, chosen)

    async def one(run: Path, monitor: TerminalMonitor) -> Report:
        models = reopen_models(
            stored_settings(run).get("model"),
            writer=writer,
            device=device,
            dtype=dtype.value if dtype else None,
            batch=batch_size,
        )
        job = Job(chosen(), ReadSettings(), seed, words, wanted)
        return await merge_run(run, job, models, monitor)

    def show(report: Report) -> None:
        if as_json:
            print_json(report.as_json())
        else:
            typer.echo(render_summary(report))
        for line in report.notes if verbose else ():
            typer.echo(f"longvid: {line}", err=True)

    run_films(runs, one, show, quiet=quiet, verbose=verbose)
