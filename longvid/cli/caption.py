"""`longvid caption`: what happens in each chunk, without merging."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from longvid.cli import options as o

if TYPE_CHECKING:
    from longvid.cli.terminal import TerminalMonitor
    from longvid.output import Report


def caption(
    films: o.Films,
    model: o.ModelId = o.DEFAULT_MODEL,
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
    formats: o.Formats = "srt,vtt",
    as_json: o.Json = False,
    fresh: o.Fresh = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Caption each chunk of each FILM and merge nothing.

    Prints a line a chunk with its times. A later summarize or merge uses these captions again.

    Example: longvid caption film.mp4 --json | jq -r '.chunks[].caption'
    """
    from longvid.cli.running import print_json, run_films
    from longvid.engine.models import open_models
    from longvid.output import clock
    from longvid.pipeline import Job
    from longvid.pipeline import summarize as summarize_film
    from longvid.strategy.registry import load
    from longvid.text import printable

    wanted = o.parse_formats(formats)
    read = o.read_settings(
        sampler, fit, start, end, target_length, min_length, max_length, detector, exact_frames, video_track
    )
    told = o.read_carry(carry, cast)
    models = open_models(
        model,
        device=device,
        dtype=dtype.value if dtype else None,
        template=template.value,
        label=label.value,
        frames=read.frames,
        batch=batch_size,
    )
    job = Job(load("concat")(), read, seed, None, wanted, output_dir, fresh, carry=told)

    async def one(film: Path, monitor: TerminalMonitor) -> Report:
        return await summarize_film(film, job, models, monitor)

    def show(report: Report) -> None:
        if as_json:
            print_json(report.as_json())
            return
        for chunk in report.chunks:
            text = " ".join(printable(chunk.caption).split()) or f"({chunk.reason})"
            typer.echo(f"[{clock(chunk.start)} - {clock(chunk.end)}] {text}")

    run_films(films, one, show, quiet=quiet, verbose=verbose)
