"""The table of a run: a line a way, with intervals over films and the difference to the usual way, as they fall."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from longvid_benchmarks.markdown import aligned
from longvid_benchmarks.published.tables import DASH
from longvid_benchmarks.published.tallies import wilson
from longvid_benchmarks.stats import Interval, difference, mean_of
from longvid_benchmarks.watch.running import Row

HEAD = (
    "frames", "seconds", "which", "labels", "clips", "told", "95 %", "against the first", "95 %", "true",
    "lines timed", "in their act", "95 %", "as numbers",
)  # fmt: skip


def table(rows: Sequence[Row]) -> list[str]:
    """`rows`, the usual way first, as Markdown; shares in percent."""
    return aligned([HEAD, *(_line(row, rows[0]) for row in rows)])


def as_json(row: Row, usual: Row) -> dict[str, Any]:
    """One row as plain data; shares are of 1."""
    way = row.way
    told: dict[str, Any] = {
        "frames": way.frames, "length": way.length, "sampling": way.sampling, "label": way.label,
        "clips": row.clips, "why": row.why,
    }  # fmt: skip
    if row.films:
        recall, moved = _recall(row), _moved(row, usual)
        timed, placed, numbers = _times(row)
        told |= {
            "told": _plain(recall),
            "against_usual": None if moved is None else _plain(moved),
            "true": mean_of([one.true for one in row.films.values()]).mean,
            "timed": timed,
            "in_their_act": placed,
            "as_numbers": numbers,
        }
    return told


def _line(row: Row, usual: Row) -> tuple[str, ...]:
    way = row.way
    head = (str(way.frames), f"{way.length:g}", way.sampling, way.label)
    if not row.films:
        return (*head, "none", *[DASH] * (len(HEAD) - 5))
    moved = None if row is usual else _moved(row, usual)
    timed, placed, numbers = _times(row)
    placing = (DASH,) * 3
    if timed:
        low, high = wilson(placed, timed)
        placing = (_percent(placed / timed), f"{100 * low:.1f} to {100 * high:.1f}", _percent(numbers / timed))
    return (
        *head,
        str(row.clips),
        *_cells(_recall(row)),
        *((DASH, DASH) if moved is None else _cells(moved, sign="+")),
        _percent(mean_of([one.true for one in row.films.values()]).mean),
        str(timed),
        *placing,
    )


def _recall(row: Row) -> Interval:
    return mean_of([one.told for one in row.films.values()])


def _moved(row: Row, usual: Row) -> Interval | None:
    """By film, what this way tells more than the usual one."""
    ours, theirs = (_by_film(each) for each in (row, usual))
    return difference(ours, theirs)


def _by_film(row: Row) -> dict[Hashable, float]:
    return {seed: one.told for seed, one in row.films.items()}


def _times(row: Row) -> tuple[int, int, int]:
    films = row.films.values()
    return sum(one.timed for one in films), sum(one.placed for one in films), sum(one.by_number for one in films)


def _cells(value: Interval, sign: str = "") -> tuple[str, str]:
    mean = f"{100 * value.mean:{sign}.1f}"
    if value.low is None or value.high is None:
        return mean, DASH
    return mean, f"{100 * value.low:{sign}.1f} to {100 * value.high:{sign}.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _plain(value: Interval) -> dict[str, float | None]:
    return {"mean": value.mean, "low": value.low, "high": value.high}
