"""The command `longvid bench watch`: one model, generated films, and several ways of watching them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli import options as o
from longvid.cli.sharing import with_options
from longvid_benchmarks.published.opening import ModelOptions

if TYPE_CHECKING:
    from longvid.engine.models import Models
    from longvid_benchmarks.watch.ways import Way

FIRST_SEED = 600_000
"""Films from here on were never trained on."""


@with_options
def watch(
    *,
    asked: ModelOptions,
    frames: Annotated[str, typer.Option("--frames", metavar="LIST", help="Of a clip.")] = "8,24,48",
    lengths: Annotated[
        str, typer.Option("--lengths", metavar="LIST", help="Of a chunk in seconds: 60, parts or multiples of it.")
    ] = "30,60,120",
    samplings: Annotated[
        str, typer.Option("--samplings", metavar="LIST", help="uniform, or first: one a second from the beginning.")
    ] = "uniform,first",
    labels: Annotated[
        str, typer.Option("--labels", metavar="LIST", help="What is told of a frame: index, seconds.")
    ] = "index,seconds",
    films: Annotated[int, typer.Option("--films", min=1, max=1000, help="How many films.")] = 8,
    chunks: Annotated[int, typer.Option("--chunks", min=1, max=100, help="Scenes of a film, of a minute each.")] = 4,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the first film.")] = FIRST_SEED,
    out: Annotated[Path, typer.Option("-o", "--output-dir", metavar="DIR", help="Where everything goes.")] = Path(
        "bench-watch"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object alone.")] = False,
    quiet: o.Quiet = False,
) -> None:
    """Show generated films to a model in several ways: more and fewer frames, longer and shorter chunks, the first
    seconds alone, frames told by number or by second.

    The first line is the usual way, 24 frames evenly over a minute, told by number; each other differs in one thing.
    Prints a table of what the captions tell, and one JSON object last. An interrupted run goes on with the same
    command.

    Example: longvid bench watch --model cogvlm2-video-llama3-chat --films 20
    """
    from longvid.cli.console import note
    from longvid.cli.running import INCOMPLETE, print_json, tell_of_precision, tell_of_tracing
    from longvid.engine.memory import release
    from longvid.text.shown import shown
    from longvid_benchmarks.claiming import claimed
    from longvid_benchmarks.published.interrupting import interruptible
    from longvid_benchmarks.storyfilm.generator import invent
    from longvid_benchmarks.watch import running
    from longvid_benchmarks.watch.tables import as_json as row_as_json
    from longvid_benchmarks.watch.tables import table

    ways = _ways(frames, lengths, samplings, labels, chunks)
    opened: dict[tuple[int, str], Models] = {}

    def models_for(way: Way) -> Models:
        """One model at a time lies in memory."""
        key = (way.frames, way.label)
        if key not in opened:
            opened.clear()
            release()
            opened[key] = asked.opened(way.frames, way.label)
        return opened[key]

    tell_of_precision(models_for(ways[0]), quiet=quiet)
    tell_of_tracing()
    stories = [invent(seed + at, chunks) for at in range(films)]
    with claimed(out):
        rows = interruptible(lambda advance: running.run(stories, ways, models_for, out, advance), quiet)
        found = {
            "benchmark": "watch",
            "model": asked.model,
            "films": films,
            "chunks": chunks,
            "seed": seed,
            "rows": [row_as_json(row, rows[0]) for row in rows],
        }
        lines = table(rows)
        lines += [""] + [f"- {row.way}: {row.why}" for row in rows if row.why]
        running.write_files(out, found, lines)
    if not as_json:
        typer.echo("\n".join(lines))
    print_json(found)
    if not quiet:
        note(f"wrote results.json, table.md into {shown(out)}")
    if any(row.why for row in rows):
        raise typer.Exit(INCOMPLETE)


def _ways(frames: str, lengths: str, samplings: str, labels: str, chunks: int) -> list[Way]:
    """The ways that the lists name, of films of so many `chunks`. Raises typer.BadParameter."""
    from longvid_benchmarks.watch.ways import SCENE, ways

    def listed(text: str, option: str) -> list[str]:
        found = [item.strip() for item in text.split(",") if item.strip()]
        if not found:
            raise typer.BadParameter("names nothing", param_hint=f"'{option}'")
        return found

    def numbers(text: str, option: str, least: float, most: float) -> list[float]:
        try:
            found = [float(item) for item in listed(text, option)]
        except ValueError as error:
            raise typer.BadParameter(f"{text!r} is no list of numbers", param_hint=f"'{option}'") from error
        if not all(least <= one <= most for one in found):
            raise typer.BadParameter(f"must be from {least:g} to {most:g}", param_hint=f"'{option}'")
        return found

    def words(text: str, option: str, known: tuple[str, ...]) -> list[str]:
        found = listed(text, option)
        for one in found:
            if one not in known:
                raise typer.BadParameter(f"{one!r} is none of {', '.join(known)}", param_hint=f"'{option}'")
        return found

    seconds = numbers(lengths, "--lengths", 5, 600)
    for one in seconds:
        share = one / SCENE if one >= SCENE else SCENE / one
        if abs(share - round(share)) > 1e-6:
            raise typer.BadParameter(f"{one:g} is no part and no multiple of {SCENE:g}", param_hint="'--lengths'")
    counts = numbers(frames, "--frames", 1, 512)
    if any(one != int(one) for one in counts):
        raise typer.BadParameter("must be whole numbers", param_hint="'--frames'")
    found = ways(
        [int(one) for one in counts],
        seconds,
        words(samplings, "--samplings", ("uniform", "first")),  # type: ignore[arg-type]  # its words
        words(labels, "--labels", ("index", "seconds")),  # type: ignore[arg-type]
    )
    film = chunks * SCENE
    if (longest := max(seconds)) > film:
        # It would be shown the same clip under another name.
        raise typer.BadParameter(
            f"{longest:g} is longer than a film of {film:g}: name shorter ones, or more --chunks",
            param_hint="'--lengths'",
        )
    return found
