"""The command `longvid bench ingest`: reads its options, measures, prints tables and one JSON line, keeps the rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli.values import parse_path, parse_time
from longvid_benchmarks.compare.lists import choices
from longvid_benchmarks.ingest.measure import PROGRAMS, WAYS, measure, program

if TYPE_CHECKING:
    from longvid.film import Film

DAY = 86_400.0  # s; all of a film that does not tell how long it is


def ingest(
    film: Annotated[Path, typer.Argument(metavar="FILM", parser=parse_path, help="A film, as of `longvid summarize`.")],
    ways: Annotated[
        str | None,
        typer.Option(
            "--ways", metavar="LIST", help=f"Any of {', '.join(WAYS)}. By default all whose program is installed."
        ),
    ] = None,
    lengths: Annotated[
        str | None,
        typer.Option(
            "--lengths", metavar="LIST", help="How much of the film is read, from its start: 60,5:00. [default: all]"
        ),
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=100, help="How often each way is measured.")] = 3,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", parser=parse_path, help="Where rows.jsonl and the plot are kept."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the JSON line alone.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")] = False,
) -> None:
    """Measure reading a film: bare decoding, PySceneDetect's command line, our scan alone, and with clips kept.

    All ways in turns within one run, each in a process of its own: wall and CPU time, peak memory, agreement of cuts.
    On a machine that others use the ratios are worth something, and the seconds are not. The last line is JSON.

    Example: longvid bench ingest film.mp4 --rounds 5
    """
    from longvid.errors import LongvidError
    from longvid.film import probe
    from longvid.run.files import write_text
    from longvid_benchmarks.ingest.summary import summary
    from longvid_benchmarks.ingest.tables import can_draw, draw, table
    from longvid_benchmarks.terminal import interruptible, progress_bar

    installed = [way for way in WAYS if way not in PROGRAMS or program(way) is not None]
    wanted = installed if ways is None else choices(ways, list(WAYS), "--ways")
    known = probe(film)
    spans = _lengths(lengths, known)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LongvidError(f"cannot write to {out}: {error.strerror}; choose another -o DIR") from error
    with interruptible(), progress_bar("measuring", quiet=quiet or as_json) as advance:
        rows = measure(known, wanted, spans, rounds, advance)
    frame = 1 / (known.video.average_rate or 25.0)
    found = {span: summary(rows, span, frame) for span in spans}
    if out is not None:
        write_text(out / "rows.jsonl", "".join(json.dumps(row.as_json()) + "\n" for row in rows))
        if can_draw():
            draw(found, out / "ingest")
    video = known.video
    for span, one in found.items():
        if not as_json:
            typer.echo(f"{video.width}x{video.height} {video.codec}, {span:.1f} s of film, {rounds} rounds\n")
            typer.echo(f"{table(one)}\n")
    left_out = [way for way in WAYS if way not in wanted]
    if left_out and ways is None and not quiet:
        typer.echo(f"not installed, so not measured: {', '.join(left_out)}", err=True)
    picture = {"codec": video.codec, "width": video.width, "height": video.height, "rate": video.average_rate}
    told = [{"seconds": span, "ways": one} for span, one in found.items()]
    typer.echo(json.dumps({"film": film.name, **picture, "rounds": rounds, "lengths": told}))


def _lengths(value: str | None, film: Film) -> list[float]:
    """Seconds of film to read, the shortest first; all of it where none is named."""
    if value is None:
        return [film.duration or DAY]
    found = sorted({parse_time(part) for part in value.split(",")})
    short = [length for length in found if length < 1]
    if short or (film.duration and found[-1] > film.duration + 1):
        raise typer.BadParameter(
            f"lengths must be from 1 s to the film's {film.duration:.0f} s", param_hint="'--lengths'"
        )
    return found
