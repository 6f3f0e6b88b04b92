"""The tables of a run of MVBench: ours by task and by class, and beside the published rows. Text only."""

from __future__ import annotations

from collections.abc import Sequence

from longvid_benchmarks.published.figures import ROWS, Published
from longvid_benchmarks.published.scoring import SCORERS
from longvid_benchmarks.published.tallies import Tally, wilson
from longvid_benchmarks.published.tasks import BY_SHORT, CLASSES, TASKS

DASH = "-"


def ours(tallies: Sequence[Tally], whole: Tally, heading: str) -> list[str]:
    """A table of `tallies` with the row of all below it; percentages of what was asked."""
    computed = whole.likely is not None and whole.asked > 0
    head = (heading, "asked", "right", "95 %", "answered", *SCORERS, *(("by letter", "95 %") if computed else ()))
    rows = [_row(_name(one), one, computed) for one in tallies]
    return aligned([head, *rows, _row("all", whole, computed)])


def _row(name: str, one: Tally, computed: bool) -> tuple[str, ...]:
    asked = str(one.asked) if one.asked == one.total else f"{one.asked} of {one.total}"
    answered = _percent(one.answered / one.asked if one.asked else None)
    letters: tuple[str, ...] = (DASH, DASH) if computed else ()
    if computed and one.likely is not None and one.asked:
        letters = (_percent(one.likely / one.asked), interval(wilson(one.likely, one.asked)))
    others = (_percent(one.others[name]) for name in SCORERS)
    return (name, asked, _percent(one.accuracy), interval(one.interval), answered, *others, *letters)


def interval(ends: tuple[float, float] | None) -> str:
    """ "31.4 to 52.0", in percent."""
    return DASH if ends is None else f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}"


def beside(by_task: Sequence[Tally], by_class: Sequence[Tally], whole: Tally, model: str) -> list[str]:
    """The published rows beside ours, by task, by class and over all."""
    head = ("", model, *(row.model for row in ROWS))
    tasks = [(_name(one), _percent(one.accuracy), *(f"{row.scores[one.name]:.1f}" for row in ROWS)) for one in by_task]
    kinds = [
        (one.name, _percent(one.accuracy), *(f"{of_class(row, one.name):.1f}" for row in ROWS)) for one in by_class
    ]
    last = ("all", _percent(whole.accuracy), *(f"{row.mean:.1f}" for row in ROWS))
    return aligned([head, *tasks, *kinds, last])


def of_class(row: Published, kind: str) -> float:
    """The mean of a published row over the tasks of a class. Raises ValueError for none of CLASSES."""
    if kind not in CLASSES:
        raise ValueError(f"{kind!r} is no class")
    scores = [row.scores[task.short] for task in TASKS if task.kind == kind]
    return sum(scores) / len(scores)


def sources() -> list[str]:
    """Where each published row is from and how it was measured."""
    return [f"{row.model}: {row.source}; protocol {row.protocol}" for row in ROWS]


def _name(one: Tally) -> str:
    return f"{one.name} {BY_SHORT[one.name].title}" if one.name in BY_SHORT else one.name


def _percent(share: float | None) -> str:
    return DASH if share is None else f"{100 * share:.1f}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """`rows`, the first of them the heading, as lines of Markdown whose columns stand below one another."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])])
    return [line(rows[0]), f"|{rule}|", *map(line, rows[1:])]
