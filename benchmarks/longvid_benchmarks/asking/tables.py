"""The table of `longvid bench ask`: for each length, way of captioning and LLM the share of right answers by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from longvid_benchmarks.asking.runs import Row
from longvid_benchmarks.markdown import aligned
from longvid_benchmarks.storyfilm.asked import Kind

KINDS: tuple[str, ...] = get_args(Kind)


def table(rows: Sequence[Row]) -> str:
    """Markdown. Cells are right answers of all; `passages` is how often all that answers a question was shown."""
    head = ["chunks", "captions", "LLM", *KINDS, "all but not stated", "said wrong", "passages"]
    lines = [head]
    for key in sorted({(row.chunks, row.captions, row.llm) for row in rows}):
        own = [row for row in rows if (row.chunks, row.captions, row.llm) == key]
        stated = [row for row in own if row.kind != "not stated"]
        cells = [_share([row.right for row in own if row.kind == kind]) for kind in KINDS]
        cells.append(_share([row.right for row in stated]))
        cells.append(_share([row.outcome == "answered" and not row.right for row in stated]))
        cells.append(_share([row.shown for row in stated]))
        lines.append([*map(str, key), *cells])
    return "\n".join(aligned(lines, words=3))


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values) / len(values):.2f} ({sum(values)}/{len(values)})" if values else ""
