"""The command `longvid bench mvbench make`: questions, their films, and what readers make of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longvid.cli import options as o
from longvid.cli.groups import ServerOptions
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_path

if TYPE_CHECKING:
    from longvid_benchmarks.published.making.readers import Read

mvbench = typer.Typer(no_args_is_help=True, help="Questions of MVBench's kinds about generated films, or your own.")


@mvbench.callback()
def group() -> None:
    """Questions of MVBench's kinds about generated films."""


@mvbench.command("make")
@with_options
def make(
    *,
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Where json/ and video/ go.")],
    questions: Annotated[int, typer.Option("--questions", min=1, max=1000, help="Of each type.")] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides all of them.")] = 0,
    height: Annotated[int, typer.Option("--height", min=90, max=1080, help="Of the picture, in pixels.")] = 240,
    videos: Annotated[bool, typer.Option("--videos/--no-videos", help="Draw the videos too.")] = True,
    annotations: Annotated[
        list[Path] | None,
        typer.Option(
            "--annotations",
            metavar="FILE",
            parser=parse_path,
            show_default=False,
            help="Make them of annotations of your own videos: JSON lines, Charades-STA (.txt) or the Perception Test "
            "(.json).",
        ),
    ] = None,
    sources: Annotated[
        Path | None,
        typer.Option(
            "--sources",
            metavar="DIR",
            parser=parse_path,
            show_default=False,
            help="Where the annotated videos are. [default: beside each file]",
        ),
    ] = None,
    llm: Annotated[
        str | None,
        typer.Option(
            "--llm", metavar="ID", show_default=False, help="A language model that writes wrong answers to annotations."
        ),
    ] = None,
    asked: ServerOptions,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object alone.")] = False,
    quiet: o.Quiet = False,
) -> None:
    """Make questions of 18 of MVBench's 20 types about generated films, in MVBench's layout.

    Each is checked: a reader of the whole clip finds the one right option, one of its first frame finds none. Beside
    them, as a control, a type of each of the nine classes that the first frame answers. Prints what readers get right,
    and one JSON object last. A run that was killed goes on with the same command. With --annotations the questions are
    about videos of your own, of the types that the annotations can give.

    Example: longvid bench mvbench make storyfilm-mvbench --questions 20
    """
    from longvid.cli.console import note
    from longvid.cli.running import print_json
    from longvid.errors import LongvidError
    from longvid.text import counted
    from longvid_benchmarks.published.annotated.command import make_annotated
    from longvid_benchmarks.published.making.folder import claim, write_questions, write_video
    from longvid_benchmarks.published.making.readers import faults, read
    from longvid_benchmarks.published.making.types import LEFT_OUT, MADE
    from longvid_benchmarks.published.making.types import make as make_all
    from longvid_benchmarks.published.tasks import BY_SHORT, STILLS
    from longvid_benchmarks.terminal import interruptible, progress_bar

    if annotations:
        if llm is not None:
            from longvid.engine.models import open_llm_models

            writes = (open_llm_models(llm, servers=asked.settings()).llm, llm)
        return make_annotated(
            out,
            annotations,
            sources=sources,
            questions=questions,
            seed=seed,
            videos=videos,
            llm=None if llm is None else writes,
            as_json=as_json,
            quiet=quiet,
        )
    for option, value in (("--sources", sources), ("--llm", llm)):
        if value is not None:
            raise typer.BadParameter("is for --annotations", param_hint=f"'{option}'")
    if height % 2:
        raise typer.BadParameter("must be even", param_hint="'--height'")
    made = [make_all(task, seed, questions) for task in (*MADE, *STILLS)]
    broken = [line for task in made for line in faults(task)]
    if broken:
        raise LongvidError(f"seed {seed} breaks its promises: {'; '.join(broken[:3])}")
    settings = {"seed": seed, "questions": questions, "height": height}
    try:
        claim(out, settings)
        if videos:
            with interruptible(), progress_bar("drawing", quiet=quiet) as advance:
                for number, one in enumerate(one for task in made for one in task):
                    write_video(out, one, height)
                    advance(number + 1, questions * len(made))
        for task in made:
            write_questions(out, task)
    except OSError as error:
        raise LongvidError(f"cannot write to {out}: {error.strerror}; choose another folder") from error
    found = [one for task in made for one in read(task, seed)]
    if not as_json:
        for still in (False, True):
            typer.echo("\n".join([*_table([one for one in found if (BY_SHORT[one.short] in STILLS) is still]), ""]))
        for short, why in LEFT_OUT.items():
            typer.echo(f"- left out: {short}, since {why}")
    print_json({**settings, "readers": [_row(one) for one in found], "left_out": dict(LEFT_OUT)})
    if not quiet:
        note(
            f"{out}: {counted(questions * len(made), 'question')} of {len(MADE)} types and {len(STILLS)} of the control"
        )


def _table(found: Sequence[Read]) -> list[str]:
    """What each reader gets right by type and over all, in percent, with 95 % intervals."""
    from longvid_benchmarks.markdown import aligned
    from longvid_benchmarks.published.making.readers import READERS
    from longvid_benchmarks.published.making.readers import Read as Row
    from longvid_benchmarks.published.tasks import BY_SHORT

    def cell(one: Read) -> str:
        low, high = one.interval
        return f"{100 * one.right / one.of:.1f} ({100 * low:.1f} to {100 * high:.1f})"

    rows: list[tuple[str, ...]] = [("type", "questions", "chance", *READERS)]
    shorts = list(dict.fromkeys(one.short for one in found))
    for short in shorts:
        mine = [one for one in found if one.short == short]
        name = f"{short} {BY_SHORT[short].title}"
        rows.append((name, str(mine[0].of), f"{100 * mine[0].chance:.1f}", *map(cell, mine)))
    whole = []
    for reader in READERS:
        mine = [one for one in found if one.reader == reader]
        chance = sum(one.chance for one in mine) / len(mine)
        whole.append(Row(reader, "all", sum(one.right for one in mine), sum(one.of for one in mine), chance))
    rows.append(("all", str(whole[0].of), f"{100 * whole[0].chance:.1f}", *map(cell, whole)))
    return aligned(rows)


def _row(one: Read) -> dict[str, Any]:
    return {
        "type": one.short,
        "reader": one.reader,
        "right": one.right,
        "of": one.of,
        "interval": list(one.interval),
        "chance": one.chance,
    }
