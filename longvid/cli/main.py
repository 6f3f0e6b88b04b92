"""The app: its commands, and how every command ends.

Exit status: 0 all well, 1 an error, 2 wrong usage, 3 finished but some films failed or there are problems, 130
interrupted (Ctrl-C), 143 ended by SIGTERM. A user's error is one line on stderr; our own fault and a plug-in's are one
line too, with the traceback in the log.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from copy import copy
from typing import Annotated, Any

import typer

from longvid import __version__
from longvid.cli import (
    ask,
    batch,
    caption,
    doctor,
    mcp,
    merge,
    model,
    page,
    plan,
    runs,
    schema,
    search,
    strategies,
    summarize,
    tqa,
    train,
    transcribe,
)
from longvid.cli.console import fail, quick_interrupt
from longvid.cli.faults import unforeseen
from longvid.cli.streams import is_unwritable, prepare, silence
from longvid.engine.tracing import forget_others
from longvid.errors import LongvidError

GROUP = "longvid.commands"
"""Entry-point group by which other packages attach commands: each names a typer.Typer."""

OK, ERROR, INTERRUPTED = 0, 1, 130

app = typer.Typer(
    name="longvid",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Turn a film into text: CogVLM2-Video on one-minute chunks, merged by a strategy that links them.",
    epilog="Exit status: 0 all well, 1 error, 2 wrong usage, 3 finished with losses, 130 interrupted, "
    "143 ended by SIGTERM.",
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"longvid {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    del version


app.command("summarize")(summarize.summarize)
app.command("plan")(plan.plan)
app.command("caption")(caption.caption)
app.command("merge")(merge.merge)
app.command("page")(page.page)
app.command("transcribe")(transcribe.transcribe)
app.add_typer(batch.app, name="batch")
app.command("ask")(ask.ask)
app.command("search")(search.search)
app.command("schema")(schema.schema)
app.command("mcp")(mcp.mcp)
app.add_typer(runs.app, name="runs")
app.add_typer(strategies.app, name="strategies")
app.add_typer(model.app, name="model")
app.add_typer(tqa.app, name="tqa")
app.add_typer(train.app, name="train")
app.command("doctor")(doctor.doctor)


def only(whole: typer.Typer, named: Sequence[str]) -> typer.Typer:
    """`whole` with the command alone that is `named`, since to make the options of all takes longer than all else in a
    start; `whole` itself where none of its own is."""
    commands = [command for command in whole.registered_commands if command.name in named]
    groups = [group for group in whole.registered_groups if group.name in named]
    if not commands and not groups:
        return whole
    part = copy(whole)
    part.registered_commands, part.registered_groups = commands, groups
    return part


def attach_plugins(target: typer.Typer) -> None:
    """Add the commands of other packages to `target`; one that cannot be loaded is reported and left out.

    What is attached already stays as it is, so `main` may be called any number of times.
    """
    # It brings the whole of Python's mail package.
    from importlib.metadata import entry_points

    attached = {group.name for group in target.registered_groups}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if point.name in attached:
            continue
        try:
            loaded: Any = point.load()
        except Exception as error:
            typer.echo(f"longvid: command {point.name} cannot be loaded: {error}", err=True)
            continue
        target.add_typer(loaded, name=point.name)


def main() -> None:
    """Entry point of the program `longvid`."""
    with quick_interrupt():
        status = _run()
    sys.exit(status)


def _run() -> int:
    """Run the command and say how it ended."""
    prepare()
    if os.name != "posix":
        fail("longvid runs on Linux and macOS, whose files and signals it needs; on Windows use it within WSL")
        return ERROR
    forget_others()
    asked = only(app, sys.argv[1:2])
    if asked is app:
        attach_plugins(app)
    try:
        # standalone_mode=False would hide usage errors; click prints those and exits with 2 by itself.
        asked(prog_name="longvid")
    except LongvidError as error:
        fail(str(error))
        return ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK
    except OSError as error:
        if not is_unwritable(error):
            return _unforeseen(error)
        silence(sys.stdout)
        # Whoever reads no further has seen enough.
        if not isinstance(error, BrokenPipeError):
            fail(f"the output cannot be printed: {error.strerror}")
        return ERROR
    except Exception as error:
        return _unforeseen(error)
    return OK


def _unforeseen(error: Exception) -> int:
    fail(unforeseen(error))
    return ERROR
