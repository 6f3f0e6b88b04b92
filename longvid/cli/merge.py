"""`longvid merge`: another merge of a run's stored captions, or of captions from a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli import options as o
from longvid.cli.groups import DeviceOptions, DialogueOptions, MergeOptions, ServerOptions, TalkOptions
from longvid.cli.listening import require_said
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_formats, parse_path

if TYPE_CHECKING:
    from longvid.cli.console import TerminalMonitor
    from longvid.output import Report


@with_options
def merge(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RUN...", help="Run folders that summarize made.", show_default=False, parser=parse_path
        ),
    ] = None,
    *,
    captions: o.CaptionFiles = None,
    how: MergeOptions,
    said: DialogueOptions,
    device: DeviceOptions,
    asked: ServerOptions,
    output_dir: o.MergeDir = None,
    formats: o.Formats = "md,json",
    evidence: o.Evidence = False,
    as_json: o.Json = False,
    talk: TalkOptions,
) -> None:
    """Merge the captions stored in each RUN again, with another strategy, LLM or length.

    Watches nothing: the film need not be there any more. Where a run has only event lines, which is what `ledger` asks
    for, these stand for the captions. With --captions, what happens in each chunk comes from a file: .jsonl rows of
    start, end (seconds), caption and/or lines (of events), or the cues of .vtt and .srt.

    Example: longvid merge film.longvid --strategy refine
    """
    from longvid.api import IngestSettings, Job, open_llm_models, read_captions, reopen_models, stored_settings
    from longvid.api import merge as merge_run
    from longvid.cli.running import run_films
    from longvid.output.markdown import render_summary

    sources = _sources(runs, captions, output_dir)
    wanted = parse_formats(formats)
    chosen = how.chosen()
    words = o.read_length(how.length, chosen)
    require_said(chosen, said.hearing)
    listening = said.listening(sources)
    llm = o.read_llm(how.llm, chosen, needed="captions from a file come without a model" if captions else None)
    job = Job(chosen, IngestSettings(), device.seed, words, wanted, output_dir, evidence=evidence)
    job = replace(job, listening=listening, hearing=said.hearing, embedder=how.meaning())
    place = {"llm_context": how.llm_context, "servers": asked.settings(merge=how), **device.placed()}
    alone = open_llm_models(llm, **place) if captions and llm else None
    if alone is not None:
        device.require_used(alone)
        o.require_llm(alone, chosen)

    async def one(source: Path, monitor: TerminalMonitor) -> Report:
        if alone is not None:
            return await merge_run(read_captions(source), job, alone, monitor)
        described = stored_settings(source).get("model")
        models = reopen_models(described, llm=llm, **place)
        device.require_used(models)
        return await merge_run(source, job, models, monitor)

    def show(report: Report) -> None:
        typer.echo(render_summary(report))

    run_films(sources, one, show, quiet=talk.quiet, verbose=talk.verbose, as_json=as_json)


def _sources(runs: list[Path] | None, captions: list[Path] | None, directory: Path | None) -> list[Path]:
    """What to merge: run folders or files with captions. Raises typer.BadParameter unless it is one of the two."""
    if bool(runs) == bool(captions):
        raise typer.BadParameter("name run folders (RUN...) or files (--captions FILE), one of the two")
    if runs and directory is not None:
        raise typer.BadParameter(
            "a RUN keeps its own outputs; -o is for --captions alone", param_hint="'-o' / '--output-dir'"
        )
    return runs or captions or []
