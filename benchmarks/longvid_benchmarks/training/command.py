"""`longvid bench tiny`: training, judging and bundling the small model. Nothing heavy is imported before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from longvid_benchmarks.training.example import Role
    from longvid_benchmarks.training.heldout import Films

tiny = typer.Typer(no_args_is_help=True, help="The small model that understands StoryFilm: training and judging it.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the training.")]


def parse_role(value: str) -> str:
    """A role, also by its earlier name. Raises typer.BadParameter for any other."""
    from longvid_benchmarks.training.earlier import role_of

    try:
        return role_of(value)
    except KeyError:
        raise typer.BadParameter(f"{value!r} is not one of 'captioner', 'llm'") from None


def role_option(help: str) -> Any:
    return typer.Option("--role", metavar="[captioner|llm]", parser=parse_role, help=help)


@tiny.command("train")
def train(
    folder: Folder,
    role: Annotated[str, role_option("Which of the two models.")] = "captioner",
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.1, help="End after so long, with a falling rate.")
    ] = None,
    until: Annotated[int, typer.Option("--until", min=1, help="Batch at which the training ends.")] = 60_000,
    cool: Annotated[int, typer.Option("--cool", min=1, help="Batches over which the rate falls at the end.")] = 4_000,
    rate: Annotated[float, typer.Option("--rate", min=1e-6, max=0.1, help="Highest learning rate.")] = 1e-3,
    begin_from: Annotated[
        Path | None, typer.Option("--begin-from", metavar="BUNDLE", help="Weights to begin with, for a new folder.")
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option("--stage", metavar="NAME", help="Of the curriculum, for --begin-from; default the last."),
    ] = None,
    device: Annotated[str | None, typer.Option("--device", help="cpu, cuda or cuda:N; default the best.")] = None,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Default: cores that workers leave.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that draw films ahead.")] = 1,
    evaluate_every: Annotated[float, typer.Option("--evaluate-every", min=0, help="Minutes; 0 is never.")] = 10.0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Train in DIR from random weights, or go on with what is there. Ctrl-C keeps all that was learnt.

    Example: longvid bench tiny train .tiny/captioner --minutes 60
    """
    import torch

    from longvid.cogvlm2.errors import CheckpointError
    from longvid.engine.device import choose
    from longvid.errors import LongvidError
    from longvid_benchmarks.training import bundle, checkpointing, evaluation, training
    from longvid_benchmarks.training.earlier import role_of

    # Threads that wait for one another while a worker has their core make a batch take several times as long.
    torch.set_num_threads(threads or max(1, torch.get_num_threads() - workers))
    if stage is not None and begin_from is None:
        raise typer.BadParameter("only together with --begin-from", param_hint="'--stage'")
    settings = training.Settings(role=role_of(role), rate=rate, until=until, cool=cool)
    first = 0
    if begin_from is not None:
        if (folder / checkpointing.STATE).is_file():
            raise typer.BadParameter(f"{folder} holds a training already", param_hint="'--begin-from'")
        first = bundle.begin_from(begin_from, folder, settings.role, stage, until=until)
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
    except CheckpointError as error:
        raise LongvidError(f"{folder} holds no training of ours: {error}; choose another folder") from error


FilmCount = Annotated[int, typer.Option("--films", min=1, max=1000, help="Films of 14 chunks (an LLM: of 8).")]
ChunkCount = Annotated[int, typer.Option("--chunks", min=1, max=14, help="Of each film that are watched.")]
Drawn = Annotated[
    bool, typer.Option("--film/--no-film", help="Draw frames as large as a film's and scale them, or at once small.")
]


@tiny.command("evaluate")
def evaluate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="storyfilm-tiny, a bundle's folder, or model/ of a training.")
    ],
    role: Annotated[str, role_option("Which of the two models it is.")] = "captioner",
    films: FilmCount = 10,
    first: Annotated[
        int, typer.Option("--first-seed", min=500_000, help="600000 and above are for testing.")
    ] = 500_000,
    chunks: ChunkCount = 4,
    film: Drawn = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object alone.")] = False,
) -> None:
    """Judge a model, and the LLM that it brings, on films they have never seen: tables with 95 % intervals.

    Example: longvid bench tiny evaluate storyfilm-tiny --films 50 --first-seed 600000
    """
    import json

    from longvid_benchmarks.training import tables
    from longvid_benchmarks.training.earlier import role_of
    from longvid_benchmarks.training.heldout import Films

    found = _judged(_folder(model), role_of(role), Films(films, first, chunks, film))
    typer.echo(json.dumps(found) if as_json else "\n".join(tables.show(found)))


@tiny.command("card")
def card(
    bundle_folder: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A folder that export wrote.")],
    films: FilmCount = 50,
    chunks: ChunkCount = 4,
    film: Drawn = True,
) -> None:
    """Judge a bundle on the films for testing, from seed 600000 on, and write its model card with the figures.

    Example: longvid bench tiny card .tiny/storyfilm-tiny
    """
    from longvid_benchmarks.training import bundle
    from longvid_benchmarks.training.heldout import Films

    role = bundle.read_card(bundle_folder)["settings"]["role"]
    found = _judged(bundle_folder, role, Films(films, bundle.TEST, chunks, film))
    typer.echo(str(bundle.judged(bundle_folder, found)))


def _folder(model: str) -> Path:
    """The folder of `model`. Raises LongvidError where there is none."""
    from longvid.cogvlm2.errors import CheckpointError
    from longvid.engine.catalog import folder_of
    from longvid.errors import LongvidError

    try:
        return folder_of(model)
    except CheckpointError as error:
        raise LongvidError(str(error)) from error


def _judged(folder: Path, role: Role, films: Films) -> dict[str, Any]:
    """Held-out figures of the model in `folder`, and of the LLM that it brings if it brings one."""
    import torch
    from transformers.utils.logging import disable_progress_bar

    from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor
    from longvid.cogvlm2.errors import CheckpointError
    from longvid.errors import LongvidError
    from longvid_benchmarks.terminal import interruptible, progress_bar
    from longvid_benchmarks.training import heldout, model_card
    from longvid_benchmarks.training.example import CALLED

    disable_progress_bar()
    of: dict[Role, Path] = {role: folder}
    if role == "captioner" and (folder / model_card.LLM_FOLDER / "config.json").is_file():
        of["llm"] = folder / model_card.LLM_FOLDER
    found: dict[str, Any] = {}
    for one, place in of.items():
        try:
            processor = CogVLM2VideoProcessor.from_pretrained(place, local_files_only=True)
            model = CogVLM2VideoForConditionalGeneration.from_pretrained(
                place, dtype=torch.float32, local_files_only=True
            )
        except CheckpointError as error:
            raise LongvidError(str(error)) from error
        judge = heldout.captioner if one == "captioner" else heldout.llm
        with interruptible(), progress_bar(f"judging the {CALLED[one]}") as advance:
            found[one] = judge(model, processor, films, advance)
    head = {"films": films.films, "first_seed": films.first, "chunks": films.chunks, "film": films.film}
    return head | found


@tiny.command("export")
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="BUNDLE", help="Where the checkpoint goes.")],
) -> None:
    """Write the model of a training in bfloat16, with its card.

    Example: longvid bench tiny export .tiny/captioner --out .tiny/storyfilm-tiny
    """
    from longvid_benchmarks.training import bundle

    typer.echo(str(bundle.export(folder, out)))
