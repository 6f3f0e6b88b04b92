"""`longvid bench`: the benchmarks as commands. Attached to the program through the group `longvid.commands`."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from longvid_benchmarks.asking.command import ask
from longvid_benchmarks.compare.command import merge
from longvid_benchmarks.compare.report import report
from longvid_benchmarks.engine.command import engine
from longvid_benchmarks.fuzz.command import fuzz
from longvid_benchmarks.ingest.command import ingest
from longvid_benchmarks.precision.command import precision
from longvid_benchmarks.published.command import published
from longvid_benchmarks.published.making.command import mvbench
from longvid_benchmarks.tqa.command import tqa
from longvid_benchmarks.watch.command import watch

app = typer.Typer(no_args_is_help=True, help="Benchmarks: films whose story is known, and scores.")
storyfilm = typer.Typer(no_args_is_help=True, help="Generated films whose whole story is known.")
app.add_typer(storyfilm, name="storyfilm")
app.add_typer(precision, name="precision")
app.add_typer(mvbench, name="mvbench")
app.command("merge")(merge)
app.command("ask")(ask)
app.command("engine")(engine)
app.command("ingest")(ingest)
app.command("fuzz")(fuzz)
app.command("report")(report)
app.command("published")(published)
app.command("watch")(watch)
app.command("tqa")(tqa)
if find_spec("longvid_benchmarks.training") is not None:
    # The trainer of the small model is not in the wheel: it is of use beside the repository alone.
    from longvid_benchmarks.training.command import tiny

    app.add_typer(tiny, name="tiny")


class Level(StrEnum):
    easy = "easy"
    normal = "normal"
    hard = "hard"


@storyfilm.command("make")
def make(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the film and its gold go.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides the whole story.")] = 0,
    chunks: Annotated[int, typer.Option("--chunks", min=1, max=1000, help="Chunks of 55 to 60 seconds.")] = 14,
    easy: Annotated[bool, typer.Option("--easy", help="Fewer events.")] = False,
    hard: Annotated[bool, typer.Option("--hard", help="More events, and dissolves between chunks.")] = False,
    said: Annotated[
        float,
        typer.Option(
            "--said", min=0, max=1, metavar="SHARE", help="Of promises, claims, names and plans: said and not shown."
        ),
    ] = 0.0,
    height: Annotated[int, typer.Option("--height", min=90, max=1080, help="Of the picture, in pixels.")] = 360,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Invent a story, check it, and write its film, subtitles and gold into one folder.

    A story that breaks a promise is reported and not written (exit status 1).

    Example: longvid bench storyfilm make --seed 7 --chunks 14 --out story7
    """
    from longvid.errors import LongvidError
    from longvid.text import counted
    from longvid_benchmarks.storyfilm.checks import check
    from longvid_benchmarks.storyfilm.folder import write
    from longvid_benchmarks.storyfilm.generator import invent
    from longvid_benchmarks.storyfilm.sound import can_speak
    from longvid_benchmarks.terminal import interruptible, progress_bar

    if easy and hard:
        raise typer.BadParameter("choose one of --easy and --hard", param_hint="'--easy' / '--hard'")
    story = invent(seed, chunks, "easy" if easy else "hard" if hard else "normal", said=said)
    broken = check(story)
    if broken:
        raise LongvidError(f"seed {seed} with {counted(chunks, 'chunk')} breaks its promises: {'; '.join(broken[:3])}")
    try:
        with interruptible(), progress_bar("rendering", quiet=quiet) as advance:
            write(story, out, height=height, progress=advance)
    except OSError as error:
        raise LongvidError(f"cannot write to {out}: {error.strerror}; choose another --out") from error
    if not quiet:
        missing = f"; no room for: {', '.join(story.missing)}" if story.missing else ""
        parts = (counted(chunks, "chunk"), counted(len(story.events()), "event"), counted(len(story.links), "link"))
        typer.echo(f"{out}: {', '.join(parts)}{missing}", err=True)
        if said and not can_speak():
            typer.echo("the film's sound is silent, since espeak-ng is not installed; its subtitles have it", err=True)


@storyfilm.command("score")
def score(
    summary: Annotated[Path, typer.Argument(metavar="SUMMARY.txt", help="The text to score.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that make wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Hold a summary against the gold of a film. No language model takes part."""
    import json

    from longvid.errors import LongvidError
    from longvid_benchmarks.storyfilm.folder import load
    from longvid_benchmarks.storyfilm.scorer import score as score_text
    from longvid_benchmarks.storyfilm.showing import explain

    try:
        text = summary.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise LongvidError(f"{summary}: {error.strerror}; give a text file") from error
    story = load(folder)
    typer.echo(json.dumps(score_text(text, story).to_dict()) if as_json else "\n".join(explain(text, story)))


@storyfilm.command("show")
def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that make wrote.")],
) -> None:
    """Draw a contact sheet of the film and a timeline of its facts and links into its folder."""
    from longvid.errors import LongvidError
    from longvid_benchmarks.storyfilm.folder import load
    from longvid_benchmarks.storyfilm.sheet import contact_sheet, timeline

    story = load(folder)
    try:
        for name, draw in (("sheet.png", contact_sheet), ("timeline.png", timeline)):
            draw(story, folder / name)
            typer.echo(str(folder / name))
    except OSError as error:
        raise LongvidError(f"cannot write to {folder}: {error.strerror}") from error
