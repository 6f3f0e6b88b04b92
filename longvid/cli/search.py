"""`longvid search`: words in everything that the runs of whole folders know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from longvid.cli import options as o
from longvid.cli.groups import TalkOptions
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_path


@with_options
def search(
    places: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR|RUN...",
            help="Folders with run folders, or run folders.",
            show_default=False,
            parser=parse_path,
        ),
    ],
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What is looked for.", show_default=False)],
    *,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, max=10_000, help="Passages shown at most.")] = 20,
    as_json: o.JsonAlone = False,
    talk: TalkOptions,
) -> None:
    """Find WORDS in what is seen, said and told in all runs of a folder: film, time and text, the best first.

    Words are found in all their forms. An index is kept in each DIR and brought up to date by every search. Where no
    passage has all the words, those that have some are shown.

    Example: longvid search summaries "brass tag"
    """
    from longvid.api import search as search_runs
    from longvid.cli.console import TerminalMonitor, note
    from longvid.cli.running import print_json, until_interrupted
    from longvid.output import clock
    from longvid.text import counted, printable

    with TerminalMonitor(quiet=talk.quiet, verbose=talk.verbose) as monitor:
        monitor.film("index")

        def advance(done: int, total: int) -> None:
            monitor.advance("index", done, total)

        found = until_interrupted(search_runs(places, words, most=most, progress=advance))
        monitor.stop()
        if as_json:
            print_json(found.as_json())
        for one in found.found if not as_json else ():
            typer.echo(f"{printable(one.film)} [{clock(one.time)}] {one.kind}: {printable(one.text)}")
        if not talk.quiet:
            if not found.found:
                note(f"nothing of it in {counted(found.runs, 'run')}")
            elif not found.all_words:
                note("no passage has all the words; these have some")
        for line in found.problems:
            monitor.warn(line)
    if found.problems:
        raise typer.Exit(3)
