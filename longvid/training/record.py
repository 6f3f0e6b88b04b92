"""What a training leaves of its course: figures by step in a file, and their curves as a picture.

Knows no trainer; figures come as plain numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid.errors import TrainingError
from longvid.files import as_text

METRICS, CURVES = "metrics.jsonl", "curves.png"
DRAWN = {
    "loss": "loss", "eval_loss": "loss, held out", "mean_token_accuracy": "tokens right",
    "eval_mean_token_accuracy": "tokens right, held out", "rewards/accuracies": "pairs right",
    "eval_rewards/accuracies": "pairs right, held out", "rewards/margins": "margin",
    "eval_rewards/margins": "margin, held out",
}  # fmt: skip
"""Figures that have a curve, and what it is called; those of a kind stand in one panel."""
PANELS = (("loss",), ("mean_token_accuracy", "rewards/accuracies"), ("rewards/margins",))


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Put `row` behind those in the file of metrics. Raises TrainingError."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(row)) + "\n")
    except OSError as error:
        raise TrainingError(f"{as_text(path)} cannot be written ({error.strerror}); free some space") from error


def read_metrics(path: Path) -> list[dict[str, float]]:
    """The rows of a file of metrics, by step; of a step that was computed again after a kill the last ones stand."""
    found: dict[float, dict[str, float]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            row = json.loads(line)
            step = float(row["step"])
        except (ValueError, KeyError, TypeError):
            continue  # a line that was broken off by a kill
        found[step] = found.get(step, {}) | {
            key: value for key, value in row.items() if isinstance(value, int | float) and not isinstance(value, bool)
        }
    return [found[step] for step in sorted(found)]


def draw(rows: Sequence[Mapping[str, float]], path: Path) -> bool:
    """Draw the curves of `rows` into `path`; False where there is nothing to draw. Needs matplotlib."""
    from matplotlib.figure import Figure

    drawn = [
        [(name, title) for name, title in DRAWN.items() if name.removeprefix("eval_") in panel] for panel in PANELS
    ]
    panels = [some for some in drawn if any(name in row for row in rows for name, _ in some)]
    if not panels:
        return False
    figure = Figure(figsize=(7, 2.6 * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axis, some in zip(axes, panels, strict=True):
        for name, title in some:
            points = [(row["step"], row[name]) for row in rows if name in row]
            if points:
                held = name.startswith("eval_")
                axis.plot(*zip(*points, strict=True), marker="o" if held else None, label=title)
        axis.legend()
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("steps")
    figure.savefig(path, dpi=120)
    return True
