"""`longvid demo`: a film whose whole story is known, what the small model says of it, and how much of it is so.

The film is invented and rendered here, watched and merged by the functions behind `longvid summarize`, and scored by
those behind `longvid bench storyfilm score`. Needs neither a network nor a GPU. What is in the folder already is used.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.text import printable

if TYPE_CHECKING:
    from longvid.cli.console import TerminalMonitor
    from longvid.output import Report
    from longvid_benchmarks.storyfilm.story import Story

SEED, CHUNKS = 600_000, 10
"""The first of the seeds that no training and no tuning ever sees; about ten minutes."""
HEIGHT = 360
"""Rows of the film's picture."""
MODEL, STRATEGY = "storyfilm-tiny", "ledger"
FOLDER = Path("longvid-demo")
TEXT = "summary.txt"

app = typer.Typer(
    invoke_without_command=True,
    subcommand_metavar="",
    # A command of another package is a group, and a group takes no options after its argument unless it is told to.
    context_settings={"allow_interspersed_args": True},
)


@app.callback()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where everything goes.", show_default=False)] = FOLDER,
    fresh: Annotated[bool, typer.Option("--fresh", help="Render and watch anew what DIR holds already.")] = False,
) -> None:
    """Make a film of ten minutes whose story is known, summarize it with the small model, and score the summary.

    Needs no network, no GPU and no download. DIR is longvid-demo where none is named.

    Example: longvid demo
    """
    from longvid.api import summarize
    from longvid.cli.options import read_strategy
    from longvid.cli.running import run_films
    from longvid.engine.models import open_models
    from longvid.pipeline.ingest import IngestSettings
    from longvid.pipeline.job import Job
    from longvid_benchmarks.storyfilm.folder import FILM
    from longvid_benchmarks.storyfilm.showing import compare

    clock = _Clock()
    models = open_models(MODEL)
    clock.step(f"Model: {MODEL}, which understands generated films like this one and nothing else")
    story, there = make_film(folder, fresh=fresh)
    what = f"Film: {CHUNKS} scenes in {minutes(story.chunks[-1].end)}, invented from seed {SEED}"
    clock.step(f"{what}; it is there already" if there else f"{what} and rendered")
    formats = ("md", "json", "html")
    job = Job(read_strategy(STRATEGY, None, None), IngestSettings(), formats=formats, evidence=True, fresh=fresh)

    async def one(film: Path, monitor: TerminalMonitor) -> Report:
        return await summarize(film, job, models, monitor)

    def show(report: Report) -> None:
        asked = report.calls["watch"] + report.calls["ask"] + report.calls["write"]
        stored = report.calls["cached"]
        answers = f"{asked} question{'s' * (asked != 1)} asked" + (
            f", {stored} answer{'s were' if stored != 1 else ' was'} there already" if stored else ""
        )
        clock.step(f"Summary: every scene watched, the answers merged by the strategy {STRATEGY}; {answers}")
        scores = compare(report.summary, story)
        _write(folder / TEXT, report.summary + "\n")
        clock.step("Score: held against all that is true of the story; no language model takes part")
        typer.echo("\n".join(["", *told(report), "", *scores, "", *where(folder, report)]))

    run_films([folder / FILM], one, show, quiet=False, verbose=False)


class _Clock:
    """Says what was done and how long it took, step by step."""

    def __init__(self) -> None:
        self._number, self._last = 0, time.perf_counter()

    def step(self, what: str) -> None:
        now = time.perf_counter()
        self._number += 1
        typer.echo(f"{self._number}. {what} ({now - self._last:.1f} s)")
        self._last = now


def make_film(folder: Path, *, fresh: bool) -> tuple[Story, bool]:
    """The story, with its film, subtitles and gold in `folder`; and whether the film was there already.

    Raises LongvidError where the folder holds another film or cannot be written.
    """
    import av

    from longvid.errors import LongvidError
    from longvid_benchmarks.storyfilm.folder import FILM, write
    from longvid_benchmarks.storyfilm.generator import invent
    from longvid_benchmarks.terminal import interruptible, progress_bar

    story = invent(SEED, CHUNKS)
    try:
        there = (folder / FILM).exists()
        if there and not _is_of(folder, story):
            raise LongvidError(f"{folder} holds another film; choose another folder")
        if there and not fresh:
            return story, True
        with interruptible(), progress_bar("rendering") as advance:
            write(story, folder, height=HEIGHT, progress=advance)
    except (OSError, av.FFmpegError) as error:
        raise _unwritable(folder, error) from error
    return story, False


def _is_of(folder: Path, story: Story) -> bool:
    from longvid.errors import LongvidError
    from longvid_benchmarks.storyfilm.folder import load

    try:
        return load(folder) == story
    except LongvidError:
        return False


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _unwritable(folder: Path, error: Exception) -> Exception:
    from longvid.errors import LongvidError

    return LongvidError(f"cannot write to {folder}: {getattr(error, 'strerror', error)}; choose another folder")


def minutes(seconds: float) -> str:
    """`seconds` as H:MM:SS."""
    from longvid.output import clock

    return clock(seconds)


def told(report: Report) -> list[str]:
    """The summary, a line a sentence, each with the times of what it tells."""
    if not report.evidence:
        return [printable(report.summary) or "There is no summary: no scene got a usable answer."]
    times = [", ".join(minutes(time) for time in sorted(set(cited.times))) for cited in report.evidence]
    wide = max(map(len, times))
    return [f"{time:{wide}}  {printable(cited.sentence)}" for time, cited in zip(times, report.evidence, strict=True)]


def where(folder: Path, report: Report) -> list[str]:
    """Where everything lies, and the commands that do the same by hand."""
    import shlex

    from longvid_benchmarks.storyfilm.folder import FILM, SUBTITLES

    run = folder / Path(report.run).name
    lines = [
        f"film        {folder / FILM}",
        *([f"said in it  {folder / SUBTITLES}"] if (folder / SUBTITLES).exists() else []),
        f"summary     {folder / TEXT}; with what each sentence rests on: {run / f'film.{STRATEGY}.md'}",
        f"gold        {folder / 'reference.txt'}, facts.jsonl and links.jsonl beside it",
        "",
        "To do it again, and to score it:",
        f"  longvid summarize {shlex.quote(str(folder / FILM))} --model {MODEL} --strategy {STRATEGY} --evidence",
        f"  longvid bench storyfilm score {shlex.quote(str(folder / TEXT))} {shlex.quote(str(folder))}",
        "",
        "To see it, with the film and the moments that each sentence rests on, open in a browser:",
        f"  {run / f'film.{STRATEGY}.html'}",
    ]
    return [printable(line) for line in lines]
