"""What the rows of a measurement come to: ratios within rounds, their medians, and how far cuts agree."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from longvid_benchmarks.ingest.measure import Row

BARE = ("raw", "ffmpeg")
"""Ways of decoding alone; the faster one of a round is what the others are held against."""
STOCK = "scenedetect"


def summary(rows: Sequence[Row], length: float, frame: float) -> dict[str, dict[str, Any]]:
    """By way, of the rows of one length: medians over the rounds.

    wall, cpu     : s
    peak          : bytes, the most of any round
    decode        : speed beside the faster bare decoding of the same round, by wall time; 1 is as fast
    decode_cpu    : the same by CPU time
    scenedetect   : speed beside PySceneDetect's command line, by wall time; None without it
    cuts          : how many, None where none are looked for
    agreement     : share of its cuts and PySceneDetect's that the other has too, within a frame of `frame` s
    """
    own = [row for row in rows if row.seconds == length]
    turns = [{row.way: row for row in own if row.turn == turn} for turn in sorted({row.turn for row in own})]
    found: dict[str, dict[str, Any]] = {}
    for way in dict.fromkeys(row.way for row in own):
        mine = [turn[way] for turn in turns]
        peaks = [row.cost.peak for row in mine if row.cost.peak is not None]
        entry: dict[str, Any] = {
            "wall": round(median(row.cost.wall for row in mine), 3),
            "cpu": round(median(row.cost.cpu for row in mine), 3),
            "peak": max(peaks, default=None),
            "decode": _ratio(turns, BARE, way, "wall"),
            "decode_cpu": _ratio(turns, BARE, way, "cpu"),
            "scenedetect": _ratio(turns, (STOCK,), way, "wall"),
            "cuts": None,
            "agreement": None,
        }
        cuts, stock = mine[-1].cuts, turns[-1].get(STOCK)
        if cuts is not None:
            entry["cuts"] = len(cuts)
            if stock is not None and stock.cuts is not None:
                entry["agreement"] = round(agreement(cuts, stock.cuts, 1.5 * frame), 4)
        found[way] = entry
    return found


def _ratio(turns: Sequence[dict[str, Row]], beside: Sequence[str], way: str, what: str) -> float | None:
    """Median over the rounds of how many times as fast as the fastest of `beside`."""
    ratios = []
    for turn in turns:
        others = [getattr(turn[name].cost, what) for name in beside if name in turn]
        own = getattr(turn[way].cost, what)
        if others and own > 0:
            ratios.append(min(others) / own)
    return round(median(ratios), 3) if ratios else None


def agreement(ours: Sequence[float], theirs: Sequence[float], within: float) -> float:
    """Of the cuts of both the share that has a partner of its own in the other, at most `within` s away; 1 where
    neither has any. Both ascend."""
    i = j = pairs = 0
    while i < len(ours) and j < len(theirs):
        apart = ours[i] - theirs[j]
        if abs(apart) <= within:
            pairs, i, j = pairs + 1, i + 1, j + 1
        elif apart < 0:
            i += 1
        else:
            j += 1
    return 2 * pairs / (len(ours) + len(theirs)) if ours or theirs else 1.0
