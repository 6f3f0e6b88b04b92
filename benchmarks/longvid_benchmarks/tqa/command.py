"""The command `longvid bench tqa`: data sets made of generated films, held against their stories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli import options as o
from longvid.cli.values import parse_path

if TYPE_CHECKING:
    from longvid.engine.models import Models
    from longvid_benchmarks.tqa.running import Row

ROWS = "perfect+perfect,noisy+perfect,perfect+careless,storyfilm-tiny+perfect,storyfilm-tiny+storyfilm-tiny"
FIRST_SEED = 600_000
"""Films from here on were never trained on."""


def tqa(
    rows: Annotated[
        str,
        typer.Option(
            "--rows",
            metavar="LIST",
            help="CAPTIONS+LLM, each: captions are perfect, noisy or a model's; the LLM is perfect, careless or one.",
        ),
    ] = ROWS,
    films: Annotated[int, typer.Option("--films", min=1, max=10_000, help="How many films.")] = 50,
    chunks: Annotated[int, typer.Option("--chunks", min=1, max=100, help="Scenes of a film, of a minute each.")] = 4,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the first film.")] = FIRST_SEED,
    clip_length: Annotated[float, typer.Option("--clip-length", metavar="S", min=4, max=120, help="Of clips.")] = 8.0,
    held_out: Annotated[float, typer.Option("--held-out", metavar="SHARE", min=0, max=0.9, help="Of films.")] = 0.1,
    out: Annotated[
        Path, typer.Option("-o", "--output-dir", metavar="DIR", help="Where everything goes.", parser=parse_path)
    ] = Path("bench-tqa"),
    write: Annotated[bool, typer.Option("--write", help="Write each row's data set too, with its videos.")] = False,
    quiet: o.Quiet = False,
) -> None:
    """Make questions about change of films whose story is known, and say how many of them are true.

    perfect captions tell all of a frame, noisy ones leave out, miscolour and invent in one frame of ten each. The
    perfect LLM judges and asks by the captions alone; the careless one spoils half of its pairs. Prints a table and one
    JSON object last. An interrupted run goes on with the same command.

    Example: longvid bench tqa --films 5 --rows perfect+perfect
    """
    from longvid.cli.running import print_json
    from longvid.engine.models import open_models
    from longvid.training.tqa.settings import TQASettings
    from longvid_benchmarks.claiming import claimed
    from longvid_benchmarks.published.interrupting import interruptible
    from longvid_benchmarks.storyfilm.generator import invent
    from longvid_benchmarks.terminal import Advance
    from longvid_benchmarks.tqa.running import rendered, run_row

    wanted = _rows(rows)
    settings = TQASettings(clip_length, held_out)
    known: dict[str, Models] = {}

    def opened(name: str) -> Models:
        if name not in known:
            known[name] = open_models(name, frames=1)
        return known[name]

    async def all_rows(advance: Advance) -> list[Row]:
        paths = [
            (invent(seed + at, chunks), rendered(out / "stories", seed + at, chunks, advance, at, films))
            for at in range(films)
        ]
        return [await run_row(*row, paths, out, settings, opened, advance, write=write) for row in wanted]

    with claimed(out):
        found = interruptible(all_rows, quiet)
        (out / "table.md").write_text("\n".join(lines := table(found)) + "\n", encoding="utf-8")
        told = {
            "benchmark": "tqa",
            "films": films,
            "chunks": chunks,
            "seed": seed,
            "clip_length": clip_length,
            "rows": [row.as_json() for row in found],
        }
        (out / "results.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    typer.echo("\n".join(lines))
    print_json(told)


def table(rows: list[Row]) -> list[str]:
    """The rows as Markdown."""
    from longvid_benchmarks.markdown import aligned

    head = ["captions", "LLM", "clips", "filter precision", "filter recall", "written: right", "kept: right"]
    head += ["kept: within 1 s", "right ones lost"]
    body = [[row.captions, row.llm, str(row.funnel.clips), *map(str, row.shares())] for row in rows]
    return aligned([head, *body], 2)


def _rows(text: str) -> list[tuple[str, str]]:
    """The pairs that `text` names. Raises typer.BadParameter."""
    found = []
    for word in filter(None, (each.strip() for each in text.split(","))):
        captions, plus, llm = word.partition("+")
        if not (captions and plus and llm):
            raise typer.BadParameter(
                f"{word!r} is no row; write CAPTIONS+LLM, as perfect+perfect", param_hint="'--rows'"
            )
        found.append((captions, llm))
    if not found:
        raise typer.BadParameter("names nothing", param_hint="'--rows'")
    return found
