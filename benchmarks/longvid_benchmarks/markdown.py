"""Tables as Markdown whose columns stand below one another, so that they can be read as text too."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], words: int = 1) -> list[str]:
    """`rows`, the first of them the heading, as lines: the first `words` columns from the left, the others, which are
    figures, from the right. Cells are lines, and whatever is Markdown in them stays so."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(width) if at < words else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = ["-" * (width + 2) if at < words else "-" * (width + 1) + ":" for at, width in enumerate(widths)]
    return [line(rows[0]), f"|{'|'.join(rule)}|", *map(line, rows[1:])]
