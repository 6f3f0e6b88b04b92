"""The command `longvid bench report`: what finished benchmarks say to the hypotheses, as a page of documentation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from longvid_benchmarks.compare.rows import Row


def report(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders that `bench merge -o` wrote.")],
) -> None:
    """Print, as Markdown, what the hypotheses on strategies predicted, what the benchmarks found, and which stage of
    the ledger loses what.

    Runs nothing: several benchmarks count together, as far as they reach.

    Example: longvid bench report bench-gold bench-model > hypotheses.md
    """
    from longvid_benchmarks.compare.hypotheses import findings
    from longvid_benchmarks.compare.pairs import finished
    from longvid_benchmarks.compare.stages import stages
    from longvid_benchmarks.compare.tables import markdown

    rows = finished([row for folder in folders for row in read_rows(folder)])
    lines = []
    for finding in findings(rows):
        lines += [f"**{finding.found.title}.** {finding.predicted}.", ""]
        if finding.found.cells:
            lines += [_table(markdown([finding.found], [], []))]
        else:
            lines += [f"Not reached by these runs: it needs {finding.missing}.", ""]
    for sheet in stages(rows):
        lines += [f"**{sheet.title}.**", "", _table(markdown([sheet], [], []))]
    typer.echo("\n".join(lines).rstrip())


def read_rows(folder: Path) -> list[Row]:
    """The rows of the benchmark in `folder`. Raises RunError where there are none."""
    from longvid.errors import RunError
    from longvid.run.files import read_json

    found = read_json(folder / "results.json")
    rows = found.get("rows") if found is not None else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "strategy" in row for row in rows):
        raise RunError(f"{folder} holds no results.json of bench merge; give the folder that its -o named")
    return rows


def _table(page: str) -> str:
    """The table alone: its title is told before the prediction."""
    return page.split("\n\n", 1)[1]
