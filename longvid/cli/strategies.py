"""`longvid strategies`: which there are, and what one needs."""

from __future__ import annotations

import inspect
import sys
from typing import Annotated

import typer

from longvid.cli import options as o
from longvid.cli.streams import only_results

app = typer.Typer(no_args_is_help=True, help="The merge strategies that are installed.")


@app.command("list")
def list_strategies(as_json: o.JsonAlone = False) -> None:
    """List every strategy with what it does. A broken plug-in is named on stderr."""
    from longvid.cli.console import fail
    from longvid.cli.running import print_json
    from longvid.errors import StrategyError
    from longvid.strategy.registry import load, names

    known = names()
    width = max(map(len, known), default=0)
    for name in known:
        try:
            with only_results():
                strategy = load(name)
        except StrategyError as error:
            fail(str(error))
            continue
        if as_json:
            print_json({"name": name, "version": strategy.version, "summary": strategy.summary})
        else:
            typer.echo(f"{name:{width}}  {strategy.summary}")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A strategy, or FILE.py:NAME.", show_default=False)],
    chunks: Annotated[int, typer.Option("--chunks", min=0, max=100_000, help="Estimate calls for this many.")] = 120,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of its settings.")] = False,
) -> None:
    """Show what strategy NAME does, its settings with defaults, what it needs and how many calls it makes."""
    from longvid.engine.prompts import CAPTION_TOKENS
    from longvid.engine.sizing import CPU_BATCH
    from longvid.pipeline.job import auto_words
    from longvid.strategy.contract import Limits
    from longvid.text import printable

    strategy = o.load_strategy(name, "'NAME'")
    if schema:
        import json

        typer.echo(json.dumps(strategy.Config.model_json_schema(), indent=1))
        return
    limits = Limits(context=2048, caption=CAPTION_TOKENS, max_concurrency=CPU_BATCH, words=auto_words(60.0 * chunks))
    with only_results():
        bound = strategy().estimate(chunks, limits)
    typer.echo(f"{strategy.name} {strategy.version}: {strategy.summary}\n")
    typer.echo(printable(inspect.cleandoc(sys.modules[strategy.__module__].__doc__ or "")) + "\n")
    uses = f"; where it can: {', '.join(sorted(strategy.uses))}" if strategy.uses else ""
    requires = [
        *sorted(strategy.requires),
        *([" or ".join(sorted(strategy.requires_one_of))] if strategy.requires_one_of else []),
    ]
    typer.echo(f"needs: {', '.join(requires)}{uses}")
    typer.echo(
        f"calls for {chunks} chunks with 2048 tokens, at most: caption {bound.caption}, events {bound.events}, "
        f"ask {bound.ask}, write {bound.write}; longest chain {bound.depth}"
    )
    fields = strategy.Config.model_fields
    typer.echo("settings:" if fields else "settings: none")
    for field, info in fields.items():
        typer.echo(printable(f"  {field} = {info.default!r}  {info.description or ''}"))
