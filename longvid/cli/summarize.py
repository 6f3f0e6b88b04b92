"""`longvid summarize`: films in, summaries out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from longvid.cli import options as o
from longvid.cli.groups import (
    DeviceOptions,
    DialogueOptions,
    HearingOptions,
    MergeOptions,
    RangeOptions,
    ServerOptions,
    TalkOptions,
    WatchOptions,
)
from longvid.cli.listening import require_said
from longvid.cli.opening import opened
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_formats

if TYPE_CHECKING:
    from longvid.cli.console import TerminalMonitor
    from longvid.output import Report


@with_options
def summarize(
    films: o.Films,
    *,
    model: o.ModelId = o.DEFAULT_MODEL,
    merge: MergeOptions,
    watch: WatchOptions,
    device: DeviceOptions,
    asked: ServerOptions,
    cut: RangeOptions,
    said: DialogueOptions,
    heard: HearingOptions,
    exact_frames: o.ExactFrames = False,
    output_dir: o.OutputDir = None,
    formats: o.Formats = "md,json",
    evidence: o.Evidence = False,
    as_json: o.Json = False,
    fresh: o.Fresh = False,
    talk: TalkOptions,
) -> None:
    """Summarize each FILM: scenes, chunks, captions, one text.

    The summary goes to stdout as Markdown, and everything is kept in FILM's run folder. To go on with a run that was
    killed, give the same command again.

    Example: longvid summarize film.mp4 --length 500 -o summaries
    """
    from longvid.api import Job
    from longvid.api import summarize as summarize_film
    from longvid.cli.running import require_film, run_films, tell_of_precision
    from longvid.output.markdown import render_summary

    wanted = parse_formats(formats)
    chosen = merge.chosen()
    words = o.read_length(merge.length, chosen)
    require_said(chosen, said.hearing)
    listening = said.listening(films, heard.settings(device.device))
    read = cut.settings(watch.sampler, watch.frames, watch.fit, exact_frames=exact_frames)
    told = watch.carried()
    require_film(films)
    models = opened(model, [chosen], merge, watch, device, asked, said, frames=read.frames, hears=heard.hears)
    tell_of_precision(models, quiet=talk.quiet)
    job = Job(chosen, read, device.seed, words, wanted, output_dir, fresh, evidence=evidence, carry=told)
    job = replace(job, listening=listening, hearing=said.hearing, embedder=merge.meaning())

    async def one(film: Path, monitor: TerminalMonitor) -> Report:
        monitor.detail(f"model {models.name}, strategy {merge.strategy}")
        return await summarize_film(film, job, models, monitor)

    def show(report: Report) -> None:
        typer.echo(render_summary(report))

    run_films(films, one, show, quiet=talk.quiet, verbose=talk.verbose, as_json=as_json)
