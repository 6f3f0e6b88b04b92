"""`longvid model check` for a video model of transformers: whether it is whole, can be asked, and fits this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from longvid.engine.device import Device

FRAMES = 24
"""Of the clip for which its size is told."""


def check_video(model: str, folder: Path, place: Device, *, as_json: bool) -> None:
    """Print what the checkpoint in `folder`, called `model`, is and takes; of the weights only headers are read.

    Raises ModelError where it is broken, cannot watch here or does not fit.
    """
    import shutil
    from collections import Counter
    from dataclasses import replace

    from longvid.cli.running import print_json
    from longvid.cogvlm2.checkpoint import shard_names, tensors_in
    from longvid.engine.catalog import read_card
    from longvid.engine.device import gigabytes
    from longvid.engine.videos import measure, open_video
    from longvid.errors import ModelError

    # Opened as if it fitted anywhere, so that sizes are told of one that does not.
    video = open_video(model, folder, replace(place, free=1 << 62), batch=1, frames=FRAMES)
    backend = video.backend
    dtype = backend.device.dtype
    clip = measure(backend, FRAMES).tokens
    stored = tensors_in(folder).values()
    dtypes = dict(Counter(one.dtype for one in stored).most_common())
    size, needed = sum(one.end - one.begin for one in stored), video.fits(batch=1)
    card, free = read_card(folder), shutil.disk_usage(folder).free
    llm = str(folder) if card.writes else None
    facts = {
        "model": model,
        "folder": str(folder),
        "type": backend.identity["type"],
        "complete": True,
        "parameters": video.parameters,
        "bytes": size,
        "dtypes": dtypes,
        "shards": len(shard_names(folder)),
        "context": backend.context,
        "clip_tokens": clip,
        "device": place.name,
        "dtype": dtype,
        "needed": needed,
        "free": place.free,
        "disk_free": free,
        "fits": needed <= place.free,
        "made_for": card.made_for,
        "llm": llm,
        "writer": llm,
    }
    if as_json:
        print_json(facts)
    else:
        kinds = ", ".join(f"{count} tensor{'s' * (count != 1)} {name}" for name, count in dtypes.items())
        typer.echo(f"{model}\n  folder: {folder}\n  type: {facts['type']}, opened by transformers")
        files = f"{facts['shards']} file{'s' * (facts['shards'] != 1)}"
        typer.echo(f"  {video.parameters:,} parameters, {gigabytes(size)} in {files}")
        typer.echo(f"  stored: {kinds}\n  layout: whole")
        typer.echo(
            f"  {FRAMES} frames take {clip} of {backend.context} tokens, an answer at most {video.caption_tokens}"
        )
        typer.echo(
            f"  one call in {dtype} on {place.name} ({place.title}): needs {gigabytes(needed)}, "
            f"{gigabytes(place.free)} free"
        )
        typer.echo(f"  made for: {card.made_for or 'all films'}\n  LLM: {'itself' if llm else 'none, it only watches'}")
        typer.echo(f"  disk: {gigabytes(free)} free")
    if needed > place.free:
        raise ModelError(f"{model} does not fit: choose another --dtype, --device or machine")
