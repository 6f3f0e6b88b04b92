"""From rows to figures: for each strategy, captions and length the mean of everything with its interval, the paired
difference to a baseline, and how links fare as their gap grows.

The rows of one strategy on one kind of films are its films. Knows no terminal and no plot.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict
from typing import Any

from longvid_benchmarks.compare.rows import CEILING, HEARING, Row
from longvid_benchmarks.compare.watching import DEFAULT
from longvid_benchmarks.stats import Interval, Linked, difference, mean_of, recall_by_gap, recall_of, slope

QUALITY = (
    "fact_recall", "fact_precision", "link_recall", "link_precision", "link_f1", "order", "contradictions",
    "false_claims", "false_links", "unattributed", "duplication", "over", "first_third", "last_third", "composite",
    "rouge1", "rouge2", "rougeL", "chrf", "judge_precision", "judge_recall", "judge_f1", "judge_questions",
    "judge_unparsable", "words", "facts_shown", "facts_said", "facts_both", "links_shown", "links_said", "links_both",
)  # fmt: skip
COSTS = (
    "calls", "calls_caption", "calls_events", "calls_survey", "calls_ask", "calls_write", "retries", "prompt_tokens",
    "answer_tokens", "depth", "seconds", "cached_share", "degraded",
)  # fmt: skip
HEADLINES = ("composite", "judge_f1", "rougeL")
"""What a table is sorted by: the first of these that its rows have."""
GROUP = ("captions", "evidence", "chunks")
ENTRY = ("strategy", "carry", "watch")
NOTHING = {"mean": 0.0}
Entry = dict[str, Any]


def summarize_rows(rows: Sequence[Row], baseline: str) -> list[Entry]:
    """One entry for each strategy, carry and way of watching on each kind of films, the kinds in the order in which
    they come and within one the best first.

    An entry has `metrics`, `difference` (to `baseline` without a carry, watched and heard as usual, over the films that
    both have), and for stories `gaps`, `slope` (of link recall, per ten chunks) and `kinds`. Rows with an error are
    left out.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if "error" not in row:
            groups.setdefault(_kind(row), []).append(row)
    return [entry for kind, inner in groups.items() for entry in _entries(kind, inner, baseline)]


def headline(entries: Sequence[Entry]) -> str | None:
    """The metric that `entries` are ranked by; None where nothing says which is better."""
    return next((name for name in HEADLINES if any(name in entry["metrics"] for entry in entries)), None)


def _kind(row: Row) -> tuple[Any, ...]:
    # Films of one's own have each its own length, and are one kind together.
    return (row["captions"], row["evidence"], row["chunks"] if row["seed"] is not None else None)


def _entries(kind: tuple[Any, ...], rows: Sequence[Row], baseline: str) -> list[Entry]:
    parts: dict[tuple[str, ...], dict[Hashable, Row]] = {}
    for row in rows:
        parts.setdefault((*(row[name] for name in ENTRY), row.get("dialogue", HEARING)), {})[row["film"]] = row
    usual = (baseline, "none", DEFAULT, HEARING)
    against = parts.get(usual, {})
    entries = [
        {
            **dict(zip(ENTRY, part[:-1], strict=True)),
            **({"dialogue": part[-1]} if part[-1] != HEARING else {}),
            **dict(zip(GROUP, kind, strict=True)),
            "films": len(films),
            **({"said": rows[0]["said"]} if "said" in rows[0] else {}),
            "metrics": {
                name: asdict(mean_of(list(values.values())))
                for name in (*QUALITY, *COSTS)
                if (values := _values(films, name))
            },
            "difference": _differences(films, against) if part != usual else {},
            **_linked(list(films.values())),
        }
        for part, films in parts.items()
    ]
    ranks = (headline(entries), "fact_recall")
    return sorted(entries, key=lambda entry: [-entry["metrics"].get(name, NOTHING)["mean"] for name in ranks])


def _values(films: dict[Hashable, Row], name: str) -> dict[Hashable, float]:
    return {film: float(row[name]) for film, row in films.items() if row.get(name) is not None}


def _differences(films: dict[Hashable, Row], against: dict[Hashable, Row]) -> Entry:
    found = {name: difference(_values(films, name), _values(against, name)) for name in (*QUALITY, *COSTS)}
    return {name: asdict(interval) for name, interval in found.items() if interval is not None}


def _linked(rows: Sequence[Row]) -> Entry:
    films = [[Linked(kind, gap, told) for kind, gap, told in row["links"]] for row in rows if "links" in row]
    if not any(films):
        return {}
    kinds = sorted({link.kind for links in films for link in links})
    of_kind = {kind: [[link for link in links if link.kind == kind] for links in films] for kind in kinds}
    return {
        "gaps": [asdict(bin_) for bin_ in recall_by_gap(films)],
        "slope": _plain(slope(films)),
        "kinds": {
            kind: {"recall": _plain(recall_of(links)), "slope": _plain(slope(links))} for kind, links in of_kind.items()
        },
    }


def _plain(interval: Interval | None) -> dict[str, Any] | None:
    return None if interval is None else asdict(interval)


def is_bound(entry: Entry) -> bool:
    """Whether `entry` is the ceiling, which no strategy ran."""
    return bool(entry["strategy"] == CEILING)
