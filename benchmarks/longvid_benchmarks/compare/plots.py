"""Plots, each as PNG and SVG: quality against calls with its Pareto front, link recall against gap, and, where several
ways of watching are compared, bars of each.

Colours are Okabe and Ito's, told apart by most colour-blind eyes; every mark and line is labelled where it is. Knows
the summary alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from longvid.errors import RunError
from longvid_benchmarks.compare.summary import GROUP, Entry, headline, is_bound
from longvid_benchmarks.compare.tables import TITLES, group_name, name_of
from longvid_benchmarks.compare.watching import DEFAULT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Panel = Callable[[Axes, Sequence[Entry], Mapping[str, "Look"]], None]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#7f7f7f")
MARKS = "osD^vPX*"
SIZE, DPI = (5.2, 4.0), 120
"""Inches of one panel, and dots of an inch in the PNG."""
LINE = 0.055
"""Height of a label as a share of the panel."""
LETTER = 0.014
"""Width of one of its letters, likewise."""
BARS = ("fact_recall", "fact_precision", "link_recall")
"""What is drawn of each way of watching."""
BESIDE = 0.5
"""Share of a bin's width over which the strategies stand side by side."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a strategy is drawn in every panel."""

    colour: str
    mark: str
    line: str
    aside: float
    """Where it stands among the others within a bin: -0.5 to 0.5."""


def can_draw() -> bool:
    """Whether plots can be drawn."""
    return find_spec("matplotlib") is not None


def draw(summary: Sequence[Entry], folder: Path) -> list[Path]:
    """Write the plots that `summary` gives into `folder` and return their paths; none where nothing was measured.

    Raises RunError where a file cannot be written.
    """
    groups = [list(group) for _, group in groupby(summary, key=lambda entry: tuple(entry[name] for name in GROUP))]
    names = sorted({name_of(entry) for entry in summary if not is_bound(entry)})
    looks = {
        name: Look(
            COLOURS[i % len(COLOURS)],
            MARKS[(i + i // len(COLOURS)) % len(MARKS)],
            "-" if i < len(COLOURS) else "--",
            (i + 0.5) / len(names) - 0.5,
        )
        for i, name in enumerate(names)
    }
    ranked = [group for group in groups if headline(group) is not None]
    linked = [group for group in groups if any(entry.get("gaps") for entry in group)]
    watched = [part for group in groups for part in _by_watch(group)]
    return [
        *(_plot(ranked, looks, _front, folder / "quality-calls") if ranked else []),
        *(_plot(linked, looks, _gaps, folder / "links-gap") if linked else []),
        *(_plot(watched, looks, _bars, folder / "watching") if watched else []),
    ]


def _plot(groups: Sequence[Sequence[Entry]], looks: Mapping[str, Look], panel: Panel, path: Path) -> list[Path]:
    """A panel a kind of films, side by side in rows of three."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    columns = min(3, len(groups))
    rows = -(-len(groups) // columns)
    # Fixed ids, no date: the same figures give the same file.
    with rc_context({"svg.hashsalt": "longvid", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(SIZE[0] * columns, SIZE[1] * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).flatten()
        for ax in axes[len(groups) :]:
            ax.remove()
        for ax, entries in zip(axes, groups, strict=False):
            ax.set_title(group_name(entries), loc="left")
            ax.spines[["top", "right"]].set_visible(False)
            ax.grid(color="#e5e5e5", linewidth=0.6)
            panel(ax, entries, looks)
        paths = [path.with_suffix(suffix) for suffix in (".png", ".svg")]
        try:
            figure.savefig(paths[0], dpi=DPI)
            figure.savefig(paths[1], metadata={"Date": None})
        except OSError as error:
            raise RunError(f"cannot write {path.name}: {error.strerror}; choose another -o DIR") from error
    return paths


def _front(ax: Axes, entries: Sequence[Entry], looks: Mapping[str, Look]) -> None:
    from matplotlib.ticker import LogLocator, NullLocator

    metric = headline(entries)
    assert metric is not None
    points = []
    for entry in entries:
        quality = entry["metrics"].get(metric)
        if quality is None:
            continue
        if is_bound(entry):
            ax.axhline(quality["mean"], color="#999999", linestyle=":", linewidth=1)
            ax.annotate("reference", (1, quality["mean"]), xycoords=("axes fraction", "data"), ha="right", va="bottom",
                        color="#666666")  # fmt: skip
            continue
        calls = max(1.0, entry["metrics"]["calls"]["mean"])
        look = looks[name_of(entry)]
        if quality["low"] is not None:
            ax.plot([calls, calls], [quality["low"], quality["high"]], color=look.colour, linewidth=1, alpha=0.6)
        ax.plot([calls], [quality["mean"]], look.mark, color=look.colour, markersize=6)
        points.append((calls, quality["mean"], name_of(entry), look.colour))
    best: list[tuple[float, float]] = []
    for calls, mean, _, _ in sorted(points, key=lambda point: (point[0], -point[1])):
        if not best or mean > best[-1][1]:
            best.append((calls, mean))
    ax.step(
        [calls for calls, _ in best], [mean for _, mean in best], where="post", color="#bbbbbb", linewidth=1, zorder=0
    )
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:.0f}")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_ylim(-0.03, 1.06)
    if points:
        ax.set_xlim(min(point[0] for point in points) / 1.3, max(point[0] for point in points) * 3)
    ax.set_xlabel("calls (log)")
    ax.set_ylabel(TITLES[metric])
    _label(ax, points)


def _gaps(ax: Axes, entries: Sequence[Entry], looks: Mapping[str, Look]) -> None:
    bins = sorted({(b["first"], b["last"]) for entry in entries for b in entry.get("gaps", ())},
                  key=lambda ends: ends[0])  # fmt: skip
    place = {ends: number for number, ends in enumerate(bins)}
    points = []
    for entry in entries:
        if is_bound(entry) or not entry.get("gaps"):
            continue
        look = looks[name_of(entry)]
        x = [place[b["first"], b["last"]] + BESIDE * look.aside for b in entry["gaps"]]
        y = [b["recall"]["mean"] for b in entry["gaps"]]
        ax.plot(x, y, look.line, marker=look.mark, color=look.colour, linewidth=1.3, markersize=4)
        for at, b in zip(x, entry["gaps"], strict=True):
            if b["recall"]["low"] is not None:
                ax.plot([at, at], [b["recall"]["low"], b["recall"]["high"]], color=look.colour, linewidth=1, alpha=0.35)
        points.append((len(bins) - 1 + BESIDE / 2, y[-1], name_of(entry), look.colour))
    ax.set_xticks(range(len(bins)), [f"{a}-{b}" if b is not None else f"{a}+" for a, b in bins])
    ax.set_xlim(-0.3, len(bins) - 1 + max(1.0, 0.45 * len(bins)))
    ax.set_ylim(-0.03, 1.06)
    ax.set_xlabel("chunks between the ends of a link")
    ax.set_ylabel("share of links told")
    _label(ax, points, column=True)


def _by_watch(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The entries of each strategy, carry and dialogue that was watched in several ways, the usual one first."""
    parts: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        if not is_bound(entry) and any(name in entry["metrics"] for name in BARS):
            parts.setdefault((entry["strategy"], entry["carry"], entry.get("dialogue", "")), []).append(entry)
    return [
        sorted(part, key=lambda entry: (entry["watch"] != DEFAULT, entry["watch"]))
        for part in parts.values()
        if len(part) > 1
    ]


def _bars(ax: Axes, entries: Sequence[Entry], looks: Mapping[str, Look]) -> None:
    """Under one another the ways of watching, a bar a metric with its interval; a line goes up from the usual way."""
    shown = [name for name in BARS if any(name in entry["metrics"] for entry in entries)]
    high = 0.8 / len(shown)
    for row, entry in enumerate(entries):
        for number, name in enumerate(shown):
            metric = entry["metrics"].get(name)
            if metric is None:
                continue
            y = row + (number - (len(shown) - 1) / 2) * high
            ax.barh([y], [metric["mean"]], height=0.85 * high, color=COLOURS[number], alpha=0.75)
            if metric["low"] is not None:
                ax.plot([metric["low"], metric["high"]], [y, y], color="#333333", linewidth=1)
            if row == 0:
                ax.axvline(metric["mean"], color=COLOURS[number], linewidth=0.7, linestyle=":")
            ax.annotate(TITLES[name], (max(metric["mean"], metric["high"] or 0), y), xytext=(4, 0),
                        textcoords="offset points", va="center", fontsize=6, color=COLOURS[number])  # fmt: skip
    ax.set_title(f"{name_of({**entries[0], 'watch': DEFAULT})}, {ax.get_title(loc='left')}", loc="left")
    ax.set_yticks(range(len(entries)), [entry["watch"] for entry in entries])
    ax.invert_yaxis()
    ax.set_xlim(0, 1.12)
    ax.set_axisbelow(True)
    ax.set_xlabel("share")


def _label(ax: Axes, points: Sequence[tuple[float, float, str, str]], *, column: bool = False) -> None:
    """The name of each point to its right, moved up or down where it would lie on another's; in a `column` the names
    stand in the order of their points."""
    to_panel = ax.transData + ax.transAxes.inverted()
    at = [tuple(map(float, to_panel.transform((x, y)))) for x, y, _, _ in points]
    if column:
        heights = spread([y for _, y in at])
    else:
        heights = place([(x, x + LETTER * len(name), y) for (x, y), (_, _, name, _) in zip(at, points, strict=True)])
    for (x, y), height, (_, _, name, colour) in zip(at, heights, points, strict=True):
        # A dollar sign would begin a formula.
        ax.annotate(
            name.replace("$", r"\$"), (x, height), xytext=(7, 0), textcoords="offset points", color=colour, va="center",
            xycoords="axes fraction",
        )  # fmt: skip
        if abs(height - y) > LINE / 2:
            ax.plot([x, x], [y, height], color=colour, linewidth=0.5, alpha=0.5, transform=ax.transAxes)


def place(labels: Sequence[tuple[float, float, float]]) -> list[float]:
    """Heights for labels, each given by left, right and wanted height, so that no two lie on one another.

    All in shares of the panel. One after another takes the free height nearest to its own, within the panel as long as
    there is room.
    """
    steps = sorted(range(-200, 201), key=abs)
    done: list[tuple[float, float, float]] = []
    for left, right, wanted in labels:
        beside = [height for start, end, height in done if left < end and start < right]
        heights = [wanted + step * LINE / 4 for step in steps]
        free = [height for height in heights if all(abs(height - other) >= LINE - 1e-9 for other in beside)]
        done.append((left, right, next((height for height in free if 0 <= height <= 1), free[0])))
    return [height for _, _, height in done]


def spread(wanted: Sequence[float]) -> list[float]:
    """Heights for labels one above another, in the order of those `wanted` and LINE apart, each as near to its own as
    the others allow, and within the panel as long as there is room. All in shares of the panel."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    # Less what those below take, heights need only not fall: those that would are pooled at their mean.
    pools: list[list[float]] = []
    for rank, i in enumerate(order):
        pools.append([wanted[i] - rank * LINE])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    low, high = LINE / 2, max(LINE / 2, 1.0 - (len(wanted) - 0.5) * LINE)
    levels = [min(max(fmean(pool), low), high) for pool in pools for _ in pool]
    heights = [level + rank * LINE for rank, level in enumerate(levels)]
    return [heights[order.index(i)] for i in range(len(wanted))]
