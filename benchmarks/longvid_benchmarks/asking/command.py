"""The command `longvid bench ask`: reads its options, asks the films, prints the table and keeps the rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from longvid.cli.values import parse_path
from longvid_benchmarks.compare.lists import choices, numbers

LEVELS = ["gold", "appearance", "noisy"]
LLMS = ["none", "oracle"]


def ask(
    seeds: Annotated[
        str, typer.Option("--seeds", metavar="LIST", help="Of the stories: 600000,600007 or 600000-600009.")
    ] = "600000-600004",
    chunks: Annotated[str, typer.Option("--chunks", metavar="LIST", help="Lengths of the stories.")] = "14,60",
    captions: Annotated[
        str, typer.Option("--captions", metavar="LIST", help="Any of gold, appearance, noisy.")
    ] = "appearance",
    llm: Annotated[
        str, typer.Option("--llm", metavar="LIST", help="Who merges and answers: any of none, oracle.")
    ] = "none,oracle",
    strategy: Annotated[str, typer.Option("--strategy", metavar="NAME", help="How captions are merged.")] = "ledger",
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", parser=parse_path, help="Where the runs and rows.jsonl are kept."),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but the table.")] = False,
) -> None:
    """Ask films whose story is known who, when and what, for links between distant scenes, and what is not stated.

    Films are given as captions, merged, and asked from their run folders. oracle is an LLM that answers what its
    passages tell, and so shows what the search finds; none answers where a sentence has all the words of a question.

    Example: longvid bench ask --chunks 14 --seeds 600000
    """
    import asyncio
    import tempfile

    from longvid.api import open_llm_models
    from longvid.errors import LongvidError
    from longvid.run.files import write_text
    from longvid_benchmarks.asking.runs import Row, ask_film
    from longvid_benchmarks.asking.tables import table
    from longvid_benchmarks.compare.films import story_film
    from longvid_benchmarks.oracle.llm import with_oracle
    from longvid_benchmarks.terminal import interruptible, progress_bar

    levels, llms = choices(captions, LEVELS, "--captions"), choices(llm, LLMS, "--llm")
    lengths, wanted = numbers(chunks, "--chunks", 1), numbers(seeds, "--seeds", 0)
    plain = open_llm_models("none")
    films = [(n, seed, level, name) for n in lengths for seed in wanted for level in levels for name in llms]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = out or Path(scratch)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LongvidError(f"cannot write to {folder}: {error.strerror}; choose another -o") from error
        with interruptible(), progress_bar("asking", quiet=quiet) as advance:
            for done, (n, seed, level, name) in enumerate(films):
                film = story_film(seed, n, level, "captions", None, folder, 12)
                models = with_oracle(plain) if name == "oracle" else plain
                place = folder / f"{film.name}-{level}-{name}"

                def tell(share: float, done: int = done) -> None:
                    advance(done + share, len(films))

                rows += asyncio.run(ask_film(film, models, strategy, place, tell))
        if out is not None:
            write_text(out / "rows.jsonl", "".join(json.dumps(row.as_json()) + "\n" for row in rows))
    typer.echo(table(rows))
