"""Opening the models that options name: those that watch and write, or a language model alone where nobody watches.

Knows the options and what strategies need; no films.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from longvid.cli import options as o

if TYPE_CHECKING:
    from longvid.cli.groups import DeviceOptions, DialogueOptions, MergeOptions, ServerOptions, WatchOptions
    from longvid.engine.device import Device
    from longvid.engine.models import Models
    from longvid.strategy.contract import Strategy


def opened(
    model: str,
    strategies: Sequence[Strategy[Any]],
    merge: MergeOptions,
    watch: WatchOptions,
    device: DeviceOptions,
    asked: ServerOptions,
    said: DialogueOptions,
    *,
    frames: int,
    hears: bool,
    place: Device | None = None,
) -> Models:
    """The models for `strategies`, which shows each chunk in `frames` frames; `hears`: films may be heard too; `place`:
    a device of another machine, for which they are opened.

    Raises ModelError, LLMError and typer.BadParameter, also where a strategy cannot do with these models.
    """
    from longvid.api import open_llm_models, open_models

    unwatched = "--dialogue said-only watches nothing" if said.hearing == "said-only" else None
    llm = merge.llm
    for strategy in strategies:
        llm = o.read_llm(merge.llm, strategy, needed=unwatched)
    servers = asked.settings(watch, merge)
    placed = device.placed() | ({"device": place} if place is not None else {})
    if unwatched and llm is not None:
        models = open_llm_models(llm, llm_context=merge.llm_context, servers=servers, **placed)
    else:
        models = open_models(
            model,
            llm=llm,
            template=watch.template.value,
            label=watch.label.value if watch.label else None,
            frames=frames,
            pixels=watch.pixels,
            llm_context=merge.llm_context,
            servers=servers,
            **placed,
        )
    device.require_used(models, hears=hears)
    for strategy in strategies:
        o.require_llm(models, strategy)
    return models
