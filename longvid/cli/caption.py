"""`longvid caption`: what happens in each chunk, without merging."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from longvid.cli import options as o
from longvid.cli.groups import DeviceOptions, HearingOptions, RangeOptions, ServerOptions, TalkOptions, WatchOptions
from longvid.cli.listening import read_listening
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_formats

if TYPE_CHECKING:
    from longvid.cli.console import TerminalMonitor
    from longvid.output import Report


@with_options
def caption(
    films: o.Films,
    *,
    model: o.ModelId = o.DEFAULT_MODEL,
    watch: WatchOptions,
    device: DeviceOptions,
    asked: ServerOptions,
    cut: RangeOptions,
    subtitles: o.Subtitles = "auto",
    heard: HearingOptions,
    show_dialogue: o.ShowDialogue = False,
    exact_frames: o.ExactFrames = False,
    output_dir: o.OutputDir = None,
    formats: o.Formats = "srt,vtt",
    as_json: o.Json = False,
    fresh: o.Fresh = False,
    talk: TalkOptions,
) -> None:
    """Caption each chunk of each FILM and merge nothing.

    Prints one line for each chunk, with its times. A later summarize or merge uses these captions again.

    Example: longvid caption film.mp4 --json | jq -r '.chunks[].caption'
    """
    from longvid.api import Job, load_strategy, open_models
    from longvid.api import caption as caption_film
    from longvid.cli.running import require_film, run_films, tell_of_precision
    from longvid.output import clock
    from longvid.text import printable

    wanted = parse_formats(formats)
    read = cut.settings(watch.sampler, watch.frames, watch.fit, exact_frames=exact_frames)
    told = watch.carried()
    listening = read_listening(subtitles, films, heard.settings(device.device))
    require_film(films)
    models = open_models(
        model,
        template=watch.template.value,
        label=watch.label.value if watch.label else None,
        frames=read.frames,
        pixels=watch.pixels,
        servers=asked.settings(watch),
        **device.placed(),
    )
    device.require_used(models, hears=heard.hears)
    tell_of_precision(models, quiet=talk.quiet)
    job = Job(load_strategy("concat")(), read, device.seed, None, wanted, output_dir, fresh, carry=told)
    job = replace(job, listening=listening, show_dialogue=show_dialogue)

    async def one(film: Path, monitor: TerminalMonitor) -> Report:
        return await caption_film(film, job, models, monitor)

    def show(report: Report) -> None:
        for chunk in report.chunks:
            text = " ".join(printable(chunk.caption).split()) or f"({chunk.reason})"
            typer.echo(f"[{clock(chunk.start)} - {clock(chunk.end)}] {text}")

    run_films(films, one, show, quiet=talk.quiet, verbose=talk.verbose, as_json=as_json)
