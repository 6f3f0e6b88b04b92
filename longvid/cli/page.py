"""`longvid page`: the page of every run, without watching or merging anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from longvid.cli.values import parse_path


def page(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN|DIR...", help="Run folders, or folders with some.", show_default=False, parser=parse_path
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each run on stdout.")] = False,
) -> None:
    """Write the page of each RUN: one HTML file in which every sentence of the summary opens what it rests on.

    Watches nothing. It is made of the JSON that summarize and merge write, one page for each, and names are printed.

    Example: longvid page film.longvid
    """
    from longvid.api import Unmade, pages, runs_of
    from longvid.cli.console import fail
    from longvid.cli.running import print_json
    from longvid.errors import RunError
    from longvid.files import as_text
    from longvid.text import printable

    done = failed = 0
    for named in runs:
        try:
            found = runs_of(named)
        except RunError as error:
            fail(str(error))
            failed += 1
            continue
        for run in found:
            try:
                written = pages(run)
            except RunError as error:
                fail(str(error))
                failed += 1
                written = list(error.written) if isinstance(error, Unmade) else []
                if not written:
                    continue
            done += 1
            if as_json:
                print_json({"run": as_text(run), "pages": [as_text(path) for path in written]})
                continue
            for path in written:
                typer.echo(printable(as_text(path)))
    if failed:
        raise typer.Exit(3 if done else 1)
