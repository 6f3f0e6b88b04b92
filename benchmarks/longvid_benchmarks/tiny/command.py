"""`longvid bench tiny`: training, judging and bundling the small model. Nothing heavy is imported before it is used."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

tiny = typer.Typer(no_args_is_help=True, help="The small model that understands StoryFilm: training and judging it.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the training.")]


class Role(StrEnum):
    watcher = "watcher"
    writer = "writer"


@tiny.command("train")
def train(
    folder: Folder,
    role: Annotated[Role, typer.Option("--role", help="Which of the two models.")] = Role.watcher,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.1, help="Stop after so long.")] = None,
    until: Annotated[int, typer.Option("--until", min=1, help="Batch at which the training ends.")] = 60_000,
    cool: Annotated[int, typer.Option("--cool", min=1, help="Batches over which the rate falls at the end.")] = 4_000,
    rate: Annotated[float, typer.Option("--rate", min=1e-6, max=0.1, help="Highest learning rate.")] = 1e-3,
    begin_from: Annotated[
        Path | None, typer.Option("--begin-from", metavar="BUNDLE", help="Weights to begin with, for a new folder.")
    ] = None,
    device: Annotated[str | None, typer.Option("--device", help="cpu, cuda or cuda:N; default the best.")] = None,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Of the CPU; default all cores.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that draw films ahead.")] = 1,
    evaluate_every: Annotated[float, typer.Option("--evaluate-every", min=0, help="Minutes; 0 is never.")] = 10.0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Train in DIR from random weights, or go on with what is there. Ctrl-C keeps all that was learnt.

    Example: longvid bench tiny train .tiny/watcher --minutes 60
    """
    import torch

    from longvid.engine.device import choose
    from longvid.errors import LongvidError
    from longvid_benchmarks.tiny import bundle, evaluation, training

    if threads is not None:
        torch.set_num_threads(threads)
    settings = training.Settings(role=role.value, rate=rate, until=until, cool=cool)
    first = 0
    if begin_from is not None:
        if (folder / training.STATE).is_file():
            raise typer.BadParameter(f"{folder} holds a training already", param_hint="'--begin-from'")
        first = bundle.begin_from(begin_from, folder, role.value)
    try:
        training.train(
            folder,
            settings,
            first=first,
            device=choose(device, None).name,
            workers=workers,
            minutes=minutes,
            evaluate=evaluation.quick if evaluate_every else None,
            evaluate_every=evaluate_every,
            tell=(lambda text: None) if quiet else typer.echo,
        )
    except OSError as error:
        raise LongvidError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error


@tiny.command("evaluate")
def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A checkpoint: a bundle, or model/ of a training.")],
    role: Annotated[Role, typer.Option("--role", help="Which of the two models it is.")] = Role.watcher,
    films: Annotated[int, typer.Option("--films", min=1, max=1000, help="Films of 14 chunks (a writer: of 8).")] = 10,
    first: Annotated[
        int, typer.Option("--first-seed", min=500_000, help="600000 and above are for testing.")
    ] = 500_000,
    chunks: Annotated[int, typer.Option("--chunks", min=1, max=14, help="Of each film that are watched.")] = 14,
    sampler: Annotated[str, typer.Option("--sampler", help="uniform, first or scene.")] = "uniform",
    film: Annotated[bool, typer.Option("--film", help="Draw frames as large as a film's, and scale them.")] = False,
) -> None:
    """Judge a model on films it has never seen. Prints one JSON object.

    Example: longvid bench tiny evaluate .tiny/watcher/model --films 20
    """
    import json

    import torch

    from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor
    from longvid.cogvlm2.errors import CheckpointError
    from longvid.cogvlm2.sampling import SAMPLERS
    from longvid.errors import LongvidError
    from longvid_benchmarks.tiny import evaluation

    if sampler not in SAMPLERS:
        raise typer.BadParameter(f"{sampler!r} is none of {', '.join(SAMPLERS)}", param_hint="'--sampler'")
    try:
        processor = CogVLM2VideoProcessor.from_pretrained(model, local_files_only=True)
        loaded = CogVLM2VideoForConditionalGeneration.from_pretrained(model, dtype=torch.float32, local_files_only=True)
    except CheckpointError as error:
        raise LongvidError(str(error)) from error
    if role is Role.writer:
        found = evaluation.write(loaded, processor, films, first=first)
    else:
        asked = evaluation.views(films, chunks, sampler, first=first)
        found = evaluation.watch(loaded, processor, asked, film=film)
    typer.echo(json.dumps({"films": films, "first_seed": first, **found}))


@tiny.command("export")
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="BUNDLE", help="Where the checkpoint goes.")],
) -> None:
    """Write the model of a training in bfloat16, with its card.

    Example: longvid bench tiny export .tiny/watcher --out .tiny/storyfilm-tiny
    """
    from longvid_benchmarks.tiny import bundle

    typer.echo(str(bundle.export(folder, out)))
