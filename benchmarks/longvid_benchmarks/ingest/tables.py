"""The table and the plot of `longvid bench ingest`. Knows the summary alone."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from longvid.errors import LongvidError
from longvid_benchmarks.markdown import aligned

TITLES = {
    "raw": "PyAV, decoding alone",
    "ffmpeg": "ffmpeg, decoding alone",
    "scenedetect": "scenedetect detect-adaptive",
    "scenes": "longvid, scenes alone",
    "clips": "longvid, with clips",
}
COLOURS = {
    "raw": "#000000",
    "ffmpeg": "#7f7f7f",
    "scenedetect": "#d55e00",
    "scenes": "#56b4e9",
    "clips": "#0072b2",
}
"""Okabe and Ito's, told apart by most colour-blind eyes."""
MIB = 1 << 20


def table(summary: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown, a row a way; speeds are times as fast as what heads the column, by wall time and by CPU time."""
    head = ["", "wall s", "CPU s", "of decoding", "by CPU", "of scenedetect", "peak MiB", "cuts", "agree"]
    rows = [head]
    for way, row in summary.items():
        cells = [
            f"{row['wall']:.2f}",
            f"{row['cpu']:.2f}",
            *("" if row[name] is None else f"{row[name]:.2f}" for name in ("decode", "decode_cpu", "scenedetect")),
            "" if row["peak"] is None else f"{row['peak'] / MIB:.0f}",
            "" if row["cuts"] is None else str(row["cuts"]),
            "" if row["agreement"] is None else f"{100 * row['agreement']:.1f} %",
        ]
        rows.append([TITLES[way], *cells])
    return "\n".join(aligned(rows))


def can_draw() -> bool:
    """Whether a plot can be drawn."""
    return find_spec("matplotlib") is not None


def draw(summaries: Mapping[float, Mapping[str, Mapping[str, Any]]], path: Path) -> list[Path]:
    """Time and memory against the length of the film that is read, by way; as PNG and SVG.

    Raises LongvidError where they cannot be written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Fixed ids, no date: the same figures give the same file.
    with rc_context({"svg.hashsalt": "longvid", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(10, 3.6), layout="constrained")
        time, memory = figure.subplots(1, 2)
        lengths = sorted(summaries)
        for way in dict.fromkeys(way for one in summaries.values() for way in one):
            at = [length for length in lengths if way in summaries[length]]
            rows = [summaries[length][way] for length in at]
            look = {"color": COLOURS[way], "marker": "o", "markersize": 3, "linewidth": 1.2, "label": TITLES[way]}
            time.plot(at, [row["wall"] for row in rows], **look)
            known = [(length, row["peak"] / MIB) for length, row in zip(at, rows, strict=True) if row["peak"]]
            memory.plot([length for length, _ in known], [peak for _, peak in known], **look)
        for axes, title in ((time, "wall time, s"), (memory, "peak memory of a process, MiB")):
            axes.set_xlabel("film read, s")
            axes.set_title(title, loc="left")
            axes.set_xlim(left=0)
            axes.set_ylim(bottom=0)
            axes.grid(color="#e5e5e5", linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
        time.legend(frameon=False)
        paths = [path.with_suffix(suffix) for suffix in (".png", ".svg")]
        try:
            figure.savefig(paths[0], dpi=120)
            figure.savefig(paths[1], metadata={"Date": None})
        except OSError as error:
            raise LongvidError(f"cannot write {path.name}: {error.strerror}; choose another -o DIR") from error
    return paths
