"""The command `longvid bench engine`: reads its options, measures, prints tables and one JSON line."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longvid.cli.computing import Device
from longvid.cli.values import parse_path
from longvid_benchmarks.compare.lists import numbers

if TYPE_CHECKING:
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend

MOST_ROWS = 256
FEW = 4
"""Chunks that are asked one at a time: the seconds of one are those of any other."""
SHORT, STORED = (1, 16), (100, 1000)
"""Tokens of the answers to a second question, and chunks of the films whose answers are only stored."""


class Shape(StrEnum):
    tiny = "tiny"
    full = "full"


class Weights(StrEnum):
    trained = "trained"
    random = "random"


class Dtype(StrEnum):
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


def engine(
    shape: Annotated[
        Shape, typer.Option("--shape", help="tiny: the model that comes with longvid. full: the published shape.")
    ] = Shape.tiny,
    weights: Annotated[
        Weights | None, typer.Option("--weights", help="full has random ones alone. [default: trained for tiny]")
    ] = None,
    layers: Annotated[
        int | None, typer.Option("--layers", min=1, metavar="N", help="Of each tower of full. [default: all]")
    ] = None,
    device: Device = None,
    dtype: Annotated[Dtype | None, typer.Option("--dtype", help="[default: that of the device]")] = None,
    batches: Annotated[str, typer.Option("--batches", metavar="LIST", help="Clips together.")] = "1,4,16",
    frames: Annotated[int, typer.Option("--frames", min=1, max=24, help="Pictures of a clip.")] = 24,
    tokens: Annotated[int, typer.Option("--tokens", min=1, max=320, help="Tokens of every answer.")] = 200,
    chunks: Annotated[int, typer.Option("--chunks", min=1, max=1000, help="Of the film.")] = 120,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=100, help="The fastest counts.")] = 3,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", parser=parse_path, help="Where engine.json and the plot are kept."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the JSON line alone.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")] = False,
) -> None:
    """Measure the engine: vision, prefill and decoding beside the device's own ceilings, and a film.

    The film's chunks are asked together, in one row, and as plain clips one at a time by transformers' own generation,
    in turns within one run. Pictures are noise, and every answer has the same length. The last line is JSON.

    Example: longvid bench engine --shape full --weights random --layers 2 --frames 4 --chunks 4 --tokens 8
    """
    from longvid.engine import device as devices
    from longvid.engine.backends.cogvlm2 import with_threads
    from longvid.errors import LongvidError
    from longvid.run.files import write_text
    from longvid_benchmarks.engine.ceilings import clock
    from longvid_benchmarks.engine.making import make
    from longvid_benchmarks.engine.tables import draw, tables
    from longvid_benchmarks.ingest.tables import can_draw
    from longvid_benchmarks.terminal import interruptible

    trained = weights is Weights.trained or (weights is None and shape is Shape.tiny)
    if trained and shape is Shape.full:
        raise typer.BadParameter("the full shape has no trained weights here; say random", param_hint="'--weights'")
    if layers is not None and shape is Shape.tiny:
        raise typer.BadParameter("is for the full shape", param_hint="'--layers'")
    together = sorted(numbers(batches, "--batches", 1))
    if together[-1] > MOST_ROWS:
        raise typer.BadParameter(f"at most {MOST_ROWS} clips together", param_hint="'--batches'")
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LongvidError(f"cannot write to {out}: {error.strerror}; choose another -o DIR") from error
    place = devices.choose(device, None if dtype is None else dtype.value)
    with interruptible(), TemporaryDirectory() as scratch:
        backend = make(shape.value, place, layers, Path(scratch), trained=trained)
        with with_threads(backend.threads):
            model = backend._loaded()
            told = {
                "shape": shape.value,
                "weights": "trained" if trained else "random",
                "layers": model.config.num_hidden_layers,
                "device": place.title,
                "dtype": place.dtype,
                "clock": clock(model.device),
                "frames": frames,
                "tokens": tokens,
                "rounds": rounds,
                **_measured(backend, Path(scratch), together, frames, tokens, chunks, rounds, quiet or as_json),
            }
    line = json.dumps(told)
    if out is not None:
        write_text(out / "engine.json", f"{line}\n")
        if can_draw():
            draw(told, out / "engine")
    if not as_json:
        typer.echo(f"{shape.value}, {told['weights']} numbers, {place.title}, {place.dtype}, {frames} frames\n")
        typer.echo(f"{tables(told)}\n")
    typer.echo(line)


def _measured(
    backend: CogVLM2Backend,
    scratch: Path,
    together: list[int],
    frames: int,
    tokens: int,
    chunks: int,
    rounds: int,
    quiet: bool,
) -> dict[str, Any]:
    """Everything that is measured, JSON-plain."""
    from longvid_benchmarks.engine.ceilings import ceilings
    from longvid_benchmarks.engine.films import PLAIN, films, twice
    from longvid_benchmarks.engine.overhead import overhead
    from longvid_benchmarks.engine.stages import stages
    from longvid_benchmarks.precision.asking import requests
    from longvid_benchmarks.terminal import progress_bar

    model = backend._loaded()
    ways = list(dict.fromkeys([PLAIN, 1, *together]))
    total = 1 + rounds * (len(together) + len(ways)) + len(SHORT) + len(STORED)
    done = 0
    with progress_bar("measuring", quiet=quiet) as advance:

        def step() -> None:
            nonlocal done
            advance(done := done + 1, total)

        top = ceilings(model.device, model.dtype, rounds)
        step()
        timed = stages(backend, together, frames, rounds, step)
        asked = requests(scratch, chunks, frames, tokens, backend.image_size)
        shown = films(backend, asked, ways, rounds, FEW, step)
        again = []
        for length in SHORT:
            first, second = twice(backend, asked[0], length, rounds)
            again.append({"tokens": length, "first": first, "second": second, "share": second / first})
            step()
        stored = []
        for count in STORED:
            cost = overhead(scratch, count)
            stored.append(asdict(cost))
            step()
    speed = {one.rows: one.rate for one in shown}
    return {
        "ceilings": {"flops": top.flops, "bytes": top.bytes},
        "stages": [
            {
                "stage": one.stage,
                "batch": one.batch,
                "seconds": one.seconds,
                "rate": one.rate,
                "share": one.rate / (top.bytes if one.stage == "decode" else top.flops),
            }
            for one in sorted(timed, key=lambda one: (one.stage != "vision", one.stage == "decode", one.batch))
        ],
        "films": [
            {
                "rows": one.rows,
                "chunks": one.chunks,
                "seconds": one.seconds,
                "rate": one.rate,
                "of_plain": one.rate / speed[PLAIN],
                "of_one": one.rate / speed[1],
            }
            for one in shown
        ],
        "twice": again,
        "overhead": stored,
    }
