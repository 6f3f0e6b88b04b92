"""`longvid schema`: the JSON schemas of what `--json` prints."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Output(StrEnum):
    summarize = "summarize"
    caption = "caption"
    merge = "merge"
    ask = "ask"
    search = "search"


def schema(
    name: Annotated[Output, typer.Argument(metavar="COMMAND", help="summarize, caption, merge, ask or search.")],
) -> None:
    """Print the JSON schema of what COMMAND prints with --json. Keys are only ever added.

    Example: longvid schema ask
    """
    import json

    from longvid.output.schemas import schema as schema_of

    typer.echo(json.dumps(schema_of(name.value), indent=1))
