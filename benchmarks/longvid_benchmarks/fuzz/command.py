"""The command `longvid bench fuzz`: damages films, has them read, prints how they ended and one JSON line."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from longvid.cli.values import parse_path
from longvid_benchmarks.compare.lists import choices
from longvid_benchmarks.fuzz.films import KINDS

ENDED = ("whole", "loss", "refused", "fault", "crash", "hang", "memory", "left")
MIB = 1 << 20


def fuzz(
    films: Annotated[int, typer.Option("--films", min=1, help="How many damaged films are read.")] = 20_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the first; each film has the next.")] = 0,
    kinds: Annotated[
        str | None, typer.Option("--kinds", metavar="LIST", help=f"Any of {', '.join(KINDS)}. [default: all]")
    ] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.01, help="Stop after so long.")] = None,
    patience: Annotated[float, typer.Option("--patience", min=1, help="Seconds in which a film must be done.")] = 30,
    memory: Annotated[int, typer.Option("--memory", min=64, help="MiB that reading one film may hold.")] = 512,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", parser=parse_path, help="Where films go that did not end soundly."),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")] = False,
) -> None:
    """Damage films in every manner and read them: no crash, no hang, no swelling, nothing left behind.

    Sound ends are: read as if whole, read with its loss told, refused in one clear line. A film is decided by its kind
    and seed alone. Exit status 1 where one did not end soundly. The last line is JSON.

    Example: longvid bench fuzz --films 2000 --keep broken
    """
    from longvid.errors import LongvidError
    from longvid_benchmarks.fuzz.running import run
    from longvid_benchmarks.markdown import aligned
    from longvid_benchmarks.terminal import interruptible, progress_bar

    chosen = list(KINDS) if kinds is None else choices(kinds, list(KINDS), "--kinds")
    if keep is not None:
        try:
            keep.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LongvidError(f"cannot write to {keep}: {error.strerror}; choose another --keep DIR") from error
    started = time.monotonic()
    end = None if minutes is None else started + 60 * minutes
    with interruptible(), progress_bar("reading", quiet=quiet) as advance:
        found = run(
            chosen, films, seed, patience=patience, memory=memory * MIB, keep=keep, advance=advance,
            until=lambda: end is not None and time.monotonic() > end,
        )  # fmt: skip
    rows = [["", *ENDED]]
    for kind in chosen:
        counts = Counter(one.ended for one in found if one.kind == kind)
        rows.append([kind, *(str(counts[name]) for name in ENDED)])
    totals = Counter(one.ended for one in found)
    typer.echo("\n".join(aligned([*rows, ["all", *(str(totals[name]) for name in ENDED)]])))
    unsound = [one for one in found if not one.sound]
    for one in unsound[:20]:
        typer.echo(f"{one.kind}, seed {one.seed}: {one.ended}: {one.told.strip().splitlines()[-1]}", err=True)
    peaks = [one.peak for one in found if one.peak is not None]
    told = {
        "films": len(found),
        "seed": seed,
        **{name: totals[name] for name in ENDED},
        "peak": max(peaks, default=None),
        "slowest": round(max((one.seconds for one in found), default=0.0), 2),
        "seconds": round(time.monotonic() - started, 1),
    }
    typer.echo(json.dumps(told))
    if unsound:
        raise typer.Exit(1)
