"""`longvid bench precision`: what 8 and 4 bits cost. Nothing heavy is imported before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli.computing import Device, Dtype

if TYPE_CHECKING:
    from longvid.cogvlm2.checkpoint import CheckpointReport

precision = typer.Typer(no_args_is_help=True, help="What 8 and 4 bits cost: memory, time, and other answers.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the checkpoint.")]
Frames = Annotated[int, typer.Option("--frames", min=1, max=24, help="Pictures of a clip.")]
Tokens = Annotated[int, typer.Option("--tokens", min=1, max=320, help="Tokens of an answer.")]


@precision.command("make")
def make(
    folder: Folder,
    layers: Annotated[int, typer.Option("--layers", min=1, max=32, help="Of the decoder.")] = 32,
    vision_layers: Annotated[int, typer.Option("--vision-layers", min=3, max=63, help="Of the vision tower.")] = 63,
    small: Annotated[bool, typer.Option("--small", help="Narrow layers, for a try on a CPU.")] = False,
) -> None:
    """Write a random checkpoint in the official layout into a new folder: of full size 25.0 GB, and less with fewer
    layers. It is there when it is whole.

    Example: longvid bench precision make random --layers 8 --vision-layers 8
    """
    import os
    import shutil

    from longvid.engine.device import gigabytes
    from longvid.engine.finding import existing
    from longvid.errors import LongvidError
    from longvid_benchmarks.claiming import made_whole
    from longvid_benchmarks.precision.checkpoint import sized, write
    from longvid_benchmarks.terminal import interruptible, progress_bar

    geometry = sized(layers, vision_layers, small=small)
    try:
        if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
            raise LongvidError(f"{folder} is there and not empty; name a new folder")
        free = shutil.disk_usage(existing(folder.absolute())).free
        if 2 * geometry.parameters > free:
            raise LongvidError(f"{folder}: {gigabytes(2 * geometry.parameters)} do not fit, {gigabytes(free)} are free")
        with interruptible(), progress_bar("writing") as advance, made_whole(folder) as new:
            size = write(new, geometry, advance=advance)
    except OSError as error:
        raise LongvidError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error
    typer.echo(f"{folder}: {geometry.parameters:,} random parameters, {gigabytes(size)}")


@precision.command("ask")
def ask(
    folder: Folder,
    dtype: Annotated[Dtype, typer.Option("--dtype", help="The precision.")] = Dtype.int4,
    device: Device = None,
    batch: Annotated[int, typer.Option("--batch", min=1, max=64, help="Clips that are asked about at once.")] = 1,
    frames: Frames = 24,
    tokens: Tokens = 8,
) -> None:
    """Load a checkpoint in a precision and ask it about clips of noise; print seconds and peak memory.

    Example: longvid bench precision ask random --dtype int4 --device cpu --frames 2 --tokens 4
    """
    from longvid.cogvlm2.checkpoint import fingerprint
    from longvid.engine import device as devices
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend
    from longvid.engine.fitting import needs, settle
    from longvid_benchmarks.precision.asking import ask as ask_backend

    report = _whole(folder)
    place = settle(str(folder), report.geometry, devices.choose(device, dtype.value), batch)
    needed = needs(report.geometry, place)(batch=batch)
    backend = CogVLM2Backend(
        folder, fingerprint=fingerprint(folder), device=place, template="chat", label="index", batch=batch
    )
    typer.echo(ask_backend(backend, batch, frames, tokens, needed).row())


@precision.command("compare")
def compare(
    chunks: Annotated[int, typer.Option("--chunks", min=1, max=200, help="Of the generated film.")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides its story.")] = 600_000,
) -> None:
    """Hold the small model's captions in every precision against those in float32.

    Example: longvid bench precision compare --chunks 10
    """
    from longvid.models import bundled
    from longvid_benchmarks.precision.equality import distances, film_clips
    from longvid_benchmarks.terminal import interruptible, progress_bar

    _require_packing("cpu")
    with interruptible(), film_clips(chunks, seed) as clips, progress_bar("captions") as advance:
        rows = [distance.row() for distance in distances(bundled()["storyfilm-tiny"], clips, advance)]
    typer.echo("\n".join(rows))


@precision.command("walk")
def walk(
    folder: Folder,
    device: Device = None,
    batch: Annotated[int, typer.Option("--batch", min=2, max=64, help="Clips that are asked about at once.")] = 8,
    frames: Frames = 24,
    tokens: Tokens = 64,
) -> None:
    """Walk all that only a card can show, with the checkpoint that `make` wrote; exit status 1 if a step fails.

    Example: longvid bench precision walk random
    """
    from longvid.engine import device as devices
    from longvid_benchmarks.precision.walking import walk as steps

    _whole(folder)
    place = devices.choose(device, None)
    _require_packing(place.name)
    typer.echo(f"{place.title}, {place.half}, {batch} clips of {frames} pictures, {tokens} tokens")
    for line in steps(folder, place, batch, frames, tokens):
        typer.echo(line)


def _whole(folder: Path) -> CheckpointReport:
    """The report of the checkpoint in `folder`. Raises ModelError where it is not whole."""
    from longvid.cogvlm2.checkpoint import inspect
    from longvid.cogvlm2.errors import CheckpointError
    from longvid.errors import ModelError

    try:
        report = inspect(folder)
        report.require_complete()
    except CheckpointError as error:
        raise ModelError(str(error)) from error
    return report


def _require_packing(device: str) -> None:
    """Raise ModelError, with the command that helps, unless weights can be packed on `device`."""
    from longvid.cogvlm2.errors import CheckpointError
    from longvid.cogvlm2.quantising import require
    from longvid.errors import ModelError

    try:
        require(device)
    except CheckpointError as error:
        raise ModelError(str(error)) from error
