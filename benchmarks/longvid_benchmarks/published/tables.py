"""The tables of a run of MVBench: ours by task and by class, and beside the published rows. Text only."""

from __future__ import annotations

from collections.abc import Sequence

from longvid_benchmarks.markdown import aligned
from longvid_benchmarks.published.figures import ROWS
from longvid_benchmarks.published.scoring import SCORERS
from longvid_benchmarks.published.tallies import Tally, wilson
from longvid_benchmarks.published.tasks import BY_SHORT, Task

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
    """The published rows beside ours, by task, by class and over all; their means are over the tasks asked."""
    head = ("", model, *(row.model for row in ROWS))
    tasks = [(_name(one), _percent(one.accuracy), *(f"{row.scores[one.name]:.1f}" for row in ROWS)) for one in by_task]
    asked = [BY_SHORT[one.name] for one in by_task if one.asked]
    kinds = [
        (one.name, _percent(one.accuracy), *_means([task for task in asked if task.kind == one.name]))
        for one in by_class
    ]
    return aligned([head, *tasks, *kinds, ("all", _percent(whole.accuracy), *_means(asked))])


def _means(tasks: Sequence[Task]) -> list[str]:
    """The mean of each published row over `tasks`."""
    means = [row.mean_of([task.short for task in tasks]) for row in ROWS]
    return [DASH if mean is None else f"{mean:.1f}" for mean in means]


def sources() -> list[str]:
    """Where each published row is from and how it was measured."""
    return [f"{row.model}: {row.source}; protocol {row.protocol}" for row in ROWS]


def _name(one: Tally) -> str:
    return f"{one.name} {BY_SHORT[one.name].title}" if one.name in BY_SHORT else one.name


def _percent(share: float | None) -> str:
    return DASH if share is None else f"{100 * share:.1f}"
