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
    index: Annotated[
        bool, typer.Option("--index", help="Write index.html into each DIR too: all films below it, with a search.")
    ] = False,
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
    from longvid.page.index import write_index
    from longvid.text import printable

    done = failed = 0
    for named in runs:
        made: list[Path] = []
        absent: list[tuple[str, str]] = []
        try:
            found = _below(named) if index else runs_of(named)
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
                absent.append((as_text(run.stem), str(error)))
                written = list(error.written) if isinstance(error, Unmade) else []
                if not written:
                    continue
            done += 1
            made += written
            if as_json:
                print_json({"run": as_text(run), "pages": [as_text(path) for path in written]})
                continue
            for path in written:
                typer.echo(printable(as_text(path)))
        if index:
            written = [write_index(named, made, [*absent, *_undone(named)])]
            if as_json:
                print_json({"index": as_text(written[0]), "pages": len(made)})
            else:
                typer.echo(printable(as_text(written[0])))
    if failed:
        raise typer.Exit(3 if done else 1)


def _below(folder: Path) -> list[Path]:
    """All run folders below `folder`. Raises RunError where there are none."""
    from longvid.asking.searching import runs_below
    from longvid.errors import RunError
    from longvid.files import is_file

    found = [] if is_file(folder / "film.json") else list(runs_below(folder))
    if not found:
        raise RunError(f"{folder} has no run folders in it, of which an index is made; name the folder that -o named")
    return found


def _undone(folder: Path) -> list[tuple[str, str]]:
    """Films that a batch could not do, by its rows in `folder`: names, and why. Raises BatchError for damaged rows."""
    from longvid.batch.results import latest, read_folder

    rows = latest(read_folder(folder)).values()
    return [(str(row.get("film")), str(row.get("error"))) for row in rows if row["status"] in ("failed", "skipped")]
