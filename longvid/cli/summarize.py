"""`longvid summarize`: films in, summaries out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from longvid.cli import options as o

if TYPE_CHECKING:
    from longvid.cli.terminal import TerminalMonitor
    from longvid.output import Report


def summarize(
    films: o.Films,
    model: o.ModelId = o.DEFAULT_MODEL,
    strategy: o.StrategyName = o.DEFAULT_STRATEGY,
    writer: o.WriterId = None,
    length: o.Length = "auto",
    settings: o.Setting = None,
    config: o.ConfigFile = None,
    carry: o.CarryOption = o.CarryWay.none,
    cast: o.CastFile = None,
    sampler: o.SamplerOption = o.Sampler.uniform,
    fit: o.FitOption = o.Fit.crop,
    label: o.LabelOption = o.Label.by_index,
    template: o.TemplateOption = o.Template.auto,
    device: o.Device = None,
    dtype: o.DtypeOption = None,
    batch_size: o.BatchSize = None,
    seed: o.Seed = 0,
    start: o.Start = None,
    end: o.End = None,
    target_length: o.TargetLength = 60.0,
    min_length: o.MinLength = None,
    max_length: o.MaxLength = None,
    video_track: o.VideoTrack = "auto",
    detector: o.DetectorOption = o.Detector.adaptive,
    exact_frames: o.ExactFrames = False,
    output_dir: o.OutputDir = None,
    formats: o.Formats = "md,json",
    evidence: o.Evidence = False,
    as_json: o.Json = False,
    fresh: o.Fresh = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Summarize each FILM: scenes, chunks, captions, one text.

    The summary goes to stdout as Markdown; everything is kept in FILM's run folder, and the same command goes on with
    a run that was killed.

    Example: longvid summarize film.mp4 --length 500 -o summaries
    """
    from longvid.cli.running import print_json, run_films
    from longvid.engine.models import open_models
    from longvid.output.markdown import render_summary
    from longvid.pipeline import Job
    from longvid.pipeline import summarize as summarize_film

    wanted = o.parse_formats(formats)
    chosen = o.read_strategy(strategy, settings, config)
    words = o.read_length(length, chosen)
    writer = o.read_writer(writer, chosen, needed=False)
    read = o.read_settings(
        sampler, fit, start, end, target_length, min_length, max_length, detector, exact_frames, video_track
    )
    told = o.read_carry(carry, cast)
    models = open_models(
        model,
        writer=writer,
        device=device,
        dtype=dtype.value if dtype else None,
        template=template.value,
        label=label.value,
        frames=read.frames,
        batch=batch_size,
    )
    o.require_writer(models, chosen)
    job = Job(chosen, read, seed, words, wanted, output_dir, fresh, evidence=evidence, carry=told)

    async def one(film: Path, monitor: TerminalMonitor) -> Report:
        monitor.detail(f"model {model}, strategy {strategy}")
        return await summarize_film(film, job, models, monitor)

    def show(report: Report) -> None:
        if as_json:
            print_json(report.as_json())
        else:
            typer.echo(render_summary(report))
        for line in report.notes if verbose else ():
            typer.echo(f"longvid: {line}", err=True)

    run_films(films, one, show, quiet=quiet, verbose=verbose)
