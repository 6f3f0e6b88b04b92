"""The tables and the plot of `longvid bench engine`. Knows the JSON that the command prints, and no model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longvid.errors import LongvidError
from longvid_benchmarks.markdown import aligned

COLOURS = {"vision": "#0072b2", "prefill": "#d55e00", "decode": "#009e73"}
"""Okabe and Ito's, told apart by most colour-blind eyes."""


def tables(told: Mapping[str, Any]) -> str:
    """Markdown: the ceilings, the stages, the film, a second question, and what engine and store take."""
    top = told["ceilings"]
    most = f"{_rate(top['flops'])}FLOP/s of a product of matrices, {_rate(top['bytes'])}B/s of a copy"
    lines = [f"time by the {told['clock']} clock; ceilings: {most}", ""]
    rows = [["", "batch", "ms a clip", "rate", "share of the ceiling"]]
    for one in told["stages"]:
        unit = "B/s" if one["stage"] == "decode" else "FLOP/s"
        taken = f"{1000 * one['seconds'] / one['batch']:.2f}"
        rows.append([one["stage"], str(one["batch"]), taken, f"{_rate(one['rate'])}{unit}", f"{one['share']:.0%}"])
    lines += [*aligned(rows), ""]
    rows = [["film", "chunks", "ms a chunk", "chunks a second", "of plain", "of one row"]]
    for one in told["films"]:
        way = "plain, one at a time" if one["rows"] == 0 else f"{one['rows']} rows" if one["rows"] > 1 else "one row"
        taken = f"{1000 * one['seconds'] / one['chunks']:.1f}"
        ratios = [f"{one[name]:.2f}" for name in ("of_plain", "of_one")]
        rows.append([way, str(one["chunks"]), taken, f"{one['rate']:.3g}", *ratios])
    lines += [*aligned(rows), ""]
    rows = [["tokens of an answer", "first question, ms", "second, ms", "share"]]
    for one in told["twice"]:
        both = [f"{1000 * one[name]:.1f}" for name in ("first", "second")]
        rows.append([str(one["tokens"]), *both, f"{one['share']:.2f}"])
    lines += [*aligned(rows), ""]
    rows = [["chunks", "engine and store, ms a chunk", "of the processor", "resident, MiB"]]
    for one in told["overhead"]:
        both = [f"{1000 * one[name]:.2f}" for name in ("seconds", "processor")]
        rows.append([str(one["chunks"]), *both, f"{one['resident'] / (1 << 20):.0f}"])
    return "\n".join([*lines, *aligned(rows)])


def _rate(value: float) -> str:
    """`value` with a prefix of a thousand."""
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6)):
        if value >= size:
            return f"{value / size:.3g} {prefix}"
    return f"{value:.3g} "


def draw(told: Mapping[str, Any], path: Path) -> list[Path]:
    """The share of the ceiling by stage, and chunks a second by rows, against what is computed together; PNG and SVG.

    Raises LongvidError where they cannot be written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Fixed ids, no date: the same figures give the same file.
    with rc_context({"svg.hashsalt": "longvid", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        shares, speed = figure.subplots(1, 2)
        for stage, colour in COLOURS.items():
            found = [one for one in told["stages"] if one["stage"] == stage]
            at, share = [one["batch"] for one in found], [100 * one["share"] for one in found]
            shares.plot(at, share, color=colour, marker="o", markersize=3, linewidth=1.2, label=stage)
        shares.set_title("share of the device's own ceiling, %", loc="left")
        shares.legend(frameon=False)
        rows = [one for one in told["films"] if one["rows"]]
        speed.plot([one["rows"] for one in rows], [one["rate"] for one in rows], color="#0072b2", marker="o",
                   markersize=3, linewidth=1.2, label="rows that come and go")  # fmt: skip
        for one in told["films"]:
            if not one["rows"]:
                speed.axhline(one["rate"], color="#7f7f7f", linewidth=1.2, label="plain clips, one at a time")
        speed.set_title("chunks a second", loc="left")
        speed.legend(frameon=False)
        for axes in (shares, speed):
            axes.set_xlabel("clips together")
            axes.set_ylim(bottom=0)
            axes.grid(color="#e5e5e5", linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
        paths = [path.with_suffix(suffix) for suffix in (".png", ".svg")]
        try:
            figure.savefig(paths[0], dpi=120)
            figure.savefig(paths[1], metadata={"Date": None})
        except OSError as error:
            raise LongvidError(f"cannot write {path.name}: {error.strerror}; choose another -o DIR") from error
    return paths
