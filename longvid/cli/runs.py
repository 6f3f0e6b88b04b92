"""`longvid runs`: what run folders take up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Run folders: what is kept of films.")


@app.command("clean")
def clean(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Run folders (.longvid).", show_default=False, readable=False)
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each RUN on stdout.")] = False,
) -> None:
    """Remove the clips of every RUN that its last run does not use: those of other settings or subtitles.

    Answers and outputs stay. A later run with such settings reads the film again, and watches nothing again.

    Example: longvid runs clean --dry-run film.longvid
    """
    from longvid.cli.console import fail
    from longvid.cli.running import print_json
    from longvid.errors import RunError
    from longvid.run import open_existing
    from longvid.run.cleaning import leftovers, remove
    from longvid.text import printable

    failed = 0
    for run in runs:
        try:
            with open_existing(run) as folder:
                found = leftovers(folder)
                for one in found if not dry_run else ():
                    remove(one)
        except RunError as error:
            fail(str(error))
            failed += 1
            continue
        if as_json:
            removed = [{"name": one.path.name, "bytes": one.size} for one in found]
            print_json({"run": str(run), "removed": removed, "dry_run": dry_run})
            continue
        for one in found:
            typer.echo(f"{_megabytes(one.size)}  {printable(str(one.path))}")
        verb = "would be freed" if dry_run else "freed"
        typer.echo(f"{_megabytes(sum(one.size for one in found))}  {verb} in {printable(str(run))}")
    if failed:
        raise typer.Exit(1 if failed == len(runs) else 3)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:10.1f} MB"
