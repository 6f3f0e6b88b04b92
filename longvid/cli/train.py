"""`longvid train`: tuning a CogVLM2-Video on data of one's own, with the published recipes or others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longvid.cli import options as o
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_model, parse_path

if TYPE_CHECKING:
    from longvid.training.run import Job, Kind

app = typer.Typer(no_args_is_help=True, help="Tune a model on data of one's own; needs longvid[train].")

Data = Annotated[
    Path, typer.Option("--data", metavar="FILE", help="Rows in ms-swift's or LLaVA's form.", parser=parse_path)
]
HeldOut = Annotated[
    Path | None,
    typer.Option("--held-out", metavar="FILE", help="Rows that are measured and not learnt.", parser=parse_path),
]
Model = Annotated[
    str, typer.Option("--model", metavar="ID|DIR", help="The CogVLM2-Video that is tuned.", parser=parse_model)
]
Config = Annotated[
    str | None,
    typer.Option("--config", metavar="NAME|FILE", help="A recipe; `longvid train recipe` shows them."),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting over the recipe's; repeatable.")
]
Out = Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder of the result.", parser=parse_path)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it takes, by the stage, and train nothing.")]
Cpu = Annotated[bool, typer.Option("--cpu", help="Train on the CPU, whatever cards there are.")]
Minutes = Annotated[
    float | None,
    typer.Option("--minutes", metavar="N", min=0.0, help="Stop with a checkpoint after so long; run again to go on."),
]
Tracker = Annotated[
    list[str] | None,
    typer.Option("--tracker", metavar="NAME", help="wandb or another that transformers knows; repeatable."),
]


@app.callback()
def group() -> None:
    """Tune a model on data of one's own."""


@dataclass(frozen=True)
class TrainOptions:
    """What every way of training takes."""

    data: Data
    out: Out
    model: Model = o.DEFAULT_MODEL
    held_out: HeldOut = None
    config: Config = None
    settings: Set = None
    dry_run: DryRun = False
    cpu: Cpu = False
    minutes: Minutes = None
    tracker: Tracker = None


@app.command("sft")
@with_options
def sft(given: TrainOptions) -> None:
    """Supervised tuning on questions and answers about videos; recipe `instruction` where none is named."""
    _train("sft", given)


@app.command("grounding")
@with_options
def grounding(given: TrainOptions) -> None:
    """Temporal grounding: tuning on when things happen; recipe `temporal-grounding` where none is named."""
    _train("grounding", given)


@app.command("dpo")
@with_options
def dpo(given: TrainOptions) -> None:
    """Preference tuning (DPO) on pairs of answers; recipe `preference` where none is named.

    Each row has a rejected_response beside its answer.
    """
    _train("dpo", given)


@app.command("recipe")
def recipe(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of them; none lists all.")] = None,
) -> None:
    """Print a recipe with the source of each line, to be kept and changed as a file of one's own."""
    from longvid.training.recipe import NAMES, text_of

    if name is None:
        for one in NAMES:
            typer.echo(f"{one:20}{text_of(one).splitlines()[0].removeprefix('# ')}")
        return
    if name not in NAMES:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(NAMES)}", param_hint="'NAME'")
    typer.echo(text_of(name), nl=False)


@app.command("merge")
def merge(
    adapter: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of an adapter.", parser=parse_path)],
    out: Out,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="ID|DIR", help="What it belongs to, if not what it says.", parser=parse_model),
    ] = None,
) -> None:
    """Add a LoRA adapter, ours or ms-swift's, to the weights that it belongs to; DIR becomes a whole checkpoint."""
    from longvid.training.merging import merge_adapter

    merge_adapter(adapter, model, out)
    typer.echo(out)


def _train(kind: Kind, given: TrainOptions) -> None:
    from longvid.training.data import require_readable
    from longvid.training.opening import judged
    from longvid.training.recipe import read_recipe
    from longvid.training.run import Job, usual_recipe

    chosen = read_recipe(given.config or usual_recipe(kind), given.settings or ())
    # Before a model is looked for, which may have to be fetched.
    for rows in filter(None, (given.data, given.held_out)):
        require_readable(rows)
    device, trackers = "cpu" if given.cpu else None, tuple(given.tracker or ())
    job = Job(kind, judged(given.model), chosen, given.data, given.held_out, given.out, device, trackers, given.minutes)
    if given.dry_run:
        return _foretell(job)
    from longvid.cli.console import note

    done = _run(job)
    if not done.finished:
        note(f"{done.steps} of {done.of} steps are done; run the same command to go on")
        return
    for name, value in sorted(done.metrics.items()):
        if name.startswith("eval_"):
            note(f"held out: {name.removeprefix('eval_')} {value:.4f}")
    typer.echo(given.out)


def _foretell(job: Job) -> None:
    from longvid.training.foretelling import told

    for line in told(job):
        typer.echo(line)


def _run(job: Job) -> Any:
    """Train, with a bar on a terminal."""
    from longvid.cli.console import TerminalMonitor
    from longvid.training.run import train

    with TerminalMonitor() as monitor:
        monitor.film(job.out.name)
        return train(job, monitor.advance)
