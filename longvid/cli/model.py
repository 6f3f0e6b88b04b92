"""`longvid model check`: whether a checkpoint is whole and fits this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli import options as o
from longvid.cli.servers import AllowRemote
from longvid.cli.values import parse_model

if TYPE_CHECKING:
    from longvid.cogvlm2.checkpoint import CheckpointReport
    from longvid.cogvlm2.errors import CheckpointError
    from longvid.cogvlm2.geometry import Geometry
    from longvid.engine.device import Device
    from longvid.engine.family import Published

app = typer.Typer(no_args_is_help=True, help="Model checkpoints.")


@app.callback()
def group() -> None:
    """Model checkpoints."""


@app.command("check")
def check(
    model: Annotated[
        str,
        typer.Argument(metavar="ID|DIR", help="A hub id, a folder, a bundled name or a server.", parser=parse_model),
    ] = o.DEFAULT_MODEL,
    download: Annotated[bool, typer.Option("--download", help="Fetch what is missing first.")] = False,
    device: o.Device = None,
    dtype: o.DtypeOption = None,
    allow_remote: AllowRemote = False,
    as_json: o.JsonAlone = False,
) -> None:
    """Check a checkpoint: its layout, tokenizer, size and dtype against the free memory and disk.

    Of the weights it reads only headers. A server is asked what it is, and nothing else. Exit status 1 if it is not
    there, not whole, or does not fit. Of a published checkpoint that is not there it says what is known:
    zai-org/cogvlm2-video-llama3-chat, zai-org/cogvlm2-llama3-caption, zai-org/cogvlm2-video-llama3-base.
    """
    from longvid.engine.servers.addresses import is_address

    if is_address(model):
        return _check_server(model, allow_remote, as_json)
    import shutil

    from longvid.cli.running import print_json
    from longvid.cli.videocheck import check_video
    from longvid.cogvlm2 import CogVLM2VideoProcessor
    from longvid.cogvlm2.checkpoint import inspect
    from longvid.cogvlm2.errors import CheckpointError
    from longvid.cogvlm2.hub import is_hub_id
    from longvid.engine import device as devices
    from longvid.engine.catalog import folder_of, llm_in, read_card
    from longvid.engine.device import gigabytes
    from longvid.engine.family import published, template_of
    from longvid.engine.finding import find
    from longvid.engine.fitting import needs, settings, settle, titled
    from longvid.engine.videos import is_video
    from longvid.errors import ModelError

    place = devices.choose(device, dtype.value if dtype else None)
    known = published(model)
    try:
        folder = folder_of(model)
    except CheckpointError as error:
        if not download or not is_hub_id(model):
            size = f" ({gigabytes(known.bytes)})" if known else ""
            if known and not as_json:
                _show_published(known, place)
            fetching = f"; or longvid model check {model} --download{size}" if is_hub_id(model) else ""
            raise ModelError(f"{error}{fetching}") from error
        folder = find(model, place)
    if is_video(folder):
        return check_video(model, folder, place, as_json=as_json)
    made_for = read_card(folder).made_for
    try:
        llm = llm_in(folder)
        report = inspect(folder)
        if llm is not None and llm != folder:
            inspect(llm).require_complete()
            CogVLM2VideoProcessor.from_pretrained(llm, local_files_only=True)
    except CheckpointError as error:
        raise ModelError(str(error)) from error
    fault = _fault(report)
    try:
        place, refusal = settle(model, report.geometry, place), None
    except ModelError as error:
        refusal = error
        if place.dtype == devices.AUTO:
            place = replace(place, dtype=place.half)
    needed = needs(report.geometry, place)(batch=1)
    facts = {
        "model": model,
        "folder": str(folder),
        "complete": fault is None,
        "parameters": report.parameters,
        "bytes": report.tensor_bytes,
        "dtypes": dict(report.dtypes),
        "shards": len(report.shards),
        "device": place.name,
        "dtype": place.dtype,
        "streamed": place.streamed,
        "waiting_layers": place.waiting_layers,
        "needed": needed,
        "precisions": {one.dtype: one.needed for one in settings(report.geometry, place.half) if not one.streamed},
        "template": template_of(model),
        "free": place.free,
        "disk_free": shutil.disk_usage(folder).free,
        "fits": refusal is None,
        "made_for": made_for,
        "llm": str(llm) if llm is not None else None,
        "writer": str(llm) if llm is not None else None,
    }
    if as_json:
        print_json(facts)
    else:
        stored = ", ".join(f"{count} tensor{'s' * (count != 1)} {name}" for name, count in report.dtypes)
        typer.echo(f"{model}\n  folder: {folder}")
        typer.echo(
            f"  {report.parameters:,} parameters, {gigabytes(report.tensor_bytes)} in {len(report.shards)} "
            f"file{'s' * (len(report.shards) != 1)}"
        )
        typer.echo(f"  stored: {stored}\n  layout: {'whole' if fault is None else 'broken'}")
        typer.echo(
            f"  one call in {titled(place, report.geometry)} on {place.name} ({place.title}): needs "
            f"{gigabytes(needed)}, {gigabytes(place.free)} free"
        )
        typer.echo(f"  in other precisions: {_precisions(report.geometry, place)}")
        if known:
            _show_asked(known)
        typer.echo(f"  made for: {made_for or 'all films'}\n  LLM: {_who(llm, folder)}")
        typer.echo(f"  disk: {gigabytes(shutil.disk_usage(folder).free)} free")
    if fault is not None:
        raise ModelError(str(fault)) from fault
    if refusal is not None:
        raise refusal


def _check_server(model: str, allow_remote: bool, as_json: bool) -> None:
    """Ask the server of `model` what it is. Raises ModelError."""
    from longvid.cli.running import print_json
    from longvid.engine.pictures import PixelBudget
    from longvid.engine.servers.settings import ServerSettings, open_server
    from longvid.errors import ModelError

    found = open_server(model, ModelError, ServerSettings(allow_remote), None, PixelBudget())
    facts = {
        "model": found.facts.model,
        "address": found.address.url,
        "kind": found.facts.kind or None,
        "context": found.context,
        "server_context": found.facts.context,
        "counts_tokens": found.facts.tokenizer is not None,
        "concurrency": found.batch,
    }
    if as_json:
        return print_json(facts)
    said = "it does not say" if found.facts.context is None else f"it says {found.facts.context}"
    typer.echo(
        f"{found.facts.model}\n  server: {found.address.url}{f' ({found.facts.kind})' if found.facts.kind else ''}"
    )
    typer.echo(f"  context: {found.context} tokens; {said}")
    typer.echo(f"  tokens: {'counted by the server' if facts['counts_tokens'] else 'estimated'}")
    typer.echo(f"  calls at once: {found.batch}")


def _fault(report: CheckpointReport) -> CheckpointError | None:
    """What keeps the checkpoint from being used: of its weights, else of its tokenizer."""
    from longvid.cogvlm2 import CogVLM2VideoProcessor
    from longvid.cogvlm2.errors import CheckpointError

    try:
        report.require_complete()
        CogVLM2VideoProcessor.from_pretrained(report.folder, local_files_only=True)
    except CheckpointError as error:
        return error
    return None


def _who(llm: Path | None, folder: Path) -> str:
    if llm is None:
        return "none, it only watches"
    return "itself" if llm == folder else str(llm)


def _show_published(known: Published, place: Device) -> None:
    """What is known of a published checkpoint that is not here."""
    from longvid.engine.device import gigabytes

    typer.echo(f"{known.name}\n  {known.geometry.parameters:,} parameters, {gigabytes(known.bytes)} to fetch")
    typer.echo(f"  one call needs {_precisions(known.geometry, place)}; {place.title} has {gigabytes(place.free)} free")
    _show_asked(known)


def _show_asked(known: Published) -> None:
    typer.echo(f"  {known.what}\n  template: {known.template}\n  frames: {known.frames}")
    typer.echo(f"  question: {known.question}")


def _precisions(geometry: Geometry, place: Device) -> str:
    from longvid.engine.device import gigabytes
    from longvid.engine.fitting import settings

    return ", ".join(f"{gigabytes(one.needed)} in {one.title}" for one in settings(geometry, place.half))
