"""`longvid mcp`: a server of the Model Context Protocol over stdio."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli import options as o
from longvid.cli.ask import MOST_LOOKS, Meaning
from longvid.cli.groups import DeviceOptions, ServerOptions
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_model, parse_path

if TYPE_CHECKING:
    from longvid.engine.models import Models


@with_options
def mcp(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...",
            help="Folders with films and run folders; nothing else is read or written.",
            show_default=False,
            parser=parse_path,
        ),
    ],
    *,
    llm: o.LLMName = None,
    llm_context: o.LLMContext = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="ID|DIR",
            parser=parse_model,
            help="What watches films without a summary, and looks again at chunks that matter. [default: nobody]",
            show_default=False,
        ),
    ] = None,
    looks: Annotated[
        int | None,
        typer.Option(
            "--looks",
            metavar="N",
            min=0,
            max=100,
            help=f"Chunks that --model looks at for a question. [default: {MOST_LOOKS}]",
            show_default=False,
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            metavar="NAME",
            help=f"How films that --model watches are merged, as for summarize. [default: {o.DEFAULT_STRATEGY}]",
            show_default=False,
        ),
    ] = None,
    embedder: Meaning = None,
    device: DeviceOptions,
    asked: ServerOptions,
) -> None:
    """Serve the films in each DIR over stdin and stdout to a program that speaks the Model Context Protocol.

    Its tools list films, search, ask, summarize and show a frame. Needs longvid[mcp]. Paths are confined to each DIR,
    links are not followed. Answers are kept in the run folders, an index for searching in each DIR.

    Example: longvid mcp summaries --llm none
    """
    import asyncio
    import json

    from longvid.api import Embedder, load_strategy, open_llm_models, open_models, reopen_models, stored_settings
    from longvid.errors import LongvidError
    from longvid.mcp.confined import Confined

    if find_spec("mcp") is None:
        raise LongvidError("the package mcp is not installed; pip install 'longvid[mcp]'")
    from longvid.mcp.server import Tools, serve

    for name, value in (("--looks", looks), ("--strategy", strategy)):
        if value is not None and model is None:
            raise typer.BadParameter("nobody watches; leave it out, or name --model", param_hint=f"'{name}'")
    confined = Confined.to(folders)
    merges = o.DEFAULT_STRATEGY if strategy is None else strategy
    load_strategy(merges)
    place = {"llm_context": llm_context, "servers": asked.settings(), **device.placed()}
    opened: dict[str, Models] = {}
    own: dict[str, Models] = {}

    def used(models: Models) -> Models:
        if models.captioner is not None or model is None:
            # Films that it summarizes may be heard.
            device.require_used(models, hears=True)
        return models

    def writer(run: Path) -> Models:
        if llm is None:
            # Each run's own, which a folder of anybody cannot have fetched or sent anything. The last one stays open:
            # questions come one after another, and the runs of a folder mostly have the same.
            told = stored_settings(run).get("model")
            key = json.dumps(told, sort_keys=True)
            if key not in own:
                own.clear()
                own[key] = used(reopen_models(told, llm=None, **place))
            return own[key]
        if "llm" not in opened:
            opened["llm"] = used(open_llm_models(llm, **place))
        return opened["llm"]

    def watcher() -> Models:
        if "model" not in opened:
            opened["model"] = used(open_models(str(model), llm=llm, **place))
        return opened["model"]

    means = None if embedder is None else Embedder(embedder, download=True)
    eye, number = (watcher, MOST_LOOKS if looks is None else looks) if model is not None else (None, 0)
    tools = Tools(confined, writer, eye, number, merges, means, device.seed)
    asyncio.run(serve(tools).run_stdio_async())
