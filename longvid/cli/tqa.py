"""`longvid tqa make`: a data set of questions about change, made of one's own films."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from longvid.cli import options as o
from longvid.cli import pictures as p
from longvid.cli import servers as s
from longvid.cli.groups import DeviceOptions, MergeOptions, ServerOptions, TalkOptions, WatchOptions
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_llm, parse_path, parse_path_or_word

app = typer.Typer(no_args_is_help=True, help="Data sets of questions about when a scene changes, for training.")


@app.callback()
def root() -> None:
    """Make `make` a command of its own beside others to come."""


@app.command("make")
@with_options
def make(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="FILM|DIR...", help="Films, and folders of films.", show_default=False),
    ],
    *,
    output_dir: Annotated[
        Path,
        typer.Option(
            "-o", "--output-dir", metavar="DIR", help="Where the data set goes.", parser=parse_path, show_default=False
        ),
    ],
    model: o.ModelId = o.DEFAULT_MODEL,
    llm: Annotated[
        str | None,
        typer.Option(
            "--llm",
            metavar="ID",
            parser=parse_llm,
            help="The language model that judges and asks: a local causal LM (hub id or folder), a server as for "
            "--model, or provider:model. [default: the model itself, or the LLM that comes with it]",
            show_default=False,
        ),
    ] = None,
    llm_context: o.LLMContext = None,
    clip_length: Annotated[
        float,
        typer.Option(
            "--clip-length",
            metavar="S",
            min=4,
            max=120,
            help="The most that a clip lasts, in seconds; the published model is shown 24 frames, one a second.",
        ),
    ] = 24.0,
    held_out: Annotated[
        float,
        typer.Option(
            "--held-out", metavar="SHARE", min=0, max=0.9, help="Of the films, by the hash of their content: held out."
        ),
    ] = 0.1,
    fit: o.FitOption = o.Fit.crop,
    pixels: p.Pixels = None,
    model_context: s.ModelContext = None,
    device: DeviceOptions,
    asked: ServerOptions,
    as_json: o.JsonAlone = False,
    talk: TalkOptions,
) -> None:
    """Make questions about when the scene changes, with answers, of each FILM.

    Shots are packed to clips, a frame of each second is captioned by --model, and --llm throws out clips that hardly
    change and writes one question and answer about the biggest change. Rules throw out what cannot be right, then
    near-duplicates go. DIR gets train.jsonl and held-out.jsonl, a video for each sample, and the funnel, which is
    printed too. A killed run goes on where it was.

    Example: longvid tqa make films/ -o tqa --model cogvlm2-video-llama3-chat --llm ollama:qwen3
    """
    from longvid.batch.sources import find
    from longvid.cli.console import TerminalMonitor
    from longvid.cli.running import (
        INCOMPLETE,
        interrupted,
        print_json,
        run_interruptible,
        tell_of_precision,
        tell_of_tracing,
    )
    from longvid.cli.streams import only_results
    from longvid.engine.models import open_models
    from longvid.errors import DataError
    from longvid.text import counted
    from longvid.text.shown import shown
    from longvid.training.tqa import making
    from longvid.training.tqa.settings import TQASettings

    if llm == "none":
        raise typer.BadParameter("questions are written by a language model; name one", param_hint="'--llm'")
    found = [entry.path for source in map(parse_path_or_word, sources) for entry in find(source)]
    # Clips of an earlier run are no films.
    films = [path for path in found if output_dir.absolute() not in path.absolute().parents] or found
    settings = TQASettings(clip_length, held_out, fit.value, device.seed)
    servers = asked.settings(WatchOptions(model_context=model_context), MergeOptions())
    models = open_models(
        model, llm=llm, frames=1, pixels=pixels, llm_context=llm_context, servers=servers, **device.placed()
    )
    device.require_used(models)
    if not models.writes:
        raise typer.BadParameter(
            f"{models.name} only watches, and questions are written by a language model; name one", param_hint="'--llm'"
        )
    tell_of_precision(models, quiet=talk.quiet)
    tell_of_tracing()
    with TerminalMonitor(quiet=talk.quiet, verbose=talk.verbose) as monitor:
        monitor.film(counted(len(films), "film"))
        try:
            with only_results():
                made = run_interruptible(making.make(films, models, output_dir, settings, monitor))
        except KeyboardInterrupt as ended:
            monitor.stop()
            raise interrupted(ended, f"every finished answer is kept in {shown(output_dir)}") from None
        monitor.stop()
        if as_json:
            print_json(made.funnel.as_json())
        for line in made.funnel.table() if not talk.quiet else ():
            typer.echo(line, err=True)
    if not made.funnel.kept:
        raise DataError(
            f"of {counted(made.funnel.clips, 'clip')} none has a pair that holds, so the data set is empty; "
            f"{shown(output_dir / 'clips.jsonl')} says why of each: try another --llm or --model, or longer films"
        )
    if not as_json:
        typer.echo(f"{output_dir}: {counted(made.funnel.train, 'sample')}, {made.funnel.held_out} more held out")
    if made.problems or made.funnel.failed:
        raise typer.Exit(INCOMPLETE)
